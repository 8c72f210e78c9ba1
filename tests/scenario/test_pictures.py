"""Pictures belong to the question that comes after them, or are one."""

import asyncio
from pathlib import Path

import pytest

from support.house import House, open_house
from support.scripted_provider import Script
from support.senses import BMP, JPEG, with_media
from yingda.engine.accounts.accounts import PictureMode
from yingda.errors import MediaRefused, ProviderBusy
from yingda.providers.capabilities import Capabilities, Memory
from yingda.simulator import pushes
from yingda.simulator.platform import Way
from yingda.texts import Texts

KEPT = Texts().say("picture_kept", count=1, minutes=10)
ASK = PictureMode.ASK


def shown(house: House) -> list[tuple[str, list[bytes]]]:
    """What the provider was asked, with which pictures."""
    return [(each.text, [one.content for one in each.pictures]) for each in house.provider.calls]


async def test_a_picture_waits_for_the_question_that_is_about_it(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house)
        phone = house.phone()
        assert (await house.run(phone.send_image())).text == KEPT
        verdict, _ = await house.repeat()
        assert KEPT in verdict.shown
        await house.restart()
        assert "这是回答" in (await house.run(phone.say("这是什么"))).text
        assert "这是回答" in (await house.run(phone.say("然后呢"))).text
        assert shown(house) == [("这是什么", [JPEG]), ("然后呢", [])]
        assert house.provider.calls[0].pictures[0].content_type == "image/jpeg"
        assert house.rows("SELECT form FROM turn") == [("picture",), ("text",)]


async def test_several_pictures_go_with_one_question_and_the_newest_four_at_most(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        phone = house.phone()
        for n in range(6):
            url = f"http://p/{n}"
            tools.web.files[url] = JPEG + str(n).encode()
            await house.run(phone.send(pushes.image(f"m{n}", url)))
        assert Texts().say("picture_kept", count=4, minutes=10) in phone.history[-1].text
        await house.run(phone.say("比较一下"))
        assert shown(house) == [("比较一下", [JPEG + str(n).encode() for n in range(2, 6)])]


async def test_a_picture_waits_ten_minutes_and_no_longer(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house)
        phone = house.phone()
        await house.run(phone.send_image())
        await house.pass_s(601)
        await house.run(phone.say("你好"))
        assert shown(house) == [("你好", [])]


async def test_pickups_commands_and_places_leave_the_picture_for_its_question(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house)
        phone = house.phone()
        await house.run(phone.say("一"))
        await house.run(phone.send_image())
        for sent in (pushes.text("1"), pushes.text("/status"), pushes.location()):
            await house.run(phone.send(sent))
        await house.run(phone.say("二"))
        assert [pictures for _, pictures in shown(house)] == [[], [], [JPEG]]


async def test_a_new_conversation_begins_without_the_picture(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house)
        phone = house.phone()
        await house.run(phone.send_image())
        await house.run(phone.say("/clear"))
        await house.run(phone.say("你好"))
        assert shown(house) == [("你好", [])]


async def test_a_picture_may_be_asked_about_at_once(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house, pictures=ASK)
        phone = house.phone()
        assert "这是回答" in (await house.run(phone.send_image())).text
        await house.repeat()
        assert shown(house) == [(Texts().say("question_picture"), [JPEG])]


@pytest.mark.parametrize("at_s", [0.0, 0.5, 1.0, 1.9, 3.0])
async def test_a_crash_at_any_moment_loses_no_picture(tmp_path: Path, at_s: float) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house, pictures=ASK)
        tools.web.takes_s = 2.0
        house.provider.default = Script(text="一只猫。", after_s=2.0)
        phone = house.phone()
        way = Way(delays_s=(0.0, 0.1, 0.1))
        await house.interrupted(phone.send(pushes.image(), way=way), at_s, house.restart())
        await house.pass_s(60)
        assert "一只猫。" in (await house.run(phone.say("1"))).text
        assert [JPEG] in [pictures for _, pictures in shown(house)]
        assert len(house.provider.calls) <= 2
        assert house.rows("SELECT state FROM turn") == [("answered",)]


async def test_a_file_of_another_kind_or_too_large_is_converted(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house, pictures=ASK)
        phone = house.phone()
        for content in (BMP, JPEG + bytes(6 << 20)):
            tools.web.files["http://mmbiz.qpic.cn/simulator/0"] = content
            await house.run(phone.send_image())
        assert [pictures[0][:6] for _, pictures in shown(house)] == [b"small "] * 2


async def test_where_the_address_is_dead_wechat_itself_is_asked(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house, pictures=ASK)
        tools.web.files.clear()
        tools.desk.files["media-image"] = JPEG
        await house.run(house.phone().send_image())
        assert shown(house) == [(Texts().say("question_picture"), [JPEG])]


async def test_where_a_page_stands_in_the_pictures_place_wechat_itself_is_asked(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house, pictures=ASK)
        tools.web.files["http://p/0"] = b"<html>gone</html>"
        tools.desk.files["m0"] = JPEG
        await house.run(house.phone().send(pushes.image("m0", "http://p/0")))
        assert [pictures for _, pictures in shown(house)] == [[JPEG]]


async def test_one_picture_that_cannot_be_had_ends_the_fetching_of_the_others(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house)
        tools.web.files["http://p/0"], tools.desk.takes_s = JPEG, 0.0
        phone = house.phone()
        await house.run(phone.send(pushes.image("m0", "http://p/0")))
        await house.run(phone.send(pushes.image("m1", "")))
        tools.web.takes_s = 60.0
        await house.run(phone.say("比较一下"))
        assert shown(house) == []
        assert tools.web.finished == []
        await house.pass_s(60)
        assert tools.web.finished == []


@pytest.mark.parametrize("has_right", [True, False])
async def test_a_picture_that_cannot_be_had_is_told_and_the_question_not_asked(
    tmp_path: Path, *, has_right: bool
) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house, pictures=ASK, has_right=has_right)
        tools.web.files["http://mmbiz.qpic.cn/simulator/0"] = MediaRefused("a private network")
        seen = await house.run(house.phone().send_image())
        assert Texts().say("failed_picture") in seen.text
        assert house.provider.calls == []
        failure, detail = house.rows("SELECT failure, failure_detail FROM turn")[0]
        assert failure == "picture"
        assert detail


@pytest.mark.parametrize("has_right", [True, False])
async def test_a_picture_without_an_address_needs_the_right_to_download(
    tmp_path: Path, *, has_right: bool
) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house, has_right=has_right)
        seen = await house.run(house.phone().send(pushes.message("image", ("MediaId", "m"))))
        assert seen.text == (KEPT if has_right else Texts().say("unsupported_image"))


async def test_where_nobody_looks_at_pictures_that_is_said(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house)
        phone = house.phone()
        house.provider.capabilities = Capabilities()
        assert (await house.run(phone.send_image())).text == Texts().say("unsupported_image")
        await with_media(house, pictures=PictureMode.OFF)
        assert (await house.run(phone.send_image())).text == Texts().say("unsupported_image")
        assert house.provider.calls == []


async def test_a_provider_that_looks_no_more_is_not_asked_blindly(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house, pictures=ASK)
        house.provider.on("一", Script(after_s=2.0))

        async def change() -> None:
            house.provider.capabilities = Capabilities()

        questions = asyncio.gather(
            house.phone().say("一"), house.after(0.5, house.phone().send_image())
        )
        _, seen = await house.interrupted(questions, 1.0, change())
        assert Texts().say("failed_picture") in seen.text
        assert [text for text, _ in shown(house)] == ["一"]


async def test_asked_again_a_failed_question_brings_its_picture_again(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house)
        phone = house.phone()
        house.provider.on("这是什么", Script(fail=ProviderBusy("full")), Script(text="一只猫。"))
        await house.run(phone.send_image())
        await house.run(phone.say("这是什么"))
        assert "一只猫。" in (await house.run(phone.tap())).text
        assert [pictures for _, pictures in shown(house)] == [[JPEG]] * 2


async def test_a_provider_without_memory_of_its_own_sees_the_picture_again_for_three_turns(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house, memory=Memory.HERE)
        phone = house.phone()
        await house.run(phone.send_image())
        for n in range(6):
            await house.run(phone.say(f"问{n}"))
        counts = [len(pictures) for _, pictures in shown(house)]
        assert counts == [1, 1, 1, 1, 0, 0]
        await house.run(phone.send_image())
        await house.run(phone.say("又一张"))
        tools.web.files.clear()
        assert "这是回答" in (await house.run(phone.say("没有图了"))).text
        assert shown(house)[-1] == ("没有图了", [])


async def test_pictures_of_two_followers_never_mix(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        tools = await with_media(house, memory=Memory.HERE)
        ann, bob = house.phone("o_ann"), house.phone("o_bob")
        tools.web.files["http://p/bob"] = JPEG + b"bob"
        await house.run(ann.send_image())
        await house.run(bob.send(pushes.image("b", "http://p/bob")))
        await house.run(bob.say("甲"))
        await house.run(ann.say("乙"))
        assert shown(house) == [("甲", [JPEG + b"bob"]), ("乙", [JPEG])]


@pytest.mark.parametrize("words", [("/forget", "确认"), None])
async def test_erasing_leaves_no_trace_of_a_picture(
    tmp_path: Path, words: tuple[str, ...] | None
) -> None:
    async with open_house(tmp_path, erase_after_unsubscribe_h=1.0) as house:
        await with_media(house)
        phone = house.phone()
        await house.run(phone.send_image())
        await house.run(phone.say("这是什么"))
        await house.run(phone.send_image())
        assert house.rows("SELECT count(*) FROM attachment") == [(2,)]
        if words is None:
            await house.run(phone.unfollow())
        for word in words or ():
            await house.run(phone.say(word))
        await house.pass_s(4000)
        assert house.rows("SELECT count(*) FROM attachment") == [(0,)]
        await house.run(phone.say("你好"))
        assert shown(house)[-1] == ("你好", [])


async def test_limits_and_lists_hold_for_pictures(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await with_media(house, blocked=frozenset({"o_follower"}))
        assert (await house.run(house.phone().send_image())).text == Texts().say("blocked")
        await with_media(house, blocked=frozenset(), pictures=ASK, daily_questions=1)
        phone = house.phone()
        await house.run(phone.send_image())
        assert (await house.run(phone.send_image())).text == Texts().say("daily_limit", count=1)
        assert len(house.provider.calls) == 1
