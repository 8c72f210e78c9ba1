"""The balancer in front of the replicas does what nginx would, and keeps book of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chaos.balancer import Balancer
from support.ports import free_port
from yingda.clock import SystemClock
from yingda.simulator.transport import HttpTransport, Unreachable

pytestmark = pytest.mark.realtime


class Replica:
    """Answers every request with its name, or never."""

    def __init__(self, name: str, *, is_silent: bool = False) -> None:
        self._name = name
        self._is_silent = is_silent
        self.port = 0
        self.is_asked = asyncio.Event()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Replica"]:
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        self.is_asked.set()
        if not self._is_silent:
            body = self._name.encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
        # Whoever is silent waits for the other side to go.
        await reader.read()
        writer.close()


@asynccontextmanager
async def balanced() -> AsyncIterator[tuple[Balancer, HttpTransport]]:
    async with Balancer(SystemClock(), seed=1) as balancer:
        transport = HttpTransport(f"{balancer.base_url}/wechat/quiet")
        try:
            yield balancer, transport
        finally:
            await transport.aclose()


async def test_attempts_come_to_every_replica_and_to_none_that_takes_no_connection() -> None:
    async with (
        Replica("a").listening() as first,
        Replica("b").listening() as second,
        balanced() as (balancer, transport),
    ):
        balancer.replicas = {"a": first.port, "dead": free_port(), "b": second.port}
        bodies = {(await transport.send("POST", f"n={n}", b"x")).body for n in range(20)}
        assert bodies == {b"a", b"b"}
    assert [hop.query for hop in balancer.hops] == [f"n={n}" for n in range(20)]
    assert all(hop.has_reply and hop.replica in {"a", "b"} for hop in balancer.hops)


async def test_where_no_replica_listens_the_connection_ends_without_an_answer() -> None:
    async with balanced() as (balancer, transport):
        balancer.replicas = {"dead": free_port()}
        with pytest.raises(Unreachable):
            await transport.send("POST", "n=1", b"x")
    assert [(hop.replica, hop.has_reply) for hop in balancer.hops] == [("", False)]


async def test_a_connection_that_is_cut_is_brought_to_nobody_else() -> None:
    async with (
        Replica("a", is_silent=True).listening() as silent,
        balanced() as (balancer, transport),
    ):
        balancer.replicas = {"a": silent.port}
        asking = asyncio.ensure_future(transport.send("POST", "n=1", b"x"))
        await silent.is_asked.wait()
        balancer.cut(1.0)
        with pytest.raises(Unreachable):
            await asking
    assert [(hop.replica, hop.was_cut) for hop in balancer.hops] == [("a", True)]
