"""The limit below every server: the same work on a bare asyncio protocol.

Reads only what its load sends: one whole request at a time, with a Content-Length.
"""

import asyncio
import sys
from typing import cast

import uvloop

from bench.limit_work import answer, handshake


class Bare(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._held += data
        head_end = self._held.find(b"\r\n\r\n") + 4
        if head_end < 4:
            return
        head = self._held[:head_end]
        at = head.find(b"Content-Length: ")
        length = int(head[at + 16 : head.index(b"\r\n", at)]) if at >= 0 else 0
        if len(self._held) < head_end + length:
            return
        body, self._held = self._held[head_end : head_end + length], b""
        self._reply(head, body)

    def _reply(self, head: bytes, body: bytes) -> None:
        assert self._transport is not None
        query = head[head.index(b"?") + 1 : head.index(b" HTTP/")]
        content = answer(query, body) if body else handshake(query)
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/xml; charset=utf-8\r\n"
            b"Content-Length: %d\r\n\r\n" % len(content) + content
        )


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
