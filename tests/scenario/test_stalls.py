"""A disk that hangs: nobody reads the failure line, and what lands late is not lost."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from support.house import House, open_house
from support.hung_disk import hang
from support.scripted_provider import Script
from yingda.simulator.platform import Delivered
from yingda.simulator.verdict import Outcome
from yingda.texts import Texts

UNCONFIRMED = Texts().say("unconfirmed", word="1")


async def asked_while_hanging(house: House, seconds: float, question: str = "问") -> Delivered:
    hang(house, seconds)
    return await house.run(house.phone().say(question))


async def test_a_short_hiccup_only_delays_the_answer(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        seen = await asked_while_hanging(house, 3)
        assert "回答" in seen.text
        assert len(seen.attempts) == 1


@pytest.mark.parametrize("seconds", [4.8, 7.0, 9.5, 12.0])
async def test_a_disk_that_comes_back_in_time_is_met_by_the_next_attempt(
    tmp_path: Path, seconds: float
) -> None:
    async with open_house(tmp_path) as house:
        seen = await asked_while_hanging(house, seconds)
        assert "回答" in seen.text
        assert seen.delay_s == pytest.approx(max(5.0, seconds), abs=0.1)
        assert house.provider.count("问") == 1


async def test_the_last_attempt_says_that_nothing_is_certain_and_what_landed_is_answered(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        seen = await asked_while_hanging(house, 60)
        assert (seen.text, seen.is_failure_line) == (UNCONFIRMED, False)
        assert [each.outcome for each in seen.attempts] == [
            Outcome.TIMED_OUT,
            Outcome.TIMED_OUT,
            Outcome.ANSWERED,
        ]
        assert seen.delay_s == pytest.approx(14.7, abs=0.05)
        await house.pass_s(60)
        assert house.provider.count("问") == 1
        assert "这是回答" in (await house.run(house.phone().say("1"))).text


async def test_where_nothing_landed_sending_it_again_works(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        seen = await asked_while_hanging(house, 60)
        assert seen.text == UNCONFIRMED
        await house.restart()
        assert house.provider.calls == []
        assert "没有可以查看" in (await house.run(house.phone().say("1"))).text
        assert "这是回答" in (await house.run(house.phone().say("问"))).text


@pytest.mark.parametrize("waits_s", [1, 30])
async def test_an_answer_whose_reply_could_not_be_written_is_offered_again(
    tmp_path: Path, waits_s: float
) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text="好答案。", after_s=3))
        phone = house.phone()
        seen = await house.interrupted(phone.say("问"), 2, stall_in(house, 60))
        assert (seen.text, seen.is_failure_line) == (UNCONFIRMED, False)
        await house.pass_s(62 - 14.7 + waits_s)
        assert "好答案。" in (await house.run(phone.say("1"))).text
        assert house.provider.count("问") == 1


async def test_a_promise_that_could_not_be_written_is_no_failure_line(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        house.provider.on("问", Script(text="晚来的。", after_s=30))
        seen = await house.interrupted(house.phone().say("问"), 2, stall_in(house, 20))
        assert (seen.text, len(seen.attempts)) == (UNCONFIRMED, 1)
        await house.pass_s(60)
        assert "晚来的。" in (await house.run(house.phone().say("1"))).text


async def stall_in(house: House, seconds: float) -> None:
    hang(house, seconds)


async def test_without_patience_no_attempt_is_left_to_time_out(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        seen = await asked_while_hanging(house, 60)
        assert (seen.text, len(seen.attempts)) == (UNCONFIRMED, 1)
        assert seen.delay_s == pytest.approx(4.7, abs=0.05)


async def test_when_it_hangs_for_long_others_are_told_at_their_first_attempt(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        hang(house, 120)
        first, second = await house.together(
            house.phone("o_one").say("问"), house.after(15, house.phone("o_two").say("问"))
        )
        assert (len(first.attempts), len(second.attempts)) == (3, 1)
        assert first.text == second.text == UNCONFIRMED
        await house.pass_s(120)
        seen = await house.run(house.phone("o_three").say("问"))
        assert "回答" in seen.text
        # The stall is over and forgotten: the next one is met with hope again.
        assert len((await asked_while_hanging(house, 7, "又问")).attempts) == 2


async def test_who_leaves_meanwhile_is_seen_off_late_and_without_a_word(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        house.provider.default = Script(after_s=300)
        await house.run(house.phone().say("问"))
        hang(house, 60)
        left = await house.run(house.phone().unfollow())
        assert (left.shown, left.is_failure_line) == ((), False)
        await house.pass_s(60)
        assert house.rows("SELECT state FROM turn") == [("cancelled",)]


async def test_what_needs_no_store_is_answered_as_ever(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        seen = await asked_while_hanging(house, 60, "/help")
        assert "/clear" in seen.text
        assert seen.delay_s < 0.1


async def test_the_log_tells_of_a_stall_and_of_its_end_once(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        hang(house, 30)
        with capture_logs() as logs:
            await house.together(*(house.phone(f"o_{n}").say("问") for n in range(20)))
            await house.pass_s(60)
        told = [line["event"] for line in logs if line["event"].startswith("store_")]
        assert told == ["store_stalled", "store_answers_again"]
