"""Our own event that is held past WeChat's window: the gateway's part of the doctor's hold test."""

from pathlib import Path

import pytest

from support.house import House, open_house
from yingda.engine.intake.commands import HOLD_PROBE_EVENT
from yingda.simulator import pushes
from yingda.simulator.deliveries import Delivered
from yingda.simulator.platform import Mode, Outcome, Platform

PROBE = pushes.event(HOLD_PROBE_EVENT)


async def deliver(house: House, window_s: float) -> Delivered:
    platform = Platform(house.platform.account, house.transport, house.clock, window_s=window_s)
    return await house.run(platform.deliver(PROBE, "o_doctor"))


@pytest.mark.parametrize("mode", Mode)
async def test_a_signed_probe_stays_open_past_the_window_and_then_shows_nothing(
    mode: Mode, tmp_path: Path
) -> None:
    async with open_house(tmp_path, mode=mode) as house:
        held = await deliver(house, 5.4)
        assert {each.outcome for each in held.attempts} == {Outcome.TIMED_OUT}
        (released,) = (await deliver(house, 9.0)).attempts
        assert released.outcome is Outcome.ACCEPTED
        assert released.ended_s - released.started_s == pytest.approx(5.5)


async def test_a_probe_writes_nothing_and_spends_no_patience(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=1) as house:
        for _ in range(3):
            await deliver(house, 5.0)
        assert house.rows("SELECT * FROM push") == []
        assert house.rows("SELECT * FROM hold") == []


async def test_the_event_means_nothing_else_than_a_hold_and_others_are_not_held(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        other = pushes.event("yingda_hold_on")
        (attempt,) = (await house.run(house.platform.deliver(other, "o_doctor"))).attempts
        assert attempt.outcome is Outcome.ACCEPTED
        assert attempt.ended_s == attempt.started_s
