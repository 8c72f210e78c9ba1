"""Server-sent events, cut out of a byte stream.

This module knows lines and the `data:` field of the WHATWG event stream format. It knows
nothing of HTTP, JSON or any provider, and does no I/O. The back ends we speak to put each
event on one `data:` line, so every such line is a payload of its own; `event:`, `id:`,
`retry:` and comment lines (the usual keep-alives) are dropped.
"""

from yingda.errors import AnswerIncomplete

#: Our choice: `node_finished` carries whole documents, of at most 15 MB by Dify's default upload
#: limit, but as extracted text; a line beyond this is a fault or an attack on our memory.
LINE_LIMIT_BYTES = 4 * 1024 * 1024
#: Our choice: a hundred such documents are no chat answer.
TOTAL_LIMIT_BYTES = 64 * 1024 * 1024
#: What to do about an answer that outgrows a cap.
LIMIT_MEND = "Look for what writes so much: a document in a node's output, or a model that loops."
_LONG_LINE = "a line of the provider's stream is longer than the cap"


class EventSplitter:
    """Turns chunks of bytes, cut anywhere, into the payloads of their `data:` lines.

    Lines end with CR LF, LF or CR. Raises `AnswerIncomplete` when a line or the whole stream
    outgrows its cap.
    """

    __slots__ = ("_held", "_held_bytes", "_line_limit_bytes", "_room_bytes")

    def __init__(
        self,
        *,
        line_limit_bytes: int = LINE_LIMIT_BYTES,
        total_limit_bytes: int = TOTAL_LIMIT_BYTES,
    ) -> None:
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._line_limit_bytes = line_limit_bytes
        self._room_bytes = total_limit_bytes

    def feed(self, chunk: bytes) -> list[bytes]:
        """The payloads that `chunk` completes, in order."""
        self._room_bytes -= len(chunk)
        if self._room_bytes < 0:
            raise AnswerIncomplete("the provider's stream is longer than the cap", mend=LIMIT_MEND)
        # CR LF becomes two line ends; the empty line between them carries no data.
        if b"\r" in chunk:
            chunk = chunk.replace(b"\r", b"\n")
        longest_bytes = self._held_bytes + len(chunk)
        lines = chunk.split(b"\n")
        rest = lines.pop()
        if self._held and lines:
            lines[0] = self._take_held() + lines[0]
        if rest:
            self._hold(rest)
        # Every second line is empty, and known to be so at less than a call's price.
        payloads = [line[5:].lstrip(b" ") for line in lines if line and line.startswith(b"data:")]
        # Nearly no chunk can hold such a line; the others are spared a look at each.
        if longest_bytes > self._line_limit_bytes and any(
            len(payload) > self._line_limit_bytes for payload in payloads
        ):
            raise AnswerIncomplete(_LONG_LINE, mend=LIMIT_MEND)
        return payloads

    def finish(self) -> list[bytes]:
        """The payload of a last line that the end of the body left without a line end."""
        line = self._take_held()
        return [line[5:].lstrip(b" ")] if line.startswith(b"data:") else []

    def _hold(self, rest: bytes) -> None:
        self._held.append(rest)
        self._held_bytes += len(rest)
        if self._held_bytes > self._line_limit_bytes:
            raise AnswerIncomplete(_LONG_LINE, mend=LIMIT_MEND)

    def _take_held(self) -> bytes:
        if not self._held:
            return b""
        line = b"".join(self._held)
        self._held.clear()
        self._held_bytes = 0
        return line
