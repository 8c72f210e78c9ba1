"""Rule 2: what waiting may cost, who may spend it, and what the record says of it."""

from pathlib import Path

import pytest

from support.house import House, open_house
from support.scripted_provider import Script
from yingda.simulator.platform import Delivered


async def taught(house: House, answer_s: float, count: int = 8) -> None:
    """So many answers that took so long, and enough time for what they cost to come back."""
    house.provider.default = Script(text="学到了。", after_s=answer_s)
    await house.together(*(house.phone(f"o_{n}").say("学") for n in range(count)))
    await house.pass_s(answer_s + 301)


async def asked(house: House, openid: str = "o_follower") -> Delivered:
    return await house.run(house.phone(openid).say("问"))


def record(house: House) -> list[tuple[object, ...]]:
    return house.rows("SELECT holds, chance FROM turn ORDER BY id DESC LIMIT 1")


@pytest.mark.parametrize(
    ("usual_s", "attempts", "holds", "chance"),
    [(7.0, 3, 2, None), (12.0, 3, 2, 1.0), (60.0, 1, 0, 0.0)],
)
async def test_an_attempt_is_held_only_where_the_answer_is_likely_to_come_in_time(
    tmp_path: Path, usual_s: float, attempts: int, holds: int, chance: float | None
) -> None:
    async with open_house(tmp_path, patience=20) as house:
        await taught(house, usual_s)
        house.provider.on("问", Script(after_s=100))
        assert len((await asked(house)).attempts) == attempts
        assert record(house) == [(holds, chance)]


async def test_a_question_behind_another_is_held_for_both_or_not_at_all(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=20) as house:
        await taught(house, 9.0)
        house.provider.default = Script(after_s=9)
        phone = house.phone()
        first, second = await house.together(phone.say("甲"), house.after(0.5, phone.say("乙")))
        assert (len(first.attempts), len(second.attempts)) == (2, 1)


async def test_a_hold_that_was_answered_before_the_cut_is_given_back(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=20) as house:
        house.provider.on("问", Script(text="好。", after_s=4.8))
        assert len((await asked(house)).attempts) == 1
        assert house.rows("SELECT * FROM hold") == []
        assert record(house) == [(0, None)]
        house.provider.on("问", Script(text="好。", after_s=9.8))
        assert len((await asked(house)).attempts) == 2
        assert len(house.rows("SELECT * FROM hold")) == 1
        assert record(house) == [(1, None)]


async def test_one_follower_spends_at_most_four_in_five_minutes(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=100) as house:
        house.provider.default = Script(after_s=16)
        phone = house.phone()
        attempts = []
        for n in range(4):
            attempts.append(len((await house.run(phone.say(f"问{n}"))).attempts))
            await house.pass_s(20)
        assert attempts == [3, 3, 1, 1]
        assert len((await asked(house, "o_other")).attempts) == 3


async def test_what_was_spent_is_spent_after_a_restart_too(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=4) as house:
        house.provider.default = Script(after_s=100)
        assert len((await asked(house)).attempts) == 3
        await house.restart()
        assert len((await asked(house, "o_other")).attempts) == 1


async def test_without_limit_nothing_is_written_about_it(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.default = Script(after_s=100)
        assert len((await asked(house)).attempts) == 3
        assert house.rows("SELECT * FROM hold") == []
        assert record(house) == [(0, None)]
