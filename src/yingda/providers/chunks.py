"""Chunked transfer coding, undone as long as it is plain (RFC 9112, section 7.1).

Knows chunks without extensions, cut anywhere into packets. Refuses to know what is rarer: the
last chunk, trailers, extensions, blanks, slips. From there on the bytes are given back as they
came, for a whole HTTP parser that stands between two chunks. Pure.
"""

import re

#: A size of more digits than these is no event's.
_SIZE = re.compile(rb"([0-9A-Fa-f]{1,8})\r\n")
#: What may yet become a size.
_SIZE_BEGUN = re.compile(rb"[0-9A-Fa-f]{0,8}\r?")
_LINE_END = b"\r\n"
#: No parser takes it for a size: what ended no chunk shall not be read as the next one.
_NO_SIZE = b"!"


class ChunkCutter:
    """Takes packets, and gives what the chunks in them hold.

    `rest` is None until something comes that is no plain chunk. Then it is all that is left
    from there, and `feed` must not be called again.
    """

    __slots__ = ("_held", "_left_bytes", "_must_end", "rest")

    def __init__(self) -> None:
        self.rest: bytes | None = None
        #: Part of a size, or of the line end behind a chunk.
        self._held = b""
        #: Of the chunk that has begun.
        self._left_bytes = 0
        #: Whether the line end behind a chunk is due.
        self._must_end = False

    def feed(self, packet: bytes) -> bytes:
        """The content that this packet brings; perhaps none."""
        if not self._left_bytes and not self._must_end and not self._held:
            size = _SIZE.match(packet)
            # Most senders write a chunk for each event, and it comes in a packet of its own.
            if size is not None and packet.endswith(_LINE_END):
                begin = size.end()
                content_bytes = len(packet) - begin - 2
                if content_bytes and int(size[1], 16) == content_bytes:
                    return packet[begin:-2]
        return self._cut(packet)

    def _cut(self, packet: bytes) -> bytes:
        packet = self._held + packet
        self._held = b""
        pieces: list[bytes] = []
        at = 0
        while at < len(packet) and self.rest is None:
            if self._must_end:
                at = self._end_chunk(packet, at)
            elif self._left_bytes:
                piece = packet[at : at + self._left_bytes]
                pieces.append(piece)
                at += len(piece)
                self._left_bytes -= len(piece)
                self._must_end = not self._left_bytes
            else:
                at = self._begin_chunk(packet, at)
        return b"".join(pieces)

    def _begin_chunk(self, packet: bytes, at: int) -> int:
        size = _SIZE.match(packet, at)
        if size is None and _SIZE_BEGUN.fullmatch(packet, at):
            self._held = packet[at:]
            return len(packet)
        self._left_bytes = int(size[1], 16) if size is not None else 0
        if size is None or not self._left_bytes:
            self.rest = packet[at:]
            return len(packet)
        return size.end()

    def _end_chunk(self, packet: bytes, at: int) -> int:
        end = packet[at : at + 2]
        if end == b"\r":
            self._held = end
        elif end == _LINE_END:
            self._must_end = False
        elif end.startswith(b"\n"):
            # aiohttp's parser takes it for a line's end too.
            self._must_end = False
            return at + 1
        else:
            self.rest = _NO_SIZE + packet[at:]
        return at + 2
