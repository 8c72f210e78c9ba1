"""Rule 10: whatever arrives gets a courteous answer or silence, never a failure."""

from pathlib import Path

import pytest

from support.house import House, open_house
from support.sentences import help_text
from yingda.simulator import pushes
from yingda.simulator.platform import Mode, Outcome
from yingda.simulator.pushes import Sent
from yingda.texts import Texts

KINDS: dict[str, tuple[Sent, str]] = {
    "image": (pushes.image(), "unsupported_image"),
    "voice": (pushes.voice(), "unsupported_voice"),
    "video": (pushes.video(), "unsupported_video"),
    "short video": (
        pushes.message("shortvideo", ("MediaId", "m"), ("ThumbMediaId", "t")),
        "unsupported_video",
    ),
    "link without nodes": (pushes.message("link"), "unsupported_link"),
    "sticker": (pushes.sticker(), "unsupported_other"),
    "mini-program": (
        pushes.message("miniprogrampage", ("AppId", "wx1")),
        "unsupported_mini_program",
    ),
    "file": (pushes.message("file", ("Title", "a.pdf")), "unsupported_other"),
    "of the future": (pushes.message("hologram"), "unsupported_other"),
    "music": (pushes.message("music"), "unsupported_other"),
    "image without nodes": (pushes.message("image"), "unsupported_image"),
    "location without numbers": (pushes.message("location"), "unsupported_location"),
    "odd location": (pushes.message("location", ("Location_X", "nan?")), "unsupported_location"),
    "blank text": (pushes.text("  \n "), "empty_question"),
    "empty text": (pushes.text(""), "empty_question"),
    "text without content": (pushes.message("text"), "empty_question"),
    "full-width blank": (pushes.text("\u3000"), "empty_question"),
    "kind in capitals": (pushes.message("IMAGE"), "unsupported_image"),
}
SILENT = [
    pushes.view("https://example.com"),
    pushes.scan("s"),
    pushes.click("unknown key"),
    pushes.click("1"),
    pushes.event("LOCATION", ("Latitude", 23.1), ("Longitude", 113.3), ("Precision", 119.0)),
    pushes.event("LOCATION"),
    pushes.event("TEMPLATESENDJOBFINISH", ("MsgID", 1), ("Status", "success")),
    pushes.event("MASSSENDJOBFINISH", ("MsgID", 1), ("Status", "send success")),
    pushes.event("PUBLISHJOBFINISH"),
    pushes.event("view_miniprogram", ("EventKey", "p"), ("MenuId", 1)),
    pushes.event("scancode_push", ("EventKey", "k")),
    pushes.event("scancode_waitmsg", ("EventKey", "k")),
    pushes.event("pic_sysphoto", ("EventKey", "k")),
    pushes.event("pic_photo_or_album", ("EventKey", "k")),
    pushes.event("pic_weixin", ("EventKey", "k")),
    pushes.event("location_select", ("EventKey", "k")),
    pushes.event("subscribe_msg_popup_event"),
    pushes.event("subscribe_msg_change_event"),
    pushes.event("subscribe_msg_sent_event"),
    pushes.event("user_info_modified"),
    pushes.event("user_authorization_revoke"),
    pushes.event("kf_create_session"),
    pushes.event("qualification_verify_success"),
    pushes.event("event_of_the_future"),
    pushes.event(""),
    Sent("event", ()),
]


async def nothing_was_queued(house: House) -> None:
    await house.pass_s(30)
    assert house.provider.calls == []
    assert house.rows("SELECT count(*) FROM turn") == [(0,)]
    assert house.transport.crashes == []


@pytest.mark.parametrize("mode", [Mode.PLAIN, Mode.SAFE])
@pytest.mark.parametrize("kind", KINDS)
async def test_each_kind_has_its_courteous_sentence(tmp_path: Path, kind: str, mode: Mode) -> None:
    async with open_house(tmp_path, mode=mode) as house:
        sent, key = KINDS[kind]
        seen = await house.run(house.phone().send(sent))
        assert seen.text == Texts().say(key)
        await nothing_was_queued(house)


@pytest.mark.parametrize("sent", SILENT, ids=lambda sent: str(sent.nodes[:1]))
async def test_events_are_accepted_and_never_queued(tmp_path: Path, sent: Sent) -> None:
    async with open_house(tmp_path) as house:
        seen = await house.run(house.phone().send(sent))
        assert [attempt.outcome for attempt in seen.attempts] == [Outcome.ACCEPTED]
        assert seen.attempts[0].status == 200
        await nothing_was_queued(house)


@pytest.mark.parametrize("scene", ["", "poster"])
async def test_a_new_follower_is_welcomed(tmp_path: Path, scene: str) -> None:
    async with open_house(tmp_path) as house:
        seen = await house.run(house.phone().follow(scene))
        assert seen.text == Texts().say("welcome", word="1")
        await nothing_was_queued(house)


async def test_a_menu_button_may_carry_a_command(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        assert (await house.run(phone.click("/help"))).text == help_text()
        assert (await house.run(phone.click("/clear"))).text == Texts().say("cleared")


@pytest.mark.parametrize(
    "text", ["/::)", "/:rose", "/::D 你好", "[微笑]", "/:,@f", "/:8-)", "😀", "👨‍👩‍👧‍👦"]
)
async def test_emoji_codes_are_questions_and_no_commands(tmp_path: Path, text: str) -> None:
    async with open_house(tmp_path) as house:
        await house.run(house.phone().say(text))
        assert house.provider.count(text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "字" * 10_000,
        "]]>&<xml>",
        "<a href='weixin://bizmsgmenu?msgmenucontent=1'>x</a>",
        "{word} {0} %s",
        "'; DROP TABLE turn; --",
        "\u202e倒过来\u0301",
        "a\tb",
    ],
    ids=lambda text: text[:8],
)
async def test_any_text_is_asked_as_it_was_written(tmp_path: Path, text: str) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        seen = await house.run(phone.say(text))
        assert "好的，这是回答。" in seen.text
        assert [prompt.text for prompt in house.provider.calls] == [text]
        again = await house.run(phone.say("1"))
        assert "好的，这是回答。" in again.text
        assert not again.is_failure_line
