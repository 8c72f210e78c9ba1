"""A machine's clock that is set ten minutes forward and back while people ask.

WeChat's own clock goes on as ever; only the gateway's is stepped.
"""

from pathlib import Path

import pytest

from support.house import House, account, open_house
from support.scripted_provider import Script
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Mode, Platform

STEP_S = 600.0
FOLLOWERS, QUESTIONS = 6, 8
#: When the clock is set, and by how much: away and back, to either side.
STEPS = [(3.0, STEP_S), (11.0, -STEP_S), (7.0, -STEP_S), (13.0, STEP_S), (5.0, -STEP_S)]


def step(house: House, platform: Platform, seconds: float) -> None:
    """Set the gateway's clock; the platform's stays where it was."""
    house.clock.step_wall_clock(seconds)
    platform._clock_offset_s -= seconds


async def keep_stepping(house: House, platform: Platform) -> None:
    for after_s, seconds in STEPS:
        await house.clock.sleep(after_s)
        step(house, platform, seconds)


async def converse(house: House, platform: Platform, number: int) -> list[str]:
    """One follower's questions, each followed up until its answer is there."""
    phone = Phone(platform, f"o_{number}")
    shown = []
    for n in range(QUESTIONS):
        seen = await phone.say(f"问题 {number}-{n}")
        for _ in range(4):
            if "稍后回复" in seen.text or seen.is_failure_line:
                await house.clock.sleep(2)
                seen = await phone.say("1")
        shown.append(seen.text)
    return shown


@pytest.mark.parametrize("answer_s", [0.5, 4.0, 9.0, 17.0])
async def test_every_question_is_answered_once_and_in_order_while_the_clock_is_stepped(
    tmp_path: Path, answer_s: float
) -> None:
    async with open_house(tmp_path, account(freshness_s=3600.0)) as house:
        platform = house.platform
        for number in range(FOLLOWERS):
            for n in range(QUESTIONS):
                script = Script(text=f"回答 {number}-{n} 到此。", after_s=answer_s)
                house.provider.on(f"问题 {number}-{n}", script)
        everyone = [converse(house, platform, number) for number in range(FOLLOWERS)]
        *shown, _ = await house.together(*everyone, keep_stepping(house, platform))
        for number, texts in enumerate(shown):
            assert texts is not None
            assert [f"回答 {number}-{n} 到此。" in text for n, text in enumerate(texts)] == [
                True
            ] * QUESTIONS
            own = [call.text for call in house.provider.calls if f" {number}-" in call.text]
            assert own == [f"问题 {number}-{n}" for n in range(QUESTIONS)]
        assert house.rows("SELECT DISTINCT state, is_unread FROM turn") == [("answered", 0)]


@pytest.mark.parametrize("seconds", [STEP_S, -STEP_S])
async def test_what_was_accepted_before_a_wrong_clock_is_there_when_it_is_right_again(
    tmp_path: Path, seconds: float
) -> None:
    async with open_house(tmp_path, mode=Mode.PLAIN) as house:
        phone = house.phone()
        house.provider.on("问", Script(text="回答。", after_s=40))
        assert "稍后回复" in (await house.run(phone.say("问"))).text
        step(house, house.platform, seconds)
        # Ten minutes off, WeChat's requests look stale: they are refused, and cost nothing.
        refused = await house.run(phone.say("1"))
        assert {attempt.status for attempt in refused.attempts} == {403}
        await house.pass_s(60)
        step(house, house.platform, -seconds)
        assert "回答。" in (await house.run(phone.say("1"))).text
        assert house.provider.count("问") == 1
