"""A database server that is away: followers wait a little longer, and nothing is lost."""

from pathlib import Path

import pytest

from support.house import House, open_house
from support.hung_disk import go_away
from support.scripted_provider import Script
from yingda.texts import Texts

UNCONFIRMED = Texts().say("unconfirmed", word="1")


async def away(house: House, seconds: float, tells_after_s: float = 2.0) -> None:
    go_away(house, seconds, tells_after_s=tells_after_s)


@pytest.mark.parametrize("tells_after_s", [0.0, 2.0])
@pytest.mark.parametrize("seconds", [0.5, 3.0, 7.0, 9.5])
async def test_a_new_question_is_taken_by_the_attempt_that_finds_it_back(
    tmp_path: Path, seconds: float, tells_after_s: float
) -> None:
    async with open_house(tmp_path) as house:
        await away(house, seconds, tells_after_s)
        seen = await house.run(house.phone().say("问"))
        assert "回答" in seen.text
        assert house.provider.count("问") == 1


@pytest.mark.parametrize("seconds", [2.0, 4.0, 8.0])
async def test_who_waits_for_an_answer_gets_it_once_it_is_back(
    tmp_path: Path, seconds: float
) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text="好答案。", after_s=3))
        seen = await house.interrupted(house.phone().say("问"), 2, away(house, seconds))
        assert "好答案。" in seen.text
        assert house.provider.count("问") == 1


async def test_when_it_stays_away_the_last_attempt_says_that_nothing_is_certain(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text="好答案。", after_s=3))
        seen = await house.interrupted(house.phone().say("问"), 2, away(house, 60))
        assert (seen.text, seen.is_failure_line) == (UNCONFIRMED, False)
        await house.pass_s(60)
        assert "好答案。" in (await house.run(house.phone().say("1"))).text
        assert house.provider.count("问") == 1


async def test_when_it_is_away_for_long_others_are_told_at_their_first_attempt(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        await away(house, 120)
        first, second = await house.together(
            house.phone("o_one").say("问"), house.after(15, house.phone("o_two").say("问"))
        )
        assert (first.text, second.text) == (UNCONFIRMED, UNCONFIRMED)
        assert (len(first.attempts), len(second.attempts)) == (3, 1)


async def test_without_patience_no_attempt_is_left_to_time_out(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        await away(house, 60)
        seen = await house.run(house.phone().say("问"))
        assert (seen.text, len(seen.attempts)) == (UNCONFIRMED, 1)
