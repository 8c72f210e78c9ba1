"""Which failures of a connection leave a request unsent, and when the second host is asked."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from yingda.clock import SystemClock
from yingda.errors import ApiUnreachable
from yingda.simulator.followers import Followers
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import Fault
from yingda.simulator.server_api_http import ServerApiFront
from yingda.wechat.api_base import ApiRequest
from yingda.wechat.api_http import API_BASE, FAIL_OVER_BASE, HttpApiTransport, HttpSettings

ASKED = ApiRequest(method="GET", path="/cgi-bin/getcallbackip", query={"access_token": "sEcReT"})


def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
async def front() -> AsyncIterator[ServerApiFront]:
    clock = SystemClock()
    async with ServerApiFront(ServerApi(Followers(clock), clock)) as opened:
        yield opened


@asynccontextmanager
async def transport(
    base: str, second: str | None = None, *, connect_s: float = 10.0, answer_s: float = 10.0
) -> AsyncIterator[HttpApiTransport]:
    settings = HttpSettings(
        base_url=base, fail_over_url=second, connect_s=connect_s, answer_s=answer_s
    )
    opened = HttpApiTransport(settings, SystemClock())
    try:
        yield opened
    finally:
        await opened.aclose()


@pytest.mark.parametrize(
    ("settings", "bases"),
    [
        (HttpSettings(), (API_BASE, FAIL_OVER_BASE)),
        (HttpSettings(base_url=f"{API_BASE}/"), (API_BASE, FAIL_OVER_BASE)),
        (HttpSettings(base_url="https://proxy.example/wx/"), ("https://proxy.example/wx",)),
        (HttpSettings(fail_over_url=""), (API_BASE,)),
        (HttpSettings(base_url="http://a", fail_over_url="http://b/"), ("http://a", "http://b")),
    ],
)
def test_only_wechats_own_host_has_a_second_one_by_itself(
    settings: HttpSettings, bases: tuple[str, ...]
) -> None:
    assert settings.base_urls == bases


async def test_the_second_host_is_asked_when_the_first_is_not_there(front: ServerApiFront) -> None:
    async with transport(nobody(), front.base_url) as way:
        answer = await way.send(ASKED)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert b"40001" in answer.body


async def test_a_request_that_nobody_took_was_not_sent() -> None:
    async with transport(nobody(), nobody()) as way:
        with pytest.raises(ApiUnreachable) as caught:
            await way.send(ASKED)
    assert not caught.value.was_sent
    assert caught.value.mend
    assert "sEcReT" not in f"{caught.value!r}{caught.value.__cause__!r}{caught.value.mend}"


async def test_a_time_out_after_the_sending_never_asks_the_second_host(
    front: ServerApiFront,
) -> None:
    front.api.script(Fault(is_silent=True))
    async with transport(front.base_url, front.base_url, answer_s=0.2) as way:
        with pytest.raises(ApiUnreachable) as caught:
            await way.send(ASKED)
    assert caught.value.was_sent
    assert sum(front.api.calls.values()) == 1


async def test_a_host_that_takes_the_connection_and_hangs_up_may_have_read_it(
    front: ServerApiFront,
) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server, transport(_address(server), front.base_url) as way:
        with pytest.raises(ApiUnreachable) as caught:
            await way.send(
                ApiRequest(method="POST", path="/cgi-bin/message/custom/send", body=b"{}")
            )
    assert caught.value.was_sent
    assert not front.api.calls


def _address(server: asyncio.Server) -> str:
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_handshake_that_never_ends_was_not_sent_and_the_second_host_is_asked(
    front: ServerApiFront,
) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    base = _address(server).replace("http:", "https:")
    async with server, transport(base, front.base_url, connect_s=0.5) as way:
        answer = await way.send(ASKED)
    assert answer.status == 200


async def test_a_redirect_is_not_followed_for_the_token_would_go_along() -> None:
    asked: list[bytes] = []

    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(redirect, "127.0.0.1", 0)
    async with server, transport(_address(server)) as way:
        answer = await way.send(ASKED)
    assert (answer.status, len(asked)) == (302, 1)
