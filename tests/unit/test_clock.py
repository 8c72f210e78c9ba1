"""Time as a value."""

import asyncio
import time

import pytest

from yingda.clock import AgreedClock, SystemClock, VirtualClock


async def test_timers_run_in_the_order_they_are_due_and_see_their_own_time() -> None:
    clock, seen = VirtualClock(), []
    for delay_s in (5.0, 1.0, 3.0, 1.0):
        clock.call_later(delay_s, lambda d=delay_s: seen.append((d, clock.monotonic())))  # type: ignore[misc]
    await clock.advance(4)
    assert seen == [(1.0, 1.0), (1.0, 1.0), (3.0, 3.0)]
    assert clock.monotonic() == 4
    await clock.advance(1)
    assert seen[-1] == (5.0, 5.0)


async def test_timers_of_the_same_moment_run_in_the_order_they_were_set() -> None:
    clock, seen = VirtualClock(), list[int]()
    for number in range(5):
        clock.call_later(1, lambda n=number: seen.append(n))  # type: ignore[misc]
    await clock.advance(1)
    assert seen == [0, 1, 2, 3, 4]


async def test_a_cancelled_timer_never_runs_and_costs_no_time() -> None:
    clock, seen = VirtualClock(), list[str]()
    clock.call_later(100, lambda: seen.append("late")).cancel()
    await clock.run(clock.sleep(1))
    assert (seen, clock.monotonic()) == ([], 1)
    timer = clock.call_later(1, lambda: seen.append("soon"))
    await clock.advance(2)
    timer.cancel()
    assert seen == ["soon"]


async def test_running_jumps_over_hours_at_no_cost() -> None:
    clock, began_s = VirtualClock(), time.monotonic()
    await clock.run(clock.sleep(36_000))
    assert clock.monotonic() == 36_000
    assert time.monotonic() - began_s < 5


async def test_running_returns_the_result_or_raises_the_error() -> None:
    async def give(value: int) -> int:
        await clock.sleep(2)
        return 10 // value

    clock = VirtualClock()
    assert await clock.run(give(5)) == 2
    with pytest.raises(ZeroDivisionError):
        await clock.run(give(0))


async def test_waiting_for_what_no_timer_brings_is_told_as_a_deadlock() -> None:
    clock = VirtualClock()
    with pytest.raises(RuntimeError, match="deadlock"):
        await clock.run(asyncio.Event().wait())


async def test_tasks_on_the_side_go_on_while_time_passes() -> None:
    clock, seen = VirtualClock(), list[float]()

    async def tick() -> None:
        for _ in range(3):
            await clock.sleep(2)
            seen.append(clock.monotonic())

    task = asyncio.ensure_future(tick())
    await clock.advance(5)
    assert seen == [2, 4]
    await clock.run(task)
    assert seen == [2, 4, 6]


async def test_no_time_passes_while_work_goes_on_elsewhere() -> None:
    clock, polls = VirtualClock(), list[float]()

    def busy() -> bool:
        polls.append(clock.monotonic())
        return len(polls) < 4

    clock.while_busy(busy)
    await clock.advance(10)
    assert polls[:4] == [0.0] * 4


async def test_sleeping_for_nothing_lets_others_run_once() -> None:
    clock, seen = VirtualClock(), list[str]()
    asyncio.get_running_loop().call_soon(seen.append, "other")
    await clock.sleep(0)
    await clock.sleep(-1)
    assert (seen, clock.monotonic()) == (["other"], 0)


async def test_a_stepped_wall_clock_moves_no_span() -> None:
    clock = VirtualClock()
    clock.step_wall_clock(-3600)
    await clock.advance(5)
    assert clock.now() == VirtualClock.EPOCH_S - 3600 + 5
    assert clock.monotonic() == 5


async def test_a_timeout_on_a_virtual_clock_costs_its_time_and_no_other() -> None:
    clock = VirtualClock()

    async def too_long() -> None:
        async with clock.timeout(3):
            await clock.sleep(60)

    with pytest.raises(TimeoutError):
        await clock.run(too_long())
    assert clock.monotonic() == 3


async def test_a_block_that_is_left_in_time_is_not_touched_later() -> None:
    clock = VirtualClock()

    async def in_time() -> str:
        async with clock.timeout(3):
            await clock.sleep(2)
        await clock.sleep(60)
        return "whole"

    assert await clock.run(in_time()) == "whole"


async def test_a_timeout_from_outside_is_not_taken_for_the_own_one() -> None:
    clock = VirtualClock()

    async def cancelled() -> None:
        async with clock.timeout(30):
            await clock.sleep(20)

    task = asyncio.ensure_future(cancelled())
    await clock.advance(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_systems_clock_is_the_machines() -> None:
    clock = SystemClock()
    assert abs(clock.now() - time.time()) < 5
    assert abs(clock.monotonic() - time.monotonic()) < 5
    with pytest.raises(TimeoutError):
        async with clock.timeout(0.005):
            await asyncio.Event().wait()
    async with clock.timeout(60):
        await clock.sleep(0.001)
    assert clock.monotonic() > 0


async def test_a_clock_that_is_set_by_anothers_time_keeps_its_spans() -> None:
    own = VirtualClock()
    clock = AgreedClock(own)
    assert clock.agree(own.now() - 120) == -120
    assert clock.now() == own.now() - 120
    own.step_wall_clock(300)
    assert clock.agree(own.now() - 300 - 119) == -299
    rung: list[float] = []
    clock.call_later(5, lambda: rung.append(clock.monotonic()))
    await own.advance(10)
    assert (rung, clock.monotonic()) == ([5.0], 10.0)
