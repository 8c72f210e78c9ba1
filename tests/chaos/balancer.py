"""A balancer on the loopback address, as nginx with `proxy_next_upstream error` behaves.

Brings each connection to a replica by chance, and to another one where that takes none. Knows no
more of HTTP than the first line, so that its hops can be told apart; what a replica has read is
never brought to another one.
"""

import asyncio
import random
from collections.abc import Iterable
from typing import Self

import msgspec

from yingda.clock import Clock

_CHUNK_BYTES = 65536
_Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class RawHop(msgspec.Struct):
    """One connection, as long as it is open and afterwards; Unix seconds."""

    query: str
    replica: str
    began_s: float
    ended_s: float = 0.0
    has_reply: bool = False
    was_cut: bool = False


class Balancer:
    """Listens while its context is open; `replicas` are the ports by name, and may change."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.replicas: dict[str, int] = {}
        self.hops: list[RawHop] = []
        self.base_url = ""
        self._clock = clock
        self._dice = random.Random(f"{seed}/balancer")
        self._open: dict[asyncio.Task[None], RawHop] = {}
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.base_url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self.cut(1.0)
        await asyncio.gather(*self._open, return_exceptions=True)

    def cut(self, share: float) -> None:
        """Break off so many of the open connections."""
        for task, hop in self._open.items():
            if self._dice.random() < share:
                hop.was_cut = True
                task.cancel()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        carrying = asyncio.ensure_future(self._carry(reader, writer))
        await asyncio.gather(carrying, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hop = RawHop("", "", self._clock.now())
        task = asyncio.current_task()
        assert task is not None
        self._open[task] = hop
        opened = [writer]
        try:
            line = await reader.readline()
            hop.query = line.split(b" ")[1].partition(b"?")[2].decode()
            hop.replica, there = await self._reach()
            if there is not None:
                opened.append(there[1])
                there[1].write(line)
                await _relay((reader, writer), there, hop)
        except OSError:
            # Somebody hung up; what was open is closed below.
            pass
        finally:
            hop.ended_s = self._clock.now()
            self.hops.append(hop)
            del self._open[task]
            for each in opened:
                each.transport.abort() if hop.was_cut else each.close()

    async def _reach(self) -> tuple[str, _Stream | None]:
        """A replica that takes a connection, and its streams."""
        for name in self._dice.sample(list(self.replicas), len(self.replicas)):
            try:
                return name, await asyncio.open_connection("127.0.0.1", self.replicas[name])
            except OSError:
                continue
        return "", None


async def _relay(here: _Stream, there: _Stream, hop: RawHop) -> None:
    """Carry bytes both ways until either side ends."""

    async def forth() -> None:
        await _pump(here[0], there[1])

    async def back() -> None:
        while chunk := await there[0].read(_CHUNK_BYTES):
            hop.has_reply = True
            here[1].write(chunk)
            await here[1].drain()

    await _first_of([asyncio.ensure_future(forth()), asyncio.ensure_future(back())])


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()


async def _first_of(tasks: Iterable[asyncio.Task[None]]) -> None:
    tasks = list(tasks)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
