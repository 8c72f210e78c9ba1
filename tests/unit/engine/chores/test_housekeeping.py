"""Work that is due at some time is done then, once, and a failure puts off no other."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from yingda.clock import VirtualClock
from yingda.engine.chores.housekeeping import LOOK_EVERY_S, Chore, Housekeeping
from yingda.errors import StoreError

Run = Callable[[], Awaitable[float | None]]


class Diary:
    """When a chore ran, by the clock, and what it is to do next."""

    def __init__(self, clock: VirtualClock, *plan: float | Exception | None) -> None:
        self.clock = clock
        self.ran_at_s: list[float] = []
        self._plan = list(plan)

    async def run(self) -> float | None:
        self.ran_at_s.append(self.clock.monotonic())
        step = self._plan.pop(0) if self._plan else None
        if isinstance(step, Exception):
            raise step
        return None if step is None else self.clock.now() + step


async def keep(clock: VirtualClock, seconds: float, *runs: Run, wake_at_s: float = 0.0) -> None:
    house = Housekeeping(clock, tuple(Chore(f"chore-{n}", run) for n, run in enumerate(runs)))
    house.start()
    if wake_at_s:
        clock.call_later(wake_at_s, house.wake)
    await clock.run(clock.sleep(seconds))
    await house.close()


async def test_what_is_due_is_done_at_the_start_and_when_it_is_due_again() -> None:
    diary = Diary(VirtualClock(), 10.0, 20.0)
    await keep(diary.clock, 100, diary.run)
    assert diary.ran_at_s == pytest.approx([0, 10, 30])


async def test_it_looks_again_now_and_then_though_nothing_is_known_to_be_due() -> None:
    clock = VirtualClock()
    diary = Diary(clock, None, 10 * LOOK_EVERY_S)
    await keep(clock, 2.5 * LOOK_EVERY_S, diary.run)
    assert diary.ran_at_s == pytest.approx([0, LOOK_EVERY_S, 2 * LOOK_EVERY_S])


async def test_it_looks_at_once_when_woken() -> None:
    diary = Diary(VirtualClock(), 100.0)
    await keep(diary.clock, 50, diary.run, wake_at_s=7)
    assert diary.ran_at_s == pytest.approx([0, 7])


@pytest.mark.parametrize(
    ("failure", "again_at_s"), [(StoreError("full"), 15.0), (KeyError("bug"), LOOK_EVERY_S)]
)
async def test_a_chore_that_fails_is_done_later_and_keeps_no_other_from_its_work(
    failure: Exception, again_at_s: float
) -> None:
    clock = VirtualClock()
    failing, other = Diary(clock, failure), Diary(clock, 5.0)
    await keep(clock, 10, failing.run, other.run)
    assert len(other.ran_at_s) == 2
    clock = VirtualClock()
    alone = Diary(clock, failure)
    await keep(clock, again_at_s + 1, alone.run)
    assert alone.ran_at_s == pytest.approx([0, again_at_s])


async def test_closing_interrupts_a_chore_that_hangs() -> None:
    clock = VirtualClock()

    async def hang() -> None:
        await asyncio.Event().wait()

    await keep(clock, 1, hang)
    assert len(asyncio.all_tasks()) == 1
