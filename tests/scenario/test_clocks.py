"""Clocks that disagree: attempts are still held and joined rightly, stale requests refused."""

from pathlib import Path

import pytest

from support.house import open_house
from support.scripted_provider import Script
from yingda.simulator.phone import Phone

OFFSETS_S = [-120.0, 0.0, 120.0]


@pytest.mark.parametrize("offset_s", OFFSETS_S)
@pytest.mark.parametrize("answer_s", [3.0, 7.0, 13.0])
async def test_an_answer_within_the_windows_is_seen_although_the_clocks_disagree(
    tmp_path: Path, offset_s: float, answer_s: float
) -> None:
    async with open_house(tmp_path) as house:
        phone = Phone(house.platform_for("default", clock_offset_s=offset_s), "o_follower")
        house.provider.default = Script(text="回答。", after_s=answer_s)
        for n in range(7):
            seen = await house.run(phone.say(f"问{n}"))
            assert "回答。" in seen.text
            assert seen.delay_s == pytest.approx(answer_s, abs=0.05)
            assert house.provider.count(f"问{n}") == 1


@pytest.mark.parametrize("offset_s", OFFSETS_S)
async def test_the_last_attempt_gets_its_promise_although_the_clocks_disagree(
    tmp_path: Path, offset_s: float
) -> None:
    async with open_house(tmp_path) as house:
        platform = house.platform_for("default", clock_offset_s=offset_s)
        house.provider.default = Script(text="回答。", after_s=40)
        for n in range(7):
            seen = await house.run(Phone(platform, f"o_{n}").say("问"))
            assert "正在思考" in seen.text
            assert len(seen.attempts) == 3


@pytest.mark.parametrize("offset_s", [-301.0, 302.0, -86400.0])
async def test_a_stale_request_is_refused_and_costs_nothing(
    tmp_path: Path, offset_s: float
) -> None:
    async with open_house(tmp_path) as house:
        phone = Phone(house.platform_for("default", clock_offset_s=offset_s), "o_follower")
        seen = await house.run(phone.say("问"))
        assert {attempt.status for attempt in seen.attempts} == {403}
        assert house.provider.calls == []
        assert house.rows("SELECT count(*) FROM push") == [(0,)]


async def test_a_replay_of_an_old_request_is_refused(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await house.run(house.phone().say("问"))
        await house.pass_s(299)
        assert (await house.repeat())[0].status == 200
        await house.pass_s(5)
        assert (await house.repeat())[0].status == 403


@pytest.mark.parametrize("step_s", [-60.0, 60.0])
async def test_a_wall_clock_that_is_stepped_in_mid_push_costs_no_failure_line(
    tmp_path: Path, step_s: float
) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text="回答。", after_s=13))

        async def step() -> None:
            house.clock.step_wall_clock(step_s)

        seen = await house.interrupted(house.phone().say("问"), 2, step())
        assert not seen.is_failure_line
