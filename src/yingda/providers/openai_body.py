"""The body of a chat completion, cut into payloads: a stream of events, or one JSON answer.

Some gateways answer in one go although a stream was asked for, and not all name the type of what
they send; the first byte tells. Knows nothing of what the payloads mean.
"""

from collections.abc import Callable

from yingda.errors import AnswerIncomplete
from yingda.providers.sse import LIMIT_MEND, EventSplitter


class BodySplitter:
    """An `intake_base.Splitter` for either form; the caps are those of the events' splitter."""

    __slots__ = ("_events", "_held", "_room_bytes", "feed")

    def __init__(self, *, line_limit_bytes: int, total_limit_bytes: int) -> None:
        self._events = EventSplitter(
            line_limit_bytes=line_limit_bytes, total_limit_bytes=total_limit_bytes
        )
        self._held = bytearray()
        self._room_bytes = line_limit_bytes
        #: Asked again for each chunk, so that a stream costs no look at its form after the first.
        self.feed: Callable[[bytes], list[bytes]] = self._feed_first

    def finish(self) -> list[bytes]:
        """The payloads that the body's end completes."""
        return [bytes(self._held)] if self._held else self._events.finish()

    def _feed_first(self, chunk: bytes) -> list[bytes]:
        begin = chunk.lstrip()
        if not begin:
            return []
        self.feed = self._feed_whole if begin.startswith(b"{") else self._events.feed
        return self.feed(chunk)

    def _feed_whole(self, chunk: bytes) -> list[bytes]:
        self._held += chunk
        if len(self._held) > self._room_bytes:
            raise AnswerIncomplete("the provider's answer is longer than the cap", mend=LIMIT_MEND)
        return []
