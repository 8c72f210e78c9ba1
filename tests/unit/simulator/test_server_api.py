"""Tokens, rights, menus and faults of the simulated server API, where the client does not lead."""

import json

import pytest

from yingda.clock import VirtualClock
from yingda.simulator import pushes
from yingda.simulator.followers import Followers
from yingda.simulator.library import UploadedFile
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import (
    SAMPLE_APP_ID,
    SAMPLE_SECRET,
    AccountKind,
    ApiAccount,
    ApiCall,
    Fault,
)
from yingda.simulator.server_api_menu import menu_refusal
from yingda.simulator.server_api_tokens import Tokens

SEND = "/cgi-bin/message/custom/send"


def amr_of(seconds: float) -> bytes:
    """Frames of 12.2 kbit/s (RFC 4867)."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * round(seconds / 0.02)


def mp3_of(seconds: float) -> bytes:
    """Frames of MPEG-2 layer 3, 24 kHz, 48 kbit/s (ISO 13818-3)."""
    return (b"\xff\xf3\x64\xc0" + bytes(140)) * int(seconds / 0.024)


class Console:
    """Calls with a good token, and what they bring."""

    def __init__(self, kind: AccountKind = AccountKind.VERIFIED_SERVICE) -> None:
        self.clock = VirtualClock()
        self.followers = Followers(self.clock)
        self.api = ServerApi(self.followers, self.clock, ApiAccount(kind=kind))
        self.token = self.api.tokens.plain()[0]
        self.followers.saw(pushes.text("你好"), "o_ann")

    async def code(self, path: str, body: object = None, *, method: str = "", **query: str) -> int:
        call = ApiCall(
            method=method or ("GET" if body is None else "POST"),
            path=path,
            query={"access_token": self.token, **query},
            body=body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode(),
        )
        return await self.called(call)

    async def called(self, call: ApiCall) -> int:
        reply = await self.clock.run(self.api.answer(call))
        code = json.loads(reply.body).get("errcode", 0)
        assert isinstance(code, int)
        return code

    async def sends(self, kind: str, content: object) -> int:
        return await self.code(SEND, {"touser": "o_ann", "msgtype": kind, kind: content})


RIGHTS = [
    # Account, service messages, typing, menu
    (AccountKind.SUBSCRIPTION, 48001, 40200, 48001),
    (AccountKind.VERIFIED_SUBSCRIPTION, 0, 0, 0),
    (AccountKind.SERVICE, 48001, 40200, 0),
    (AccountKind.VERIFIED_SERVICE, 0, 0, 0),
    (AccountKind.TEST, 0, 0, 0),
]


@pytest.mark.parametrize(("kind", "send", "typing", "menu"), RIGHTS)
async def test_each_kind_of_account_has_its_rights(
    kind: AccountKind, send: int, typing: int, menu: int
) -> None:
    console = Console(kind)
    command = {"touser": "o_ann", "command": "Typing"}
    buttons = {"button": [{"type": "click", "name": "帮助", "key": "k"}]}
    assert await console.sends("text", {"content": "好"}) == send
    assert await console.code("/cgi-bin/message/custom/typing", command) == typing
    assert await console.code("/cgi-bin/menu/create", buttons) == menu
    assert await console.code("/cgi-bin/getcallbackip") == 0


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("text", {"content": "好" * 682 + "aa"}, 0),
        ("text", {"content": "好" * 683}, 45002),
        ("text", {"content": " "}, 44004),
        ("text", "好", 40035),
        ("news", {"articles": []}, 44003),
        ("news", {"articles": [{}, {}]}, 45008),
        ("image", {"media_id": "media-9"}, 40007),
        ("voice", {"media_id": "media-9"}, 40007),
        ("video", {"media_id": "media-9"}, 40008),
    ],
)
async def test_what_a_message_holds_is_looked_at(kind: str, content: object, code: int) -> None:
    assert await Console().sends(kind, content) == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", 47001),
        (b'{"touser":"o_ann","msgtype":"text","text":{"content":"\\u4f60"}}', 40033),
        (b'{"touser":"o_ann","msgtype":"text","text":{"content":"\\\\u4f60"}}', 0),
        (b'{"msgtype":"text","text":{"content":"x"}}', 41009),
    ],
)
async def test_a_body_that_the_platform_cannot_use_is_refused(body: bytes, code: int) -> None:
    assert await Console().code(SEND, body) == code


async def test_method_path_and_token_are_looked_at_first() -> None:
    console = Console()
    assert await console.code("/cgi-bin/no/such", {}) == 40066
    assert await console.code(SEND) == 43002
    assert await console.code("/cgi-bin/menu/get", {}) == 43001
    for token, code in (("", 41001), ("other", 40001)):
        assert await console.code(SEND, {}, access_token=token) == code
    await console.clock.advance(7200)
    assert await console.code(SEND, {}) == 42001


@pytest.mark.parametrize(
    ("file", "kind", "code"),
    [
        (UploadedFile("a.png", "image/png", b"x"), "image", 0),
        (UploadedFile("a.png", "image/png", b""), "image", 44001),
        (UploadedFile("a.txt", "text/plain", b"x"), "image", 40005),
        (UploadedFile("a.png", "image/png", b"x" * (10 * 1024 * 1024 + 1)), "image", 45001),
        (UploadedFile("a.mp3", "audio/mp3", b"x"), "voice", 40005),
        (UploadedFile("a.amr", "audio/amr", amr_of(60.0)), "voice", 0),
        (UploadedFile("a.amr", "audio/amr", amr_of(60.02)), "voice", 45007),
        (UploadedFile("a.mp3", "audio/mpeg", mp3_of(59.9)), "voice", 0),
        (UploadedFile("a.mp3", "audio/mpeg", mp3_of(60.1)), "voice", 45007),
        (UploadedFile("a.mp3", "audio/mpeg", mp3_of(60.1) * 100), "voice", 45001),
        (UploadedFile("a.mp4", "video/mp4", b"x"), "video", 40004),
        (None, "image", 41005),
    ],
)
async def test_uploads_are_looked_at(file: UploadedFile | None, kind: str, code: int) -> None:
    console = Console()
    call = ApiCall(
        method="POST",
        path="/cgi-bin/media/upload",
        query={"access_token": console.token, "type": kind},
        files={"media": file} if file else {},
    )
    assert await console.called(call) == code


async def test_a_picture_is_kept_for_three_days() -> None:
    console = Console()
    call = ApiCall(
        method="POST",
        path="/cgi-bin/media/upload",
        query={"access_token": console.token, "type": "image"},
        files={"media": UploadedFile("a.png", "image/png", b"x")},
    )
    await console.called(call)
    assert await console.sends("image", {"media_id": "media-1"}) == 0
    await console.clock.advance(3 * 86_400)
    console.token = console.api.tokens.plain()[0]
    assert await console.sends("image", {"media_id": "media-1"}) == 40007


async def test_a_fault_waits_for_its_path_and_goes_by() -> None:
    console = Console()
    console.api.script(Fault(code=-1, path=SEND), times=2)
    assert await console.code("/cgi-bin/getcallbackip") == 0
    sent = [await console.sends("text", {"content": "好"}) for _ in range(3)]
    assert sent == [-1, -1, 0]


# Tokens


async def test_a_plain_token_lives_on_for_five_minutes_beside_its_successor() -> None:
    clock = VirtualClock()
    tokens = Tokens(clock)
    first, seconds = tokens.plain()
    second, _ = tokens.plain()
    assert (seconds, tokens.refusal(first), tokens.refusal(second)) == (7200, 0, 0)
    await clock.advance(300)
    assert (tokens.refusal(first), tokens.refusal(second)) == (42001, 0)


async def test_a_stable_token_stays_the_same_until_five_minutes_before_its_end() -> None:
    clock = VirtualClock()
    tokens = Tokens(clock)
    first, _ = tokens.stable()
    await clock.advance(6899)
    assert tokens.stable() == (first, 301)
    await clock.advance(1)
    second, seconds = tokens.stable()
    assert (second != first, seconds) == (True, 7200)
    assert (tokens.refusal(first), tokens.refusal(second)) == (0, 0)
    await clock.advance(300)
    assert tokens.refusal(first) == 42001


async def test_force_ends_the_old_token_and_has_its_limits() -> None:
    clock = VirtualClock()
    tokens = Tokens(clock)
    old, _ = tokens.stable()
    plain, _ = tokens.plain()
    assert isinstance(tokens.forced(), tuple)
    assert (tokens.refusal(old), tokens.refusal(plain)) == (40001, 0)
    assert tokens.forced() == 45011
    for _ in range(19):
        await clock.advance(30)
        assert isinstance(tokens.forced(), tuple)
    await clock.advance(30)
    assert tokens.forced() == 45009
    await clock.advance(86_400)
    assert isinstance(tokens.forced(), tuple)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grant_type": "password"}, 40002),
        ({"appid": "wx1"}, 40013),
        ({"secret": "wrong"}, 40125),
        ({}, 0),
    ],
)
async def test_both_token_calls_look_at_the_credentials(changes: dict[str, str], code: int) -> None:
    console = Console()
    values = {"grant_type": "client_credential", "appid": SAMPLE_APP_ID, "secret": SAMPLE_SECRET}
    values |= changes
    assert await console.code("/cgi-bin/token", **values) == code
    assert await console.code("/cgi-bin/stable_token", values) == code


# Menus


def click(name: str = "帮助", key: str = "k") -> dict[str, object]:
    return {"type": "click", "name": name, "key": key}


def under(*buttons: object) -> dict[str, object]:
    return {"button": [{"name": "更多", "sub_button": list(buttons)}]}


@pytest.mark.parametrize(
    ("menu", "code"),
    [
        ({"button": [click()] * 3}, 0),
        ({"button": [click()] * 4}, 40016),
        ({}, 40016),
        ({"button": ["help"]}, 40017),
        ({"button": [click("一二三四五")]}, 0),
        ({"button": [click("一二三四五六")]}, 40018),
        ({"button": [click(key="k" * 129)]}, 40019),
        ({"button": [{"type": "view", "name": "看", "url": "u" * 1025}]}, 40020),
        ({"button": [{"type": "dance", "name": "看"}]}, 40017),
        ({"button": [{"type": "miniprogram", "name": "看", "url": "u", "appid": "a"}]}, 40035),
        (under(*[click("一" * 20)] * 5), 0),
        (under(*[click()] * 6), 40023),
        (under(click("一" * 21)), 40025),
        (under(click(key="")), 40026),
        (under({"type": "view", "name": "看"}), 40027),
        (under({"type": "dance", "name": "看"}), 40024),
        (under({"name": "更多", "sub_button": [click()]}), 40022),
    ],
)
def test_a_menu_keeps_its_limits(menu: dict[str, object], code: int) -> None:
    assert menu_refusal(menu) == code
