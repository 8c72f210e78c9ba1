"""Promise 5: what is unsigned, forged or in the wrong mode gets a 4xx and costs nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from support.house import House, Request, open_house
from yingda.simulator.platform import Mode

Forge = Callable[[dict[str, str]], dict[str, str]]

FORGERIES: dict[str, Forge] = {
    "no query": lambda query: dict.fromkeys(query, ""),
    "no signature": lambda query: {k: v for k, v in query.items() if k != "signature"},
    "empty signature": lambda query: query | {"signature": ""},
    "wrong signature": lambda query: query | {"signature": "0" * 40},
    "signature in capitals": lambda query: query | {"signature": query["signature"].upper()},
    "other nonce": lambda query: query | {"nonce": "1"},
    "other time": lambda query: query | {"timestamp": str(int(query["timestamp"]) + 1)},
    "no time": lambda query: query | {"timestamp": ""},
    "odd signature": lambda query: query | {"signature": "签名"},
}


async def asked(house: House) -> Request:
    """A request that was good, for others to be made of."""
    await house.run(house.phone("o_honest").say("问"))
    return house.requests[-1]


async def send(house: House, query: str, body: bytes) -> int:
    """The status that these bytes get."""
    return (await house.run(house.transport.send("POST", query, body))).status


def rows(house: House) -> list[Any]:
    return house.rows("SELECT (SELECT count(*) FROM push), (SELECT count(*) FROM turn)")


@pytest.mark.parametrize("mode", [Mode.PLAIN, Mode.SAFE])
@pytest.mark.parametrize("forgery", FORGERIES)
async def test_a_forged_query_is_refused_and_leaves_nothing(
    tmp_path: Path, forgery: str, mode: Mode
) -> None:
    async with open_house(tmp_path, mode=mode) as house:
        good = await asked(house)
        before = rows(house)
        query = FORGERIES[forgery](dict(parse_qsl(good.query)))
        fresh = good.body.replace(b"<MsgId>", b"<MsgId>9")
        assert await send(house, urlencode(query), fresh) == 403
        assert rows(house) == before
        assert len(house.provider.calls) == 1


async def test_a_forged_signature_is_refused_before_the_body_is_read(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            raise AssertionError("the body was asked for")

        async def keep(event: Any) -> None:
            sent.append(event)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/wechat/default",
            "query_string": b"signature=0&timestamp=1&nonce=1",
        }
        await house.run(house.serve(scope, receive, keep))
        assert sent[0]["status"] == 403


@pytest.mark.parametrize("mode", [Mode.COMPATIBLE, Mode.SAFE])
async def test_with_a_key_set_a_plain_body_is_refused(tmp_path: Path, mode: Mode) -> None:
    async with open_house(tmp_path, mode=mode) as house:
        good = await asked(house)
        query = dict(parse_qsl(good.query))
        del query["encrypt_type"], query["msg_signature"]
        plain = b"<xml><ToUserName>a</ToUserName><FromUserName>o</FromUserName></xml>"
        assert await send(house, urlencode(query), plain) == 403
        assert len(house.provider.calls) == 1


async def test_a_tampered_encrypted_body_is_refused(tmp_path: Path) -> None:
    async with open_house(tmp_path, mode=Mode.SAFE) as house:
        good = await asked(house)
        at = good.body.index(b"<Encrypt>") + 40
        other = b"A" if good.body[at : at + 1] != b"A" else b"B"
        tampered = good.body[:at] + other + good.body[at + 1 :]
        assert await send(house, good.query, tampered) == 403


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<xml>",
        b"no xml",
        b"<!DOCTYPE xml [<!ENTITY a 'b'>]><xml><ToUserName>&a;</ToUserName></xml>",
        b"<xml><ToUserName>a</ToUserName></xml>",
        b"<a>" * 100 + b"</a>" * 100,
        b"\xff\xfe\x00",
        b'{"ToUserName":"a","FromUserName":"o","MsgType":"text","Content":"\\ud800","MsgId":1}',
        b"{",
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_a_signed_body_that_is_no_push_never_gets_a_five_hundred(
    tmp_path: Path, body: bytes
) -> None:
    async with open_house(tmp_path) as house:
        good = await asked(house)
        assert await send(house, good.query, body) < 500
        assert house.transport.crashes == []


async def test_a_body_over_the_cap_is_refused(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        good = await asked(house)
        assert await send(house, good.query, b"<xml>" + b"x" * (1 << 20)) == 413


@pytest.mark.parametrize("mode", list(Mode))
async def test_the_handshake_passes_in_every_mode(tmp_path: Path, mode: Mode) -> None:
    async with open_house(tmp_path, mode=mode) as house:
        assert await house.run(house.platform.handshake())
