"""aiohttp's connections, on which a response's body can be had as it comes over the wire.

Knows where the head of a response ends: aiohttp's parser is given so much, and what follows is
kept back until somebody says who reads it. Refuses to read either. aiohttp still connects, by
TLS and by proxies, sends the request and reads the head.
"""

import asyncio
import re

import aiohttp
from aiohttp.tracing import Trace

#: What is kept back at most, before aiohttp gets it after all. Our choice: a few reads of a
#: socket's buffer, as the reader is named within a few rounds of the event loop.
_KEPT_BYTES = 1024 * 1024
#: An empty line behind a line; aiohttp's parser takes a bare LF for a line's end too.
_HEAD_END = re.compile(rb"[^\r\n]\r?\n\r?\n")
#: A head that another one follows (RFC 9110, section 15.2), but for the change of protocols.
_INFORMATIONAL = re.compile(rb"[\r\n]*HTTP/1\.\d 1(?!01)\d\d")


class HeadFirst(asyncio.Protocol):
    """Stands between a transport and aiohttp from the request until the body's reader is known.

    `let_on` or `take_body` has to follow, whichever it is; then this steps aside.
    """

    def __init__(self, transport: asyncio.Transport, reader: asyncio.Protocol) -> None:
        #: aiohttp's own: a protocol that reads HTTP.
        self.reader = reader
        self._transport = transport
        self._head = bytearray()
        self._kept = bytearray()
        self._is_head_over = False
        transport.set_protocol(self)

    def let_on(self) -> None:
        """Let aiohttp read the body."""
        self._step_aside()
        body = self.take_body()
        if body:
            self.reader.data_received(body)

    def take_body(self) -> bytes:
        """What came of the body so far; the caller sets another protocol, and reads the rest."""
        body = bytes(self._kept)
        self._kept.clear()
        return body

    def data_received(self, data: bytes) -> None:
        while data and not self._is_head_over:
            data = self._read_head(data)
        if data:
            self._kept += data
        if len(self._kept) > _KEPT_BYTES:
            self.let_on()

    def eof_received(self) -> bool | None:
        return self.reader.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self.let_on()
        self.reader.connection_lost(exc)

    def pause_writing(self) -> None:
        self.reader.pause_writing()

    def resume_writing(self) -> None:
        self.reader.resume_writing()

    def _read_head(self, data: bytes) -> bytes:
        """Give aiohttp what belongs to the head; what is behind it is returned."""
        before_bytes = len(self._head)
        self._head += data
        end = _HEAD_END.search(self._head, max(before_bytes - 4, 0))
        if end is None:
            self.reader.data_received(data)
            return b""
        self._is_head_over = _INFORMATIONAL.match(self._head) is None
        self._head.clear()
        head_bytes = end.end() - before_bytes
        self.reader.data_received(data[:head_bytes])
        return data[head_bytes:]

    def _step_aside(self) -> None:
        if not self._transport.is_closing() and self._transport.get_protocol() is self:
            self._transport.set_protocol(self.reader)


class HeadFirstConnector(aiohttp.TCPConnector):
    """Connections whose responses stop behind their heads; see `let_on`."""

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> aiohttp.connector.Connection:
        """A connection as aiohttp makes it, or keeps it, for one request."""
        connection = await super().connect(req, traces, timeout)
        transport, reader = connection.transport, connection.protocol
        if transport is not None and reader is not None:
            former = head_first_of(transport)
            if former is not None:
                # Of the last request, whose answer ended with its head.
                former.let_on()
            HeadFirst(transport, reader)
        return connection


def head_first_of(transport: asyncio.Transport) -> HeadFirst | None:
    """Who keeps a body back on this transport."""
    protocol = transport.get_protocol()
    return protocol if isinstance(protocol, HeadFirst) else None


def let_on(response: aiohttp.ClientResponse) -> None:
    """Let aiohttp read the body of this response; harmless where it does so already."""
    connection = response.connection
    transport = None if connection is None else connection.transport
    head_first = None if transport is None else head_first_of(transport)
    if head_first is not None:
        head_first.let_on()
