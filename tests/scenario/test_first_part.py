"""Rule 3: what is settled is shown at the last chance, and the rest goes on exactly there."""

import re
from pathlib import Path

import pytest

from support.first_parts import (
    COMING,
    LABEL,
    MARKDOWN,
    NOTHING_MORE,
    PROSE,
    SAY,
    body,
    read_on,
    slowly,
)
from support.house import House, open_house
from support.markdown import render
from support.scripted_provider import Script
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Way
from yingda.wechat.limits import TEXT_LIMIT_BYTES


def left_unread(house: House) -> list[tuple[object, ...]]:
    return house.rows("SELECT is_unread, parts_offered FROM turn")


async def test_the_last_attempt_shows_what_is_settled_and_how_to_go_on(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", slowly())
        seen = await house.run(phone.say("问"))
        assert len(seen.attempts) == 3
        assert seen.delay_s == pytest.approx(14.5, abs=0.05)
        assert PROSE.startswith(body(seen.text))
        assert len(body(seen.text)) >= 40
        assert seen.text.index("（1）") < seen.text.index(COMING) < seen.text.index(LABEL)
        assert phone.links()[0].content == "1#1"


async def test_without_patience_the_first_attempt_shows_it(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        house.provider.on("问", slowly(during_s=15.0))
        seen = await house.run(house.phone().say("问"))
        assert len(seen.attempts) == 1
        assert seen.delay_s == pytest.approx(4.5, abs=0.05)
        assert COMING in seen.text


@pytest.mark.parametrize(
    "text", ["这一句没有写完" * 40, "短。" + "很长的一句话" * 40, "**" + PROSE]
)
async def test_less_than_forty_settled_characters_are_not_shown(tmp_path: Path, text: str) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", slowly(text, during_s=60.0))
        assert "正在思考" in (await house.run(house.phone().say("问"))).text


async def test_an_account_may_do_without_first_parts(tmp_path: Path) -> None:
    async with open_house(tmp_path, first_part=False) as house:
        house.provider.on("问", slowly())
        assert "正在思考" in (await house.run(house.phone().say("问"))).text


@pytest.mark.parametrize("text", [PROSE, MARKDOWN, PROSE.replace("。", "。\n\n")])
@pytest.mark.parametrize("patience", [None, 0])
async def test_parts_shown_while_it_is_written_and_after_join_to_the_whole(
    tmp_path: Path, text: str, patience: int | None
) -> None:
    async with open_house(tmp_path, patience=patience) as house:
        phone = house.phone()
        house.provider.on("问", slowly(text, during_s=60.0))
        shown = await read_on(house, phone, (await house.run(phone.say("问"))).text)
        assert len(shown) > 2
        assert "".join(map(body, shown)) == "".join(render(text).split())
        assert all(len(each.encode()) <= TEXT_LIMIT_BYTES for each in shown)
        numbers = [re.findall(r"（(\d+)(?:/\d+)?）", each)[-1:] for each in shown]
        assert numbers == [[str(n + 1)] for n in range(len(shown))]
        assert house.provider.count("问") == 1
        assert left_unread(house) == [(0, len(shown))]


async def test_a_pickup_with_nothing_new_says_how_far_the_answer_is(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=PROSE, during_s=100.0))
        house.provider.on("想", Script(after_s=100.0))
        assert COMING in (await house.run(phone.say("问"))).text
        seen = await house.run(phone.say("1"))
        assert seen.text == SAY("waiting_writing", chars=len(PROSE), word="1", link=_link(phone))
        queued = await house.run(phone.say("想"))
        assert "前面还有 1 个问题" in queued.text
        assert "前面还有 1 个问题" in (await house.run(phone.say("1#2"))).text
        await house.pass_s(90)
        assert "已经想了" in (await house.run(phone.say("1#2"))).text


def _link(phone: Phone) -> str:
    found = re.search(r"<a .*?</a>", phone.history[-1].text)
    assert found is not None
    return found[0]


async def test_when_nothing_follows_what_was_shown_the_pickup_says_so(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=PROSE, during_s=20.0))
        assert body((await house.run(phone.say("问"))).text) == PROSE
        assert (await house.run(phone.say("1"))).text == NOTHING_MORE
        assert left_unread(house) == [(0, 1)]
        assert (await house.run(phone.say("1"))).text.startswith("问：问")
        assert house.provider.count("问") == 1


async def test_an_answer_shown_whole_while_it_ran_is_announced_no_more(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=PROSE, during_s=20.0))
        await house.run(phone.say("问"))
        await house.pass_s(10)
        assert "「问」" not in (await house.run(phone.say("别的"))).text


async def test_two_pickups_at_once_show_no_part_twice(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", slowly())
        first = await house.run(phone.say("问"))
        both = await house.together(phone.say("1"), house.after(0.2, phone.say("1")))
        shown = [first.text, *(each.text for each in both)]
        assert not any(each.is_failure_line for each in both)
        assert all("".join(shown).count(f"第{n:02}句") <= 1 for n in range(20))


async def test_a_repeat_gets_the_first_part_again_when_the_answer_is_whole(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", slowly())
        seen = await house.run(house.phone().say("问"))
        await house.pass_s(60)
        await house.restart()
        verdict, _ = await house.repeat()
        assert verdict.clear == seen.deciding.verdict.clear


async def test_a_first_part_that_was_lost_is_offered_again(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", slowly(during_s=30.0))
        await house.run(phone.say("问", way=Way(lost_replies=frozenset({1, 2, 3}))))
        await house.pass_s(7)
        seen = await house.run(phone.say("1"))
        assert "第00句" in seen.text
        assert "（1" in seen.text


async def test_an_attempt_in_a_stop_shows_the_first_part(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", slowly())
        seen = await house.interrupted(house.phone().say("问"), 3, house.gateway.drain(30.0))
        assert COMING in seen.text


async def test_a_question_behind_one_that_runs_says_that_the_former_has_more(
    tmp_path: Path,
) -> None:
    """Table 3a: the old turn runs on, the new answer comes first, one line tells of the old."""
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("甲", slowly())
        assert COMING in (await house.run(phone.say("甲"))).text
        queued = await house.run(phone.say("乙"))
        assert "「甲」的回答还有下文" in queued.text
        await house.pass_s(30)
        picked = await house.run(phone.say("1"))
        assert "好的，这是回答。" in picked.text
        assert "「甲」的回答还有下文" in picked.text
        rest = await house.run(phone.tap())
        assert "第19句" in rest.text
        assert rest.text.startswith("「甲」")
        assert "第00句" not in rest.text


async def test_a_cleared_conversation_still_announces_its_running_answer(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("甲", slowly())
        assert COMING in (await house.run(phone.say("甲"))).text
        await house.run(phone.say("/clear"))
        seen = await house.run(phone.say("乙"))
        assert "好的，这是回答。" in seen.text
        assert "「甲」的回答还有下文" in seen.text


async def test_who_left_is_shown_nothing_of_what_was_begun(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("问", slowly())
        await house.run(phone.say("问"))
        await house.run(phone.unfollow())
        await house.run(phone.follow())
        assert (await house.run(phone.say("1"))).text == SAY("nothing_yet")
