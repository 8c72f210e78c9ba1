"""WeChat's door, as raw ASGI."""

import asyncio
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from support.house import TOKEN, House, open_house
from support.scripted_provider import Script
from yingda.errors import StoreError
from yingda.web.bodies import BODY_LIMIT_S
from yingda.wechat.limits import BODY_LIMIT_BYTES
from yingda.wechat.signature import sign

SECRET_WORDS = "我的银行卡密码是八八六六"


class Exchange(msgspec.Struct):
    """What the application asked for, and what it sent."""

    received: int = 0
    status: int = 0
    headers: dict[bytes, bytes] = {}
    body: bytes = b""


def push(content: str = "你好", key: str = "1") -> bytes:
    return (
        "<xml><ToUserName>gh_default</ToUserName><FromUserName>o_ann</FromUserName>"
        f"<CreateTime>1704067200</CreateTime><MsgType>text</MsgType><Content>{content}</Content>"
        f"<MsgId>{key}</MsgId></xml>"
    ).encode()


def signed(house: House, **more: str) -> str:
    timestamp = str(int(house.clock.now()))
    query = {
        "signature": sign(TOKEN, timestamp, "nonce"),
        "timestamp": timestamp,
        "nonce": "nonce",
        "openid": "o_ann",
    }
    return "&".join(f"{name}={value}" for name, value in (query | more).items())


async def call(
    house: House,
    method: str,
    path: str,
    query: str = "",
    *events: MutableMapping[str, Any],
) -> Exchange:
    exchange = Exchange()
    left = list(events)

    async def receive() -> MutableMapping[str, Any]:
        exchange.received += 1
        if not left:
            await asyncio.Event().wait()
        return left.pop(0)

    async def send(event: MutableMapping[str, Any]) -> None:
        if event["type"] == "http.response.start":
            assert exchange.status == 0, "an answer begins once"
            exchange.status, exchange.headers = event["status"], dict(event["headers"])
        else:
            exchange.body += event["body"]

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [],
        "client": ("203.0.113.7", 1),
    }
    await house.run(house.gateway.application(scope, receive, send))
    return exchange


def chunk(body: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": more}


GONE: dict[str, Any] = {"type": "http.disconnect"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize("path", ["/", "/wechat", "/wechat/", "/wechat/other", "/wechatdefault"])
async def test_an_unknown_path_or_account_is_a_404_and_costs_no_body(
    path: str, house: House
) -> None:
    answer = await call(house, "POST", path, signed(house), chunk(push()))
    assert (answer.status, answer.received) == (404, 0)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_another_method_is_a_405_and_costs_no_body(method: str, house: House) -> None:
    answer = await call(house, method, "/wechat/default", signed(house), chunk(push()))
    assert (answer.status, answer.received) == (405, 0)


@pytest.mark.parametrize("method", ["POST", "GET", "HEAD"])
@pytest.mark.parametrize(
    "changes", [{"signature": "0" * 40}, {"signature": ""}, {"nonce": "other"}, {"timestamp": "1"}]
)
async def test_a_forged_signature_is_refused_before_the_body_is_read(
    method: str, changes: dict[str, str], house: House
) -> None:
    query = signed(house, **changes)
    answer = await call(house, method, "/wechat/default", query, chunk(push()))
    assert (answer.status, answer.body, answer.received) == (403, b"refused", 0)


async def test_a_stale_request_is_refused_before_the_body_is_read(house: House) -> None:
    query = signed(house)
    house.clock.step_wall_clock(301)
    answer = await call(house, "POST", "/wechat/default", query, chunk(push()))
    assert (answer.status, answer.received) == (403, 0)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_handshake_gives_back_the_very_bytes(method: str, house: House) -> None:
    query = signed(house, echostr="5837%2B%E5%93%8D+1")
    answer = await call(house, method, "/wechat/default", query)
    assert (answer.status, answer.body) == (200, "5837+响+1".encode())
    assert answer.headers[b"content-type"] == b"text/plain; charset=utf-8"
    assert answer.headers[b"content-length"] == str(len(answer.body)).encode()


async def test_a_push_is_answered_as_xml_with_its_length(house: House) -> None:
    house.provider.on("你好", Script(text="你也好"))
    answer = await call(house, "POST", "/wechat/default", signed(house), chunk(push()))
    assert answer.status == 200
    assert "你也好".encode() in answer.body
    assert answer.headers[b"content-type"] == b"application/xml; charset=utf-8"
    assert answer.headers[b"content-length"] == str(len(answer.body)).encode()


async def test_a_body_may_come_in_pieces(house: House) -> None:
    body = push("/help")
    pieces = [chunk(body[n : n + 7], more=True) for n in range(0, len(body), 7)]
    answer = await call(house, "POST", "/wechat/default", signed(house), *pieces, chunk(b""))
    whole = await call(house, "POST", "/wechat/default", signed(house), chunk(body))
    assert (answer.status, answer.body) == (200, whole.body)
    assert b"/clear" in answer.body


@pytest.mark.parametrize("pieces", [1, 3])
async def test_a_body_over_one_mebibyte_is_a_413(pieces: int, house: House) -> None:
    size, rest = divmod(BODY_LIMIT_BYTES + 1, pieces)
    chunks = [chunk(b"x" * size, more=True) for _ in range(pieces)]
    query = signed(house)
    answer = await call(house, "POST", "/wechat/default", query, *chunks, chunk(b"x" * rest))
    assert (answer.status, answer.body) == (413, b"refused")


async def test_a_body_of_one_mebibyte_is_read_and_judged_by_what_it_holds(house: House) -> None:
    body = chunk(b"x" * BODY_LIMIT_BYTES)
    answer = await call(house, "POST", "/wechat/default", signed(house), body)
    assert answer.status == 400


async def test_a_disconnect_in_mid_body_gets_no_answer_and_leaves_no_trace(house: House) -> None:
    half = chunk(push()[:40], more=True)
    answer = await call(house, "POST", "/wechat/default", signed(house), half, GONE)
    assert (answer.status, answer.body) == (0, b"")
    assert house.rows("SELECT * FROM push") == []


async def test_a_crash_in_the_route_is_accepted_for_the_platform_and_logged(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(house.gateway._route._ledger, "enter", crash)
    with capture_logs() as logs:
        answer = await call(house, "POST", "/wechat/default", signed(house), chunk(push()))
    assert (answer.status, answer.body) == (200, b"success")
    assert answer.headers[b"content-type"] == b"text/plain; charset=utf-8"
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["attempt_crashed"]


async def test_a_store_that_refuses_is_told_to_the_follower_as_a_sentence(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(house.gateway._ground.store, "enter_question", refuse)
    with capture_logs():
        answer = await call(house, "POST", "/wechat/default", signed(house), chunk(push()))
    assert answer.status == 200
    assert "没能答出来".encode() in answer.body


async def test_a_signed_body_that_does_not_come_is_a_408_and_ends_the_connection(
    house: House,
) -> None:
    started_s = house.clock.monotonic()
    half = chunk(push()[:40], more=True)
    answer = await call(house, "POST", "/wechat/default", signed(house), half)
    assert answer.status == 408
    assert answer.headers[b"connection"] == b"close"
    assert house.clock.monotonic() - started_s == BODY_LIMIT_S
    assert house.rows("SELECT * FROM push") == []


# Health


async def test_the_process_says_that_it_lives(house: House) -> None:
    answer = await call(house, "GET", "/healthz")
    assert (answer.status, answer.body) == (200, b"ok")
    await house.gateway.drain(0.0)
    assert (await call(house, "GET", "/healthz")).status == 200


async def test_it_is_ready_until_it_is_being_stopped(house: House) -> None:
    assert (await call(house, "GET", "/readyz")).status == 200
    await house.run(house.gateway.drain(1.0))
    answer = await call(house, "GET", "/readyz")
    assert (answer.status, answer.body) == (503, b"shutting down")


@pytest.mark.parametrize("is_slow", [True, False])
async def test_it_is_not_ready_when_the_store_refuses_or_takes_too_long(
    *, is_slow: bool, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse() -> None:
        if is_slow:
            await house.clock.sleep(60)
        raise StoreError("the disk at /secret/path is full")

    monkeypatch.setattr(house.gateway._ground.store, "check_writable", refuse)
    answer = await call(house, "GET", "/readyz")
    assert answer.status == 503
    assert b"store" in answer.body
    assert b"/secret" not in answer.body


# The log


async def test_no_line_at_info_holds_what_people_write_or_a_secret(house: House) -> None:
    house.provider.on(SECRET_WORDS, Script(text=f"回答{SECRET_WORDS}"))
    with capture_logs() as logs:
        await call(house, "POST", "/wechat/default", signed(house), chunk(push(SECRET_WORDS)))
        forged = signed(house, signature="0" * 40)
        await call(house, "POST", "/wechat/default", forged, chunk(push(SECRET_WORDS)))
        query = signed(house)
        await call(house, "POST", "/wechat/default", query, chunk(b"<xml>" + push(SECRET_WORDS)))
        await call(house, "POST", "/wechat/default", query, chunk(push("/clear", "9")))
    written = repr([line for line in logs if line["log_level"] != "debug"])
    assert "turn_ended" in written
    assert "request_rejected" in written
    private = (SECRET_WORDS[:6], TOKEN, forged.partition("&")[0][10:], "o_ann")
    assert not [word for word in private if word in written]
