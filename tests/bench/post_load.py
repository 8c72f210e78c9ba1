"""A load of pushes over connections that stay open: `help` repeats one, `ask` asks anew each time.

    python -m bench.post_load PORT help|ask CONNECTIONS SECONDS

Says "ready" once all stand, waits for a line, and then says how many replies came in how long.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from typing import cast

import uvloop

from bench import wire
from bench.stats import percentile
from bench.world import hear, say


class Client(asyncio.Protocol):
    """One connection that sends the next request as soon as a reply is whole."""

    def __init__(self, next_request: Callable[[], bytes]) -> None:
        self.reply_count = 0
        self.bad_count = 0
        self.delays_s: list[float] = []
        self.is_over = False
        self._next_request = next_request
        self._transport: asyncio.Transport | None = None
        self._held = b""
        self._sent_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def begin(self) -> None:
        """Send the first request."""
        assert self._transport is not None
        self._sent_s = time.monotonic()
        self._transport.write(self._next_request())

    def data_received(self, data: bytes) -> None:
        self._held += data
        # A reply with text in it always ends like this.
        if not self._held.endswith(b"</xml>"):
            return
        self.reply_count += 1
        self.bad_count += not self._held.startswith(b"HTTP/1.1 200")
        self.delays_s.append(time.monotonic() - self._sent_s)
        self._held = b""
        if not self.is_over:
            self.begin()


class Requests:
    """Requests of one kind."""

    def __init__(self, kind: str) -> None:
        self._help = wire.request(wire.text_push("/help", "o_bench", 1), "o_bench")
        self._asks = kind == "ask"
        self._number = 0

    def next(self) -> bytes:
        """The next request's bytes; every question is another follower's."""
        if not self._asks:
            return self._help
        self._number += 1
        openid = f"o_{self._number:08d}"
        # Numbers go on where an earlier load ended, as time does.
        message_id = time.time_ns()
        return wire.request(wire.text_push("天空为什么是蓝色的？", openid, message_id), openid)


async def _load(port: int, kind: str, connection_count: int, span_s: float) -> None:
    loop = asyncio.get_running_loop()
    requests = Requests(kind)
    clients = []
    for _ in range(connection_count):
        _, client = await loop.create_connection(lambda: Client(requests.next), "127.0.0.1", port)
        clients.append(client)
    say("ready")
    await hear()
    began_s = time.monotonic()
    for client in clients:
        client.begin()
    await asyncio.sleep(span_s)
    took_s = time.monotonic() - began_s
    for client in clients:
        client.is_over = True
    delays_s = [delay_s for client in clients for delay_s in client.delays_s]
    say(
        {
            "replies": sum(client.reply_count for client in clients),
            "bad": sum(client.bad_count for client in clients),
            "took_s": took_s,
            "p50_ms": 1000 * percentile(delays_s, 0.5),
            "p99_ms": 1000 * percentile(delays_s, 0.99),
        }
    )
    await hear()


if __name__ == "__main__":
    uvloop.run(_load(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
