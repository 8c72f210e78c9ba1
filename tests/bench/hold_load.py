"""Many followers who wait at once: one connection and one slow question each, never cut by us.

    python -m bench.hold_load PORT COUNT

Says "ready" once all connections stand, waits for a line, asks, and says at the next line how
many were answered: none, as long as all are held. An attempt that was let go is made again, as
WeChat does.
"""

import asyncio
import sys
from typing import cast

import uvloop

from bench import wire
from bench.world import hear, say


class Waiting(asyncio.Protocol):
    """One follower's connection."""

    answered_count = 0
    again_count = 0

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._request = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if b"content-length: 0\r\n" in data:
            Waiting.again_count += 1
            self._send()
        else:
            Waiting.answered_count += 1

    def ask(self, number: int) -> None:
        """Ask for an answer that takes ten minutes."""
        openid = f"o_{number:08d}"
        push = wire.text_push("慢 600", openid, 1_000_000 + number)
        self._request = wire.request(push, openid)
        self._send()

    def _send(self) -> None:
        assert self._transport is not None
        self._transport.write(self._request)


async def _hold(port: int, count: int) -> None:
    loop = asyncio.get_running_loop()
    everyone = [(await loop.create_connection(Waiting, "127.0.0.1", port))[1] for _ in range(count)]
    say("ready")
    await hear()
    for number, one in enumerate(everyone):
        one.ask(number)
        if number % 100 == 0:
            await asyncio.sleep(0)
    while await hear():
        say({"answered": Waiting.answered_count, "again": Waiting.again_count})


if __name__ == "__main__":
    uvloop.run(_hold(int(sys.argv[1]), int(sys.argv[2])))
