"""Pictures that an answer names follow its text, where the account may push."""

import asyncio
from pathlib import Path

import pytest

from support.enclosures import (
    BLUE,
    FOUR,
    ONE,
    PNG,
    RED,
    THREE,
    TWO,
    UPLOAD,
    Studio,
    named,
    open_studio,
    seen,
    states,
)
from support.media import noise, picture
from support.pushing import SEND, body, ends, prose, pushed, slowly
from support.scripted_provider import Script
from yingda.clock import VirtualClock
from yingda.engine.accounts.accounts import PushMode
from yingda.errors import MediaUnavailable, MediaUnreadable
from yingda.file_kinds import Kind, kind_of
from yingda.media.base import Fetched
from yingda.media.convert import Converter
from yingda.simulator.phone import Phone
from yingda.simulator.server_api_base import Fault
from yingda.wechat.limits import IMAGE_LIMIT_BYTES

LATE = 8.0


async def asked(studio: Studio, answer: str, *, after_s: float = 0.0) -> Phone:
    """Somebody asks and gets this answer."""
    house = studio.house
    phone = house.phone()
    house.provider.on("问", Script(text=answer, after_s=after_s))
    await house.run(phone.say("问"))
    await house.pass_s(after_s + 10)
    return phone


@pytest.mark.parametrize("after_s", [0.0, LATE])
async def test_pictures_follow_the_text_in_its_order(tmp_path: Path, after_s: float) -> None:
    async with open_studio(tmp_path) as studio:
        phone = await asked(studio, named(ONE, TWO), after_s=after_s)
        assert seen(phone) == [PNG, RED]
        texts = [bubble.text for bubble in phone.history if not bubble.media]
        assert [bubble.media is not None for bubble in phone.history] == [False] * 2 + [True] * 2
        # The addresses stay readable.
        assert f"[图片] 图: {ONE}" in texts[-1]
        assert states(studio.house) == ["sent", "sent"]


async def test_pictures_come_after_the_last_of_many_parts(tmp_path: Path) -> None:
    async with open_studio(tmp_path) as studio:
        house, phone = studio.house, studio.house.phone()
        house.provider.on("问", slowly(f"![图]({ONE})\n\n{prose(60)}", 20.0))
        await house.run(phone.say("问"))
        await house.pass_s(40)
        assert pushed(phone)[-1].startswith("[图片]")
        assert len(pushed(phone)) >= 3
        assert seen(phone) == [PNG]


async def test_three_pictures_are_sent_and_the_last_message_is_kept(tmp_path: Path) -> None:
    async with open_studio(tmp_path) as studio:
        phone = await asked(studio, named(ONE, TWO, THREE, FOUR), after_s=LATE)
        assert seen(phone) == [PNG, RED, BLUE]
        assert studio.house.platform.followers.left(phone.openid) == 1


async def test_texts_go_before_pictures_where_messages_are_few(tmp_path: Path) -> None:
    async with open_studio(tmp_path) as studio:
        house, phone = studio.house, studio.house.phone()
        text = prose(90)
        house.provider.on("问", slowly(f"![图]({ONE})\n\n![图]({TWO})\n\n{text}", 30.0))
        await house.run(phone.say("问"))
        await house.pass_s(60)
        texts = [each for each in pushed(phone) if not each.startswith("[图片] media")]
        assert body(*texts).endswith("".join(text.split()))
        assert ends(house) == [(0, "done", 0)]
        assert len(seen(phone)) == max(0, 4 - len(texts))
        assert house.platform.followers.left(phone.openid) >= min(1, 5 - len(texts))
        assert set(states(house)) <= {"sent", "left"}


async def test_what_waits_for_pickup_gets_its_pictures_with_the_last_part(tmp_path: Path) -> None:
    async with open_studio(tmp_path) as studio:
        house, phone = studio.house, studio.house.phone()
        house.provider.on("问", slowly(f"{prose(400)}\n\n![图]({ONE})", 30.0))
        await house.run(phone.say("问"))
        await house.pass_s(60)
        assert states(house) == ["due"]
        while "看下文" in phone.history[-1].text:
            assert not seen(phone)
            await house.run(phone.say("1"))
        await house.pass_s(5)
        assert seen(phone) == [PNG]


@pytest.mark.parametrize("push_mode", [PushMode.PASSIVE, PushMode.AUTO])
async def test_without_the_right_there_is_the_address_alone(
    tmp_path: Path, push_mode: PushMode
) -> None:
    async with open_studio(tmp_path, push_mode) as studio:
        studio.house.api.script(Fault(code=48001, path=UPLOAD), 5)
        phone = await asked(studio, named(ONE, TWO))
        await asked(studio, named(ONE))
        assert not seen(phone)
        assert ONE in phone.history[1].text
        # Asked once, then known.
        assert studio.house.api.calls[UPLOAD] == (push_mode is PushMode.AUTO)
        assert len(studio.gallery.asked) == studio.house.api.calls[UPLOAD]


async def test_the_setting_turns_pictures_off(tmp_path: Path) -> None:
    async with open_studio(tmp_path, sends_pictures=False) as studio:
        phone = await asked(studio, named(ONE))
        assert not seen(phone)
        assert not studio.gallery.asked
        assert states(studio.house) == []


@pytest.mark.parametrize(
    "found", [MediaUnavailable("status 503"), MediaUnreadable("odd"), b"<html>login</html>", b""]
)
async def test_a_picture_that_cannot_be_had_leaves_its_address_and_stops_no_other(
    tmp_path: Path, found: MediaUnavailable | bytes
) -> None:
    async with open_studio(tmp_path) as studio:
        studio.gallery.files[ONE] = found
        phone = await asked(studio, named(ONE, TWO))
        assert seen(phone) == [RED]
        assert states(studio.house) == ["left", "sent"]


@pytest.mark.parametrize("code", [40005, 45001, 40007])
async def test_a_refused_upload_leaves_the_address(tmp_path: Path, code: int) -> None:
    async with open_studio(tmp_path) as studio:
        studio.house.api.script(Fault(code=code, path=UPLOAD))
        phone = await asked(studio, named(ONE, TWO))
        assert seen(phone) == [RED]


async def test_a_message_that_wechat_is_too_busy_for_is_tried_again(tmp_path: Path) -> None:
    async with open_studio(tmp_path) as studio:
        studio.house.api.script(Fault(code=-1, path=SEND), 5)
        phone = await asked(studio, named(ONE))
        await studio.house.pass_s(30)
        assert seen(phone) == [PNG]
        assert studio.house.platform.followers.left(phone.openid) == 4


async def test_a_used_up_quota_ends_it(tmp_path: Path) -> None:
    async with open_studio(tmp_path) as studio:
        studio.house.api.script(Fault(code=45047, path=SEND))
        phone = await asked(studio, named(ONE, TWO))
        assert not seen(phone)
        assert states(studio.house) == ["left", "left"]
        assert studio.house.api.calls[UPLOAD] == 1


async def test_the_same_picture_is_uploaded_once_in_its_days(tmp_path: Path) -> None:
    async with open_studio(tmp_path) as studio:
        first = await asked(studio, named(ONE))
        second = await asked(studio, named(ONE))
        assert studio.house.api.calls[UPLOAD] == 1
        assert seen(first) == [PNG, PNG]
        assert seen(second) == [PNG]
        await studio.house.pass_s(3 * 86_400)
        await asked(studio, named(ONE))
        assert studio.house.api.calls[UPLOAD] == 2


async def test_what_nobody_foresaw_of_one_picture_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_studio(tmp_path) as studio:
        fetch = studio.gallery.fetch

        async def broken(url: str) -> Fetched:
            return Fetched(b"", str(1 // 0)) if url == ONE else await fetch(url)

        monkeypatch.setattr(studio.gallery, "fetch", broken)
        phone = await asked(studio, named(ONE, TWO))
        assert seen(phone) == [RED]
        assert states(studio.house) == ["left", "sent"]


async def test_the_pictures_of_many_followers_are_made_by_and_by(tmp_path: Path) -> None:
    async with open_studio(tmp_path) as studio:
        house = studio.house
        house.provider.on("问", Script(text=named(ONE)))
        phones = [house.phone(f"o_{n}") for n in range(20)]
        await house.run(asyncio.gather(*(phone.say("问") for phone in phones)))
        await house.pass_s(20)
        assert studio.gallery.most == 8
        assert [seen(phone) for phone in phones] == [[PNG]] * 20


async def test_a_picture_that_is_stopped_on_its_way_does_not_come(tmp_path: Path) -> None:
    async with open_studio(tmp_path) as studio:
        house, phone = studio.house, studio.house.phone()
        studio.gallery.takes_s = 5.0
        house.provider.on("问", Script(text=named(ONE)))
        await house.run(phone.say("问"))
        await house.run(phone.say("/stop"))
        await house.pass_s(20)
        assert not seen(phone)


# Crashes


@pytest.mark.parametrize("at_s", [0.1, 0.45, 0.55, 0.8, 1.2, 2.0])
async def test_a_crash_at_any_moment_loses_no_picture_and_doubles_only_what_was_in_doubt(
    tmp_path: Path, at_s: float
) -> None:
    async with open_studio(tmp_path) as studio:
        house, phone = studio.house, studio.house.phone()
        house.api_latency_s = 0.3
        await house.restart()
        house.provider.on("问", Script(text=named(ONE, TWO)))
        await house.run(phone.say("问"))
        await house.run(house.after(at_s, house.restart()))
        await house.pass_s(60)
        doubts = sum(count for (count,) in house.rows("SELECT doubts FROM enclosure"))
        assert doubts <= 1
        assert len(seen(phone)) <= 2 + doubts
        assert sorted(set(seen(phone))) == sorted([PNG, RED])
        assert states(house) == ["sent", "sent"]


async def test_a_crash_between_upload_and_sending_uploads_nothing_anew(tmp_path: Path) -> None:
    async with open_studio(tmp_path) as studio:
        house, phone = studio.house, studio.house.phone()
        house.api.script(Fault(code=-1, path=SEND), 2)
        house.provider.on("问", Script(text=named(ONE)))
        await house.run(phone.say("问"))
        await house.run(house.after(0.7, house.restart()))
        await house.pass_s(20)
        assert seen(phone) == [PNG]
        assert house.api.calls[UPLOAD] == 1
        assert studio.gallery.asked == [ONE]


async def test_a_message_whose_fate_is_unknown_is_sent_once_more(tmp_path: Path) -> None:
    async with open_studio(tmp_path) as studio:
        studio.house.api.script(Fault(is_silent=True, path=SEND), 3)
        phone = await asked(studio, named(ONE))
        await studio.house.pass_s(60)
        assert seen(phone) == [PNG, PNG]
        assert states(studio.house) == ["doubtful"]


# Real conversions


async def test_what_wechat_does_not_take_is_converted_and_what_moves_goes_on_moving(
    tmp_path: Path,
) -> None:
    converter = Converter(VirtualClock())
    async with open_studio(tmp_path, converting=converter) as studio:
        studio.house.clock.while_busy(lambda: converter.is_busy)
        moving = picture("GIF", mode="P", colour=1)
        large = noise("PNG", (1600, 1400))
        assert len(large) > IMAGE_LIMIT_BYTES
        studio.gallery.files |= {ONE: picture("WEBP"), TWO: moving, THREE: large}
        phone = await asked(studio, named(ONE, TWO, THREE))
        webp, gif, small = seen(phone)
        assert kind_of(webp) is Kind.PNG
        assert gif == moving
        assert kind_of(small) is Kind.JPEG
        assert len(small) <= IMAGE_LIMIT_BYTES
