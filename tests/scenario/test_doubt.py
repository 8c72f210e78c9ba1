"""Replies that may not have arrived: the repeat gets the same, and without one it comes again."""

from pathlib import Path

import pytest

from support.house import House, open_house
from support.scripted_provider import Script
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Way

ALL = Way(lost_replies=frozenset({1, 2, 3}))
LONG = "\n\n".join(f"第{n}段。" + "长" * 280 for n in range(6))


async def lost(house: House, phone: Phone, text: str, question: str = "问") -> None:
    """An answer whose reply no attempt brought through."""
    house.provider.on(question, Script(text=text))
    seen = await house.run(phone.say(question, way=ALL))
    assert text not in seen.text


@pytest.mark.parametrize("last", [1, 2])
async def test_a_reply_lost_but_repeated_is_the_same_and_comes_no_second_time(
    tmp_path: Path, last: int
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=LONG, after_s=1))
        way = Way(lost_replies=frozenset(range(1, last + 1)))
        seen = await house.run(phone.say("问", way=way))
        assert "第0段" in seen.text
        await house.pass_s(10)
        rest = await house.run(phone.say("1"))
        assert "第0段" not in rest.text
        assert "（2/" in rest.text


async def test_a_lost_reply_is_offered_again_by_the_next_pickup_after_six_seconds(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await lost(house, phone, "丢失的回答。")
        await house.pass_s(6.1)
        seen = await house.run(phone.say("1"))
        assert seen.text.startswith("丢失的回答。")
        assert house.provider.count("问") == 1


async def test_a_lost_first_part_is_offered_again_with_its_number(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await lost(house, phone, LONG)
        await house.pass_s(6.1)
        seen = await house.run(phone.say("1"))
        assert "第0段" in seen.text
        assert "（1/" in seen.text


async def test_a_lost_pickup_is_offered_again(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=LONG))
        first = await house.run(phone.say("问"))
        await house.run(phone.say("1", way=ALL))
        await house.pass_s(6.1)
        second = await house.run(phone.say("1"))
        assert "（1/" in first.text
        assert "（2/" in second.text


async def test_a_doubtful_answer_is_announced_with_the_next_one(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await lost(house, phone, "丢失的回答。")
        await house.pass_s(6.1)
        assert "「问」" in (await house.run(phone.say("别的"))).text


async def test_a_phone_that_hangs_up_changes_nothing_for_the_repeat(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text=LONG, after_s=4))
        seen = await house.run(
            house.phone().say("问", way=Way(lost_replies=frozenset({1}), delays_s=(0, 3)))
        )
        assert "第0段" in seen.text
        assert len(seen.attempts) == 2


async def test_parts_lost_one_after_the_other_come_again_in_order(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await lost(house, phone, LONG)
        await house.run(phone.say("1", way=ALL))
        await house.pass_s(10)
        seen = [(await house.run(phone.say("1"))).text for _ in range(2)]
        assert "（1/" in seen[0]
        assert "（2/" in seen[1]


async def test_one_of_two_attempts_at_once_that_arrives_is_enough(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=LONG, after_s=1))
        way = Way(is_doubled=True, lost_replies=frozenset({1}))
        seen = await house.run(phone.say("问", way=way))
        assert "第0段" in seen.text
        await house.pass_s(10)
        assert "（2/" in (await house.run(phone.say("1"))).text


async def test_a_promise_that_was_lost_leaves_the_answer_to_be_picked_up(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text="迟到的回答。", after_s=30))
        await house.run(phone.say("问", way=Way(lost_replies=frozenset({3}))))
        await house.pass_s(30)
        assert "迟到的回答。" in (await house.run(phone.say("1"))).text


async def test_a_reply_chosen_before_a_crash_is_offered_again_after_it(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await lost(house, phone, LONG)
        await house.restart()
        assert "（1/" in (await house.run(phone.say("1"))).text
        assert house.provider.count("问") == 1


async def test_a_reply_sent_before_a_crash_is_not_offered_again(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=LONG))
        await house.run(phone.say("问"))
        await house.pass_s(0.1)
        await house.restart()
        assert "（2/" in (await house.run(phone.say("1"))).text


async def test_a_repeat_that_arrives_after_the_crash_settles_the_doubt(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await lost(house, phone, LONG)
        await house.restart()
        verdict, _ = await house.repeat()
        assert "（1/" in verdict.shown[0]
        assert "（2/" in (await house.run(phone.say("1"))).text


async def test_a_repeat_that_arrives_late_settles_the_doubt(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await lost(house, phone, LONG)
        await house.pass_s(7)
        verdict, _ = await house.repeat()
        assert "（1/" in verdict.shown[0]
        assert "（2/" in (await house.run(phone.say("1"))).text
