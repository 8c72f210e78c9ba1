"""A response's body, handed over within the very call by which the transport brings it.

Knows aiohttp's public response and asyncio's transports: aiohttp opens the connection and reads
the head, but no future is made and no task is woken for a chunk, which costs more than the
chunk itself. A body in plain chunks is read here, below aiohttp's parser; any other framing, and
whatever is no plain chunk, is left to that parser. Knows nothing of events, providers or
deadlines.
"""

import asyncio
from collections.abc import Callable
from typing import cast

import aiohttp

from yingda.providers.chunks import ChunkCutter
from yingda.providers.head_first import head_first_of

#: Below the least at which aiohttp stops reading: 16,384 pieces of a byte (streams.py, 3.14).
_MUCH_BYTES = 8192


class BodyTap(asyncio.Protocol):
    """Stands between a transport and aiohttp until the body ends or the tap is closed.

    `on_bytes` is called with what came, `on_end` once: with None at the body's end, or with the
    error that cut it off. Neither is called after `close`, nor before `open`. Neither may raise.
    """

    __slots__ = (
        "_content",
        "_cutter",
        "_head_first",
        "_is_lost",
        "_is_open",
        "_is_paused",
        "_on_bytes",
        "_on_end",
        "_reader",
        "_transport",
    )

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        on_bytes: Callable[[bytes], None],
        on_end: Callable[[BaseException | None], None],
    ) -> None:
        self._content = response.content
        self._on_bytes = on_bytes
        self._on_end = on_end
        self._is_open = self._is_paused = self._is_lost = False
        connection = response.connection
        # A short body may be here already, and its connection gone to the next request.
        self._transport = None if connection is None else connection.transport
        #: None where aiohttp undoes the framing.
        self._cutter: ChunkCutter | None = None
        self._head_first = None
        if self._transport is None:
            return
        self._head_first = head_first_of(self._transport)
        # aiohttp's own: a protocol that reads HTTP.
        if self._head_first is None:
            self._reader = cast("asyncio.Protocol", self._transport.get_protocol())
        else:
            self._reader = self._head_first.reader
            if _is_in_plain_chunks(response):
                self._cutter = ChunkCutter()

    def open(self) -> None:
        """Hand over what is here already, and from now on what comes."""
        self._is_open = True
        if self._transport is not None:
            self._transport.set_protocol(self)
        body = b"" if self._head_first is None else self._head_first.take_body()
        self._head_first = None
        self._pass_on()
        if body:
            self.data_received(body)

    def close(self) -> None:
        """Hand nothing over any more. Harmless when done twice.

        aiohttp has its connection back, unless its parser was passed by: then the connection
        ends, as a body that was not read to its end leaves it of no use.
        """
        self._is_open = False
        self.resume()
        if self._cutter is not None and self._transport is not None:
            self._transport.close()
        else:
            self._step_aside()

    def pause(self) -> None:
        """Leave what comes in the system's buffers, where the sender notices."""
        self._is_paused = True
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """End a pause, and hand over what it held back; harmless without one."""
        if not self._is_paused:
            return
        self._is_paused = False
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        self._pass_on()

    def data_received(self, data: bytes) -> None:
        cutter = self._cutter
        if cutter is None:
            self._reader.data_received(data)
            self._pass_on()
            return
        content = cutter.feed(data)
        if cutter.rest is not None:
            # First of all, so that a body that ends here leaves its connection to others.
            self._cutter = None
            self._reader.data_received(cutter.rest)
        if content and self._is_open:
            self._on_bytes(content)
        if self._cutter is None:
            self._pass_on()

    def eof_received(self) -> bool | None:
        stays_open = self._reader.eof_received()
        self._pass_on()
        return stays_open

    def connection_lost(self, exc: Exception | None) -> None:
        self._cutter = None
        self._reader.connection_lost(exc)
        self._transport = None
        self._is_lost = True
        self._pass_on()

    def pause_writing(self) -> None:
        self._reader.pause_writing()

    def resume_writing(self) -> None:
        self._reader.resume_writing()

    def _pass_on(self) -> None:
        content = self._content
        if content.is_eof():
            # The connection may be the next request's from now on.
            self._step_aside()
        error = content.exception()
        more = error is None
        while more and self._is_open and not self._is_paused:
            chunk = content.read_nowait()
            # Only of much is there a rest: aiohttp reads on as soon as there is room.
            more = len(chunk) >= _MUCH_BYTES
            if chunk:
                self._on_bytes(chunk)
        if not self._is_open or self._is_paused:
            return
        if error is None and self._is_lost and not content.is_eof():
            # What was no HTTP any more has no end of its own.
            error = aiohttp.ServerDisconnectedError()
        if error is not None or content.is_eof():
            self.close()
            self._on_end(error)

    def _step_aside(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None and not transport.is_closing():
            transport.set_protocol(self._reader)


def _is_in_plain_chunks(response: aiohttp.ClientResponse) -> bool:
    """Whether the body is the text itself, in chunks, and nothing else speaks of its length."""
    headers = response.headers
    return (
        [coding.lower() for coding in headers.getall("Transfer-Encoding", ())] == ["chunked"]
        and "Content-Length" not in headers
        and "Content-Encoding" not in headers
    )
