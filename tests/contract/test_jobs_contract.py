"""What every job queue keeps to; a new one is tested by adding its name."""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from yingda.clock import VirtualClock
from yingda.jobs.base import Jobs
from yingda.jobs.local import LocalJobs

OPEN: dict[str, Callable[[VirtualClock, int], Jobs]] = {"local": LocalJobs}


class Works:
    """Ten seconds of work for each turn, and a record of what was begun and ended."""

    def __init__(self, name: str, concurrency: int) -> None:
        self.clock = VirtualClock()
        self.jobs = OPEN[name](self.clock, concurrency)
        self.begun: list[int] = []
        self.ended: list[int] = []
        self.running = 0
        self.most_running = 0
        self.failing: set[int] = set()

    async def run(self, turn_id: int) -> None:
        self.begun.append(turn_id)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await self.clock.sleep(10)
            if turn_id in self.failing:
                raise ValueError(turn_id)
        finally:
            self.running -= 1
        self.ended.append(turn_id)

    def start(self, *turn_ids: int) -> None:
        self.jobs.start(self.run)
        for turn_id in turn_ids:
            self.jobs.defer(turn_id)


@pytest.fixture(params=OPEN)
def works(request: pytest.FixtureRequest) -> Works:
    return Works(request.param, concurrency=3)


async def test_every_deferred_job_runs_once_in_order_of_arrival(works: Works) -> None:
    works.start(*range(10))
    await works.clock.advance(100)
    assert works.begun == works.ended == list(range(10))


async def test_no_more_run_at_once_than_there_are_places(works: Works) -> None:
    works.start(*range(10))
    await works.clock.advance(100)
    assert works.most_running == 3


async def test_what_is_deferred_before_the_start_runs_after_it(works: Works) -> None:
    works.jobs.defer(1)
    await works.clock.advance(20)
    assert works.begun == []
    works.jobs.start(works.run)
    await works.clock.advance(20)
    assert works.ended == [1]


async def test_a_turn_that_waits_keeps_its_one_job(works: Works) -> None:
    works.start(1, 2, 3, 4, 4, 5, 4)
    await works.clock.advance(100)
    assert works.ended == [1, 2, 3, 4, 5]


async def test_a_turn_that_runs_is_not_run_once_more_for_being_deferred(works: Works) -> None:
    works.start(1)
    await works.clock.advance(5)
    works.jobs.defer(1)
    await works.clock.advance(50)
    assert works.begun == [1]


async def test_a_turn_may_have_a_new_job_after_its_job_has_ended(works: Works) -> None:
    works.start(1)
    await works.clock.advance(20)
    works.jobs.defer(1)
    await works.clock.advance(20)
    assert works.ended == [1, 1]


async def test_a_waiting_job_is_withdrawn(works: Works) -> None:
    works.start(1, 2, 3, 4)
    works.jobs.cancel(4)
    await works.clock.advance(100)
    assert works.begun == [1, 2, 3]


async def test_a_running_job_is_interrupted_and_its_place_is_free(works: Works) -> None:
    works.start(1, 2, 3, 4)
    await works.clock.advance(5)
    works.jobs.cancel(1)
    await works.clock.advance(5)
    assert works.begun == [1, 2, 3, 4]
    await works.clock.advance(20)
    assert works.ended == [2, 3, 4]


async def test_withdrawing_what_is_not_there_is_harmless(works: Works) -> None:
    works.start(1)
    works.jobs.cancel(99)
    await works.clock.advance(20)
    assert works.ended == [1]


async def test_a_run_that_raises_harms_no_other_and_is_logged(works: Works) -> None:
    works.failing.add(2)
    with capture_logs() as logs:
        works.start(1, 2, 3, 4)
        await works.clock.advance(100)
    assert works.ended == [1, 3, 4]
    assert [(line["event"], line["turn"]) for line in logs] == [("job_failed", 2)]


async def test_draining_lets_running_jobs_end_and_begins_no_others(works: Works) -> None:
    works.start(1, 2, 3, 4)
    await works.clock.advance(5)
    await works.clock.run(works.jobs.drain(30))
    assert works.clock.monotonic() == 10
    assert works.ended == [1, 2, 3]
    works.jobs.defer(5)
    await works.clock.advance(100)
    assert works.begun == [1, 2, 3]


async def test_draining_interrupts_what_takes_too_long(works: Works) -> None:
    works.start(1, 2)
    await works.clock.advance(1)
    await works.clock.run(works.jobs.drain(4))
    assert works.clock.monotonic() == 5
    assert (works.ended, works.running) == ([], 0)


async def test_draining_at_once_waits_for_nobody_and_may_be_repeated(works: Works) -> None:
    works.start(1)
    await works.clock.advance(1)
    await works.clock.run(asyncio.wait_for(works.jobs.drain(0.0), 5))
    await works.clock.run(works.jobs.drain(0.0))
    assert (works.clock.monotonic(), works.running) == (1, 0)
