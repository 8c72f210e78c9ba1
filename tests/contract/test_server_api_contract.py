"""What the client of WeChat's server API keeps to, on every transport."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from support.server_api import (
    ANN,
    HTTP,
    IN_PROCESS,
    SEND,
    SHORT_S,
    STABLE_TOKEN,
    TYPING,
    Line,
    open_line,
)
from yingda.errors import ApiKind, ApiRefused, ApiUnreachable, SendInDoubt
from yingda.simulator.server_api_base import AccountKind, ApiAccount, Fault
from yingda.wechat.api import CheckAction
from yingda.wechat.api_base import Card
from yingda.wechat.api_errors import JsonObject

MENU: JsonObject = {"button": [{"type": "click", "name": "帮助", "key": "help"}]}


@pytest.fixture(params=[IN_PROCESS, HTTP])
async def line(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Line]:
    async with open_line(tmp_path, request.param) as opened:
        yield opened


async def refused(line: Line, work: Awaitable[object]) -> ApiRefused:
    with pytest.raises(ApiRefused) as caught:
        await line.run(work)
    return caught.value


# Messages


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("你好，“世界” 😀", "你好，“世界” 😀"),
        ('<a href="https://example.com/?a=1&b=2">看\n这里</a>', None),
        ("C:\\users\\1 \\u4f60", None),
        ("铃\x07声\x00\ud83d\ude00 半\ud83d个", "铃声😀 半个"),
    ],
)
async def test_a_text_arrives_as_it_was_written(text: str, shown: str | None, line: Line) -> None:
    await line.run(line.api.send_text(line.says(), text))
    assert line.shown() == [shown or text]


async def test_a_picture_is_uploaded_and_shown(line: Line) -> None:
    content = bytes(range(256))
    uploaded = await line.run(line.api.upload_image(content, "图 1.png", "image/png"))
    await line.run(line.api.send_image(line.says(), uploaded.media_id))
    assert line.shown() == [f"[图片] {uploaded.media_id}"]
    assert uploaded.expires_at == pytest.approx(line.clock.now() + 3 * 86_400, abs=2)


async def test_a_card_is_shown_with_title_and_link(line: Line) -> None:
    card = Card(
        title="使用说明", url="https://example.com/说明", description="两行", picture_url=""
    )
    await line.run(line.api.send_news(line.says(), card))
    assert line.shown() == ["[图文] 使用说明 https://example.com/说明"]


async def test_typing_shows_until_it_is_ended_and_twice_is_well(line: Line) -> None:
    openid = line.says()
    await line.run(line.api.set_typing(openid, on=True))
    await line.run(line.api.set_typing(openid, on=True))
    assert line.followers.is_typing(openid)
    await line.run(line.api.set_typing(openid, on=False))
    assert not line.followers.is_typing(openid)
    assert line.server.calls[TYPING] == 3


async def test_a_message_ends_the_typing_state(line: Line) -> None:
    openid = line.says()
    await line.run(line.api.set_typing(openid, on=True))
    await line.run(line.api.send_text(openid, "好"))
    assert not line.followers.is_typing(openid)


async def test_the_sixth_message_in_a_window_is_over_the_quota(line: Line) -> None:
    openid = line.says()
    for number in range(5):
        await line.run(line.api.send_text(openid, str(number)))
    assert (await refused(line, line.api.send_text(openid, "5"))).kind is ApiKind.QUOTA_USED
    assert line.shown() == ["0", "1", "2", "3", "4"]
    line.says()
    await line.run(line.api.send_text(openid, "6"))
    assert line.shown()[-1] == "6"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (45015, ApiKind.WINDOW_CLOSED),
        (45009, ApiKind.DAILY_LIMIT),
        (48002, ApiKind.NOT_FOLLOWING),
        (48004, ApiKind.NOT_ALLOWED),
        (99999, ApiKind.OTHER),
    ],
)
async def test_a_refusal_brings_its_class_and_rid_and_is_not_repeated(
    code: int, kind: ApiKind, line: Line
) -> None:
    line.server.script(Fault(code=code, path=SEND))
    found = await refused(line, line.api.send_text(line.says(), "问"))
    assert (found.code, found.kind) == (code, kind)
    assert found.rid
    assert line.server.calls[SEND] == 1


async def test_a_text_over_the_limit_is_too_long(line: Line) -> None:
    openid = line.says()
    await line.run(line.api.send_text(openid, "a" * 2048))
    assert (await refused(line, line.api.send_text(openid, "a" * 2049))).kind is ApiKind.TOO_LONG


async def test_somebody_who_never_came_is_not_reached(line: Line) -> None:
    found = await refused(line, line.api.send_text("o_nobody", "好"))
    assert (found.code, found.kind) == (40003, ApiKind.NOT_FOLLOWING)


# Doubt


async def test_a_message_that_is_never_answered_is_in_doubt_and_sent_once(line: Line) -> None:
    await line.run(line.api.check_token())
    line.server.script(Fault(is_silent=True, path=SEND))
    with pytest.raises(SendInDoubt):
        await line.run(line.client(answer_s=SHORT_S).send_text(line.says(), "只一次"))
    assert line.shown() == ["只一次"]
    assert line.server.calls[SEND] == 1


async def test_a_gateways_page_leaves_a_message_in_doubt_and_nothing_else(line: Line) -> None:
    openid = line.says()
    line.server.script(Fault(is_page=True, path=SEND))
    with pytest.raises(SendInDoubt):
        await line.run(line.api.send_text(openid, "问"))
    line.server.script(Fault(is_page=True, path=TYPING))
    found = await refused(line, line.api.set_typing(openid, on=True))
    assert (found.kind, found.code) == (ApiKind.OTHER, None)


async def test_any_other_call_that_is_never_answered_may_be_made_again(line: Line) -> None:
    await line.run(line.api.check_token())
    line.server.script(Fault(is_silent=True, path=TYPING))
    with pytest.raises(ApiUnreachable) as caught:
        await line.run(line.client(answer_s=SHORT_S).set_typing(line.says(), on=True))
    assert caught.value.was_sent


async def test_a_send_is_in_no_doubt_while_its_token_is_not_answered(line: Line) -> None:
    line.server.script(Fault(is_silent=True, path=STABLE_TOKEN))
    with pytest.raises(ApiUnreachable):
        await line.run(line.client(answer_s=SHORT_S).send_text(line.says(), "问"))
    assert line.server.calls[SEND] == 0


# Tokens


async def test_many_tasks_of_two_processes_fetch_one_token(line: Line) -> None:
    followers = [line.says(f"o_{number}") for number in range(40)]
    other = line.client()
    sends = [client.send_text(openid, "好") for openid in followers for client in (line.api, other)]
    await line.run(asyncio.gather(*sends))
    assert line.fetches == 1
    assert all(line.shown(openid) == ["好", "好"] for openid in followers)


async def test_a_restart_needs_no_fetch(line: Line) -> None:
    await line.run(line.api.check_token())
    await line.run(line.client().send_text(line.says(), "好"))
    assert line.fetches == 1


async def test_a_revoked_token_is_fetched_anew_once_for_all(line: Line) -> None:
    followers = [line.says(f"o_{number}") for number in range(20)]
    other = line.client()
    await line.run(line.api.check_token())
    await line.run(other.check_token())
    line.server.tokens.revoke()
    sends = [client.send_text(openid, "好") for openid in followers for client in (line.api, other)]
    await line.run(asyncio.gather(*sends))
    assert line.fetches == 2
    assert all(line.shown(openid) == ["好", "好"] for openid in followers)


async def test_a_token_that_wechat_gives_and_refuses_is_forced_once(line: Line) -> None:
    await line.run(line.api.check_token())
    line.server.tokens.spoil()
    await line.run(line.api.send_text(line.says(), "好"))
    assert line.shown() == ["好"]
    # The first one, the one that is given again, the forced one.
    assert (line.fetches, line.server.tokens.made) == (3, 2)


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_refused_token_is_renewed_and_tried_again_only_once(code: int, line: Line) -> None:
    line.server.script(Fault(code=code, path=SEND), times=5)
    found = await refused(line, line.api.send_text(line.says(), "好"))
    assert found.kind is ApiKind.TOKEN
    assert line.server.calls[SEND] == 2


async def test_the_address_that_is_not_listed_is_named(line: Line) -> None:
    line.server.account = ApiAccount(ip_list=frozenset({"203.0.113.1"}))
    found = await refused(line, line.api.check_token())
    assert (found.code, found.kind) == (40164, ApiKind.CONFIGURATION)
    assert found.caller_ip == "127.0.0.1"
    assert "127.0.0.1" in found.mend


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"app_id": "wx0000000000000000"}, 40013),
        ({"app_secret": "another"}, 40125),
        ({"is_secret_frozen": True}, 40243),
    ],
)
async def test_wrong_settings_are_the_operators_to_mend(
    change: dict[str, object], code: int, line: Line
) -> None:
    line.server.account = msgspec.structs.replace(ApiAccount(), **change)
    found = await refused(line, line.api.send_text(line.says(), "好"))
    assert (found.code, found.kind) == (code, ApiKind.CONFIGURATION)
    assert found.mend


# Rights, menus and addresses


@pytest.mark.parametrize("kind", [AccountKind.SUBSCRIPTION, AccountKind.SERVICE])
async def test_an_unverified_account_may_neither_send_nor_type(
    kind: AccountKind, line: Line
) -> None:
    line.server.account = ApiAccount(kind=kind)
    openid = line.says()
    calls: list[tuple[int, Callable[[], Awaitable[object]]]] = [
        (48001, lambda: line.api.send_text(openid, "好")),
        (40200, lambda: line.api.set_typing(openid, on=True)),
        (48001, lambda: line.api.upload_image(b"x", "x.png", "image/png")),
    ]
    for code, call in calls:
        found = await refused(line, call())
        assert (found.code, found.kind) == (code, ApiKind.NOT_ALLOWED)


async def test_a_menu_is_made_read_and_taken_away(line: Line) -> None:
    assert await line.run(line.api.menu()) is None
    await line.run(line.api.create_menu(MENU))
    assert await line.run(line.api.menu()) == MENU
    await line.run(line.api.delete_menu())
    assert await line.run(line.api.menu()) is None


async def test_a_menu_that_breaks_a_limit_is_refused(line: Line) -> None:
    found = await refused(line, line.api.create_menu({"button": []}))
    assert found.code == 40016


async def test_the_addresses_of_wechat_and_its_way_to_us_are_told(line: Line) -> None:
    assert "127.0.0.1" in await line.run(line.api.callback_ips())
    found = await line.run(line.api.check_callback(CheckAction.ALL))
    assert set(found) == {"dns", "ping"}
    line.server.account = ApiAccount(has_callback=False)
    missing = await refused(line, line.api.check_callback())
    assert missing.kind is ApiKind.CONFIGURATION


async def test_nothing_shows_token_or_secret(
    line: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    await line.run(line.api.check_token())
    line.server.tokens.spoil()
    await line.run(line.api.send_text(line.says(), "私房话"))
    kept = await line.run(line.store.kept_token(line.server.account.app_id))
    assert kept is not None
    output = capsys.readouterr()
    seen = f"{kept!r}{output.out}{output.err}{line.api!r}"
    for hidden in (kept.value, line.server.account.app_secret, "私房话"):
        assert hidden not in seen
    assert ANN not in seen
