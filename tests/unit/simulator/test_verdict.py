"""The simulated platform shows legal replies, and nothing but those."""

import pytest

from support.simulated_server import (
    APP_ID,
    ENCODING_AES_KEY,
    OPENID,
    Pair,
    Step,
    account,
    outcomes,
    text_reply,
)
from yingda.clock import SystemClock
from yingda.errors import ConfigurationError
from yingda.simulator.platform import Platform
from yingda.simulator.transport import HttpTransport
from yingda.simulator.verdict import Mode, Outcome, SimulatedAccount
from yingda.wechat.envelope import AesKey, Envelope
from yingda.wechat.limits import FAILURE_LINES
from yingda.wechat.messages import TextMessage, decode
from yingda.wechat.signature import parse_query


def _changed(old: str, new: str) -> bytes:
    reply = text_reply("好").decode()
    assert old in reply
    return reply.replace(old, new).encode()


ILLEGAL = {
    "json": b'{"Content": "x"}',
    "quoted success": b'"success"',
    "success and a line end": b"success\n",
    "html": b"<html><body>502</body></html>",
    "malformed": text_reply("好")[:-3],
    "no utf-8": b"<xml>\xff</xml>",
    "empty content": _changed("好", ""),
    "no content": _changed("Content>", "Contents>"),
    "receiver not swapped": text_reply("好", openid="gh_simulated"),
    "wrong sender": _changed("gh_simulated", "gh_other"),
    "names in lower case": _changed("ToUserName", "tousername"),
    "unknown kind": _changed("[text]", "[hologram]"),
    "time in milliseconds": _changed("1704067200", "1704067200000"),
    "time with a fraction": _changed("1704067200", "1704067200.5"),
    "no time": _changed("1704067200", ""),
    "too long": _changed("好", "好" * 683),
    "picture without id": _changed("[text]", "[image]"),
    "two articles": _changed("[text]", "[news]"),
}


@pytest.mark.parametrize("body", ILLEGAL.values(), ids=ILLEGAL.keys())
async def test_an_illegal_reply_shows_the_failure_line_and_ends_the_series(body: bytes) -> None:
    delivered = await Pair(Step(body)).deliver()
    assert outcomes(delivered) == [Outcome.ILLEGAL]
    assert delivered.shown == (FAILURE_LINES[0],)
    assert delivered.deciding.verdict.reason


def _reply(kind: str, nodes: str) -> bytes:
    return _changed("<![CDATA[text]]>", kind).replace(
        "<Content><![CDATA[好]]></Content>".encode(), nodes.encode()
    )


LEGAL = [
    (text_reply("二" * 682), "二" * 682),
    (text_reply("a]]>b"), "a]]>b"),
    (_reply("image", "<Image><MediaId>m1</MediaId></Image>"), "[图片] m1"),
    (_reply("voice", "<Voice><MediaId>m2</MediaId></Voice>"), "[语音] m2"),
    (_reply("video", "<Video><MediaId>m3</MediaId><Title>片</Title></Video>"), "[视频] 片"),
    (_reply("music", "<Music><ThumbMediaId>t</ThumbMediaId></Music>"), "[音乐]"),
    (
        _reply(
            "news",
            "<ArticleCount>1</ArticleCount><Articles><item><Title>题</Title><Description/>"
            "<PicUrl/><Url>https://a.cn</Url></item></Articles>",
        ),
        "[图文] 题 https://a.cn",
    ),
    (_reply("transfer_customer_service", ""), ""),
]


@pytest.mark.parametrize(("body", "shown"), LEGAL)
async def test_every_kind_of_legal_reply_is_shown(body: bytes, shown: str) -> None:
    delivered = await Pair(Step(body)).deliver()
    assert outcomes(delivered) == [Outcome.ANSWERED]
    assert delivered.text == shown


def envelope() -> Envelope:
    account_ = account(Mode.SAFE)
    return Envelope(token=account_.token, app_id=APP_ID, keys=(AesKey.parse(ENCODING_AES_KEY),))


def sealed(clear: bytes, *, app_id: str = APP_ID) -> bytes:
    key = AesKey.parse(ENCODING_AES_KEY)
    sealer = Envelope(token=account().token, app_id=app_id, keys=(key,))
    return sealer.seal(clear, key, timestamp_s=1_704_067_200, nonce="n", random16=bytes(16))


@pytest.mark.parametrize("mode", [Mode.SAFE, Mode.COMPATIBLE])
async def test_an_encrypted_push_verifies_and_opens_and_its_sealed_reply_is_shown(
    mode: Mode,
) -> None:
    pair = Pair(Step(sealed(text_reply("密"))), mode=mode)
    delivered = await pair.deliver()
    query = parse_query(pair.server.raw_queries[0])
    message = decode(envelope().open(pair.server.bodies[0], query).clear)
    assert isinstance(message, TextMessage)
    assert (message.content, message.openid) == ("你好", OPENID)
    assert query.encrypt_type == "aes"
    assert delivered.shown == ("密",)
    assert delivered.deciding.verdict.clear == text_reply("密")


async def test_a_safe_push_shows_nothing_in_clear() -> None:
    pair = Pair(mode=Mode.SAFE)
    await pair.deliver()
    assert "你好".encode() not in pair.server.bodies[0]
    assert OPENID.encode() not in pair.server.bodies[0]


async def test_a_compatible_push_has_clear_and_encrypted_nodes_of_the_same_message() -> None:
    pair = Pair(mode=Mode.COMPATIBLE)
    await pair.deliver()
    opened = envelope().open(pair.server.bodies[0], parse_query(pair.server.raw_queries[0]))
    assert decode(opened.clear) == decode(pair.server.bodies[0])


@pytest.mark.parametrize(
    ("mode", "body", "outcome"),
    [
        (Mode.SAFE, text_reply("好"), Outcome.ILLEGAL),
        (Mode.COMPATIBLE, text_reply("好"), Outcome.ANSWERED),
        (Mode.PLAIN, sealed(text_reply("好")), Outcome.ILLEGAL),
        (Mode.SAFE, b"success", Outcome.ACCEPTED),
        (Mode.SAFE, sealed(text_reply("好"), app_id="wxother"), Outcome.ILLEGAL),
        (Mode.SAFE, sealed(text_reply("好")).replace(b"[n]", b"[m]"), Outcome.ILLEGAL),
        (Mode.SAFE, sealed(text_reply("好", openid="o_other")), Outcome.ILLEGAL),
        (Mode.SAFE, sealed(text_reply("好")).replace(b"TimeStamp", b"Time"), Outcome.ILLEGAL),
    ],
)
async def test_a_reply_must_fit_the_accounts_mode(
    mode: Mode, body: bytes, outcome: Outcome
) -> None:
    assert outcomes(await Pair(Step(body), mode=mode).deliver()) == [outcome]


def test_an_encrypted_mode_without_a_key_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        Platform(SimulatedAccount(mode=Mode.SAFE), HttpTransport("http://x"), SystemClock())
