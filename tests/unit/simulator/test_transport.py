"""Both ways to the server hang up, lose replies and fail as a connection does."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from support.simulated_server import (
    HELLO,
    OPENID,
    Pair,
    ScriptedServer,
    Step,
    account,
    outcomes,
    text_reply,
)
from yingda.clock import SystemClock, VirtualClock
from yingda.simulator.deliveries import Delivered, Way
from yingda.simulator.platform import Platform
from yingda.simulator.transport import AsgiTransport, HttpTransport, Unreachable
from yingda.simulator.verdict import Outcome
from yingda.wechat.signature import parse_query, verify


async def test_a_cut_application_reads_the_disconnect_and_ends_by_itself() -> None:
    pair = Pair(Step(after_s=60), Step())
    await pair.deliver()
    assert pair.server.hang_ups == 1
    assert pair.server.finished == 2
    assert not pair.transport.crashes


async def test_the_application_reads_the_disconnect_before_the_repeat_reaches_it() -> None:
    order: list[str] = []

    class Watched(ScriptedServer):
        async def serve(self, step: Step, receive: Any, send: Any) -> None:
            order.append("in")
            await super().serve(step, receive, send)
            order.append("out")

    clock = VirtualClock()
    platform = Platform(account(), AsgiTransport(Watched(clock, Step(after_s=60), Step())), clock)
    await clock.run(platform.deliver(HELLO, OPENID))
    assert order == ["in", "out", "in", "out"]


async def test_an_application_that_raises_counts_as_status_500_and_is_kept() -> None:
    pair = Pair(Step(crash=ValueError("broken")), Step())
    delivered = await pair.deliver()
    assert [attempt.status for attempt in delivered.attempts] == [500, 200]
    assert [str(crash) for crash in pair.transport.crashes] == ["broken"]


async def test_an_application_that_stops_in_mid_answer_is_unreachable() -> None:
    async def app(_scope: Any, _receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"suc", "more_body": True})

    with pytest.raises(Unreachable):
        await AsgiTransport(app).send("POST", "", b"")


async def test_an_application_that_listens_while_it_sends_sees_that_its_reply_was_lost() -> None:
    seen: list[str] = []

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        listener = asyncio.create_task(receive())
        await send({"type": "http.response.start", "status": 200})
        await asyncio.sleep(0)
        if listener.done():
            seen.append(listener.result()["type"])
        await send({"type": "http.response.body", "body": b"success"})
        await listener

    transport = AsgiTransport(app)
    with pytest.raises(Unreachable):
        await transport.send("POST", "", b"", drops_reply=True)
    await transport.aclose()
    assert seen == ["http.disconnect"]


class Loopback:
    """A real HTTP server whose answers a test scripts."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.queries: list[str] = []
        self.peers: set[object] = set()
        self.cut = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        step = self.steps[min(len(self.queries), len(self.steps) - 1)]
        self.queries.append(request.query_string)
        assert request.transport is not None
        self.peers.add(request.transport.get_extra_info("peername"))
        try:
            await asyncio.sleep(step.after_s)
        except asyncio.CancelledError:
            self.cut += 1
            raise
        return web.Response(status=step.status, body=step.body, content_type="text/xml")

    async def __aenter__(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/wechat", self.handle)
        self._runner = web.AppRunner(app, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}/wechat"

    async def __aexit__(self, *_error: object) -> None:
        await self._runner.cleanup()


async def _over_http(
    loopback: Loopback, way: Way | None = None, window_s: float = 0.4
) -> Delivered:
    async with loopback as url:
        transport = HttpTransport(url)
        platform = Platform(account(), transport, SystemClock(), window_s=window_s)
        try:
            return await platform.deliver(HELLO, OPENID, way=way or Way())
        finally:
            await transport.aclose()


async def test_over_http_a_held_attempt_is_cut_and_repeated_on_a_new_connection() -> None:
    loopback = Loopback(Step(after_s=5), Step(text_reply("到了")))
    delivered = await _over_http(loopback)
    assert outcomes(delivered) == [Outcome.TIMED_OUT, Outcome.ANSWERED]
    assert delivered.shown == ("到了",)
    assert loopback.cut == 1
    assert len(loopback.peers) == 2
    assert len(set(loopback.queries)) == 1


async def test_over_http_a_lost_reply_and_a_refused_one_are_repeated() -> None:
    loopback = Loopback(Step(text_reply("甲")), Step(status=201), Step(text_reply("丙")))
    delivered = await _over_http(loopback, Way(lost_replies=frozenset({1})), window_s=5)
    assert outcomes(delivered) == [Outcome.UNREACHABLE, Outcome.REFUSED, Outcome.ANSWERED]
    assert delivered.shown == ("丙",)


async def test_over_http_a_server_that_is_not_there_is_unreachable() -> None:
    async with Loopback(Step()) as url:
        gone = url
    transport = HttpTransport(gone)
    platform = Platform(account(), transport, SystemClock())
    delivered = await platform.deliver(HELLO, OPENID)
    assert not await platform.handshake()
    await transport.aclose()
    assert outcomes(delivered) == [Outcome.UNREACHABLE] * 3
    assert delivered.is_failure_line


async def test_over_http_the_query_reaches_the_server_as_it_was_signed() -> None:
    loopback = Loopback(Step())
    await _over_http(loopback, window_s=5)
    query = parse_query(loopback.queries[0].encode())
    verify(query, account().token, now_s=SystemClock().now(), freshness_s=30)
