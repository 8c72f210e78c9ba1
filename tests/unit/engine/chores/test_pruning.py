"""Old questions go a few at a time, once a day, and room for the months to come is made before."""

import asyncio
from typing import cast

import pytest

from yingda.clock import VirtualClock
from yingda.engine.chores.pruning import LOOK_EVERY_S, STEPS_AT_ONCE, Pruning
from yingda.errors import StoreError
from yingda.store.base import Store
from yingda.store.pruning_base import Pruned, PruneSpot, kept_since


class Shelf:
    """A store of so many steps' worth of old rows; what was asked of it, in order."""

    def __init__(self, steps: int, *, fails_at: int | None = None) -> None:
        self._left = steps
        self._fails_at = fails_at
        self.asked: list[object] = []

    async def prune(self, before: float, spot: PruneSpot) -> Pruned:
        if self._left == self._fails_at:
            self._fails_at = None
            raise StoreError("full")
        self._left -= 1
        self.asked.append(before)
        return Pruned(turns=1, spot=PruneSpot(after=spot.after + 1) if self._left else None)

    async def arrange_months(self, before: float | None) -> None:
        self.asked.append(("months", before))


def chore(shelf: Shelf, clock: VirtualClock, keep_months: int | None) -> Pruning:
    return Pruning(cast("Store", shelf), clock, keep_months)


async def test_where_nothing_is_set_months_are_made_and_nothing_is_removed() -> None:
    clock, shelf = VirtualClock(), Shelf(3)
    assert await clock.run(chore(shelf, clock, None).run()) == clock.now() + LOOK_EVERY_S
    assert shelf.asked == [("months", None)]


async def test_all_that_is_older_goes_and_then_the_months_that_held_it() -> None:
    clock, shelf = VirtualClock(), Shelf(3)
    before = kept_since(clock.now(), 2)
    due_at = await clock.run(chore(shelf, clock, 2).run())
    assert due_at == pytest.approx(clock.now() + LOOK_EVERY_S, abs=1)
    assert shelf.asked == [("months", None), before, before, before, ("months", before)]


async def test_other_chores_have_their_turn_while_much_is_left() -> None:
    clock, shelf = VirtualClock(), Shelf(STEPS_AT_ONCE + 1)
    pruning = chore(shelf, clock, 2)
    began = clock.now()
    assert await clock.run(pruning.run()) == began
    assert shelf.asked.count(kept_since(began, 2)) == STEPS_AT_ONCE
    assert await clock.run(pruning.run()) > began + LOOK_EVERY_S / 2
    assert shelf.asked.count(kept_since(began, 2)) == STEPS_AT_ONCE + 1


async def test_it_is_done_again_a_day_later_and_not_before() -> None:
    clock, shelf = VirtualClock(), Shelf(1)
    pruning = chore(shelf, clock, None)
    due_at = await clock.run(pruning.run())
    assert await clock.run(pruning.run()) == due_at
    assert len(shelf.asked) == 1
    await clock.advance(LOOK_EVERY_S)
    await clock.run(pruning.run())
    assert len(shelf.asked) == 2


async def test_a_clock_that_was_set_back_puts_nothing_off_for_longer() -> None:
    clock, shelf = VirtualClock(), Shelf(1)
    pruning = chore(shelf, clock, None)
    await clock.run(pruning.run())
    clock.step_wall_clock(-10 * LOOK_EVERY_S)
    await clock.run(pruning.run())
    assert len(shelf.asked) == 2


async def test_after_a_failure_it_goes_on_where_it_was() -> None:
    clock, shelf = VirtualClock(), Shelf(3, fails_at=2)
    pruning = chore(shelf, clock, 2)
    with pytest.raises(StoreError):
        await clock.run(pruning.run())
    await clock.run(pruning.run())
    before = kept_since(clock.now(), 2)
    assert shelf.asked == [("months", None), before, before, before, ("months", before)]


async def test_leaving_off_in_the_middle_is_no_harm() -> None:
    clock, shelf = VirtualClock(), Shelf(9)
    work = asyncio.ensure_future(chore(shelf, clock, 2).run())
    await asyncio.sleep(0)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await clock.run(chore(shelf, clock, 2).run())
    assert shelf.asked[-1] == ("months", kept_since(clock.now(), 2))
