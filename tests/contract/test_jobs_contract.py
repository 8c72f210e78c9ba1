"""What every job queue keeps to; a new one is tested by adding its name."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import pytest
from structlog.testing import capture_logs

from support.shared_jobs import SharedJobs
from yingda.clock import VirtualClock
from yingda.jobs.base import Jobs
from yingda.jobs.local import LocalJobs

OPEN: dict[str, Callable[[VirtualClock, int, Mapping[str, int]], Jobs]] = {
    "local": LocalJobs,
    "postgres": SharedJobs,
}
#: A lane without a bound, and one that has two places.
WIDE, NARROW = "wide", "narrow"


class Works:
    """Ten seconds of work for each turn, and a record of what was begun and ended."""

    def __init__(self, open_jobs: Callable[[VirtualClock], Jobs]) -> None:
        self.clock = VirtualClock()
        self.jobs = open_jobs(self.clock)
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

    def start(self, *turn_ids: int, lane: str = WIDE) -> None:
        self.jobs.start(self.run)
        self.defer(*turn_ids, lane=lane)

    def defer(self, *turn_ids: int, lane: str = WIDE) -> None:
        for turn_id in turn_ids:
            self.jobs.defer(turn_id, lane)


async def works_of(name: str, concurrency: int) -> AsyncIterator[Works]:
    works = Works(lambda clock: OPEN[name](clock, concurrency, {NARROW: 2}))
    yield works
    await works.clock.run(works.jobs.close())


@pytest.fixture(params=OPEN)
async def roomy(request: pytest.FixtureRequest) -> AsyncIterator[Works]:
    async for works in works_of(request.param, concurrency=100):
        yield works


@pytest.fixture(params=OPEN)
async def works(request: pytest.FixtureRequest) -> AsyncIterator[Works]:
    async for works in works_of(request.param, concurrency=3):
        yield works


@pytest.fixture
async def alone() -> AsyncIterator[Works]:
    """The jobs of one process, with few places."""
    async for works in works_of("local", concurrency=3):
        yield works


async def test_every_deferred_job_runs_once_in_order_of_arrival(works: Works) -> None:
    works.start(*range(10))
    await works.clock.advance(100)
    assert works.begun == works.ended == list(range(10))


async def test_no_more_run_at_once_than_there_are_places(works: Works) -> None:
    works.start(*range(10))
    await works.clock.advance(100)
    assert works.most_running == 3


async def test_what_is_deferred_before_the_start_runs_after_it(works: Works) -> None:
    works.defer(1)
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
    works.defer(1)
    await works.clock.advance(50)
    assert works.begun == [1]


async def test_a_turn_may_have_a_new_job_after_its_job_has_ended(works: Works) -> None:
    works.start(1)
    await works.clock.advance(20)
    works.defer(1)
    await works.clock.advance(20)
    assert works.ended == [1, 1]


async def test_a_waiting_job_is_withdrawn(works: Works) -> None:
    works.start(1, 2, 3, 4)
    await works.clock.advance(1)
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
    works.defer(5)
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


async def test_closing_interrupts_what_runs_and_begins_nothing_more(works: Works) -> None:
    works.start(1, 2, 3, 4)
    await works.clock.advance(1)
    await works.clock.run(works.jobs.close())
    await works.clock.advance(100)
    assert (works.begun, works.ended, works.running) == ([1, 2, 3], [], 0)


async def test_turns_without_a_job_are_adopted_and_the_others_keep_theirs(works: Works) -> None:
    works.start(1, 2, 3, 4)
    await works.clock.advance(1)
    assert await works.jobs.adopt([(1, WIDE), (4, WIDE), (5, WIDE), (6, NARROW)]) == 2
    await works.clock.advance(100)
    assert sorted(works.begun) == [1, 2, 3, 4, 5, 6]


# Lanes


async def test_a_lane_runs_no_more_at_once_than_its_bound_and_keeps_its_order(
    roomy: Works,
) -> None:
    roomy.start(*range(6), lane=NARROW)
    await roomy.clock.advance(5)
    assert roomy.begun == [0, 1]
    await roomy.clock.advance(100)
    assert roomy.begun == roomy.ended == list(range(6))
    assert roomy.most_running == 2


async def test_a_full_lane_hinders_no_other(roomy: Works) -> None:
    roomy.start(*range(6), lane=NARROW)
    roomy.defer(6, 7, 8)
    await roomy.clock.advance(5)
    assert roomy.begun == [0, 1, 6, 7, 8]


async def test_in_one_process_lanes_take_turns_where_places_are_few(alone: Works) -> None:
    alone.start(*range(9))
    alone.defer(9, 10, lane=NARROW)
    await alone.clock.advance(15)
    assert alone.begun == [0, 1, 2, 3, 9, 4]
    await alone.clock.advance(10)
    assert alone.begun == [0, 1, 2, 3, 9, 4, 10, 5, 6]


async def test_no_lane_is_left_out_where_places_are_few(works: Works) -> None:
    works.start(*range(9))
    works.defer(9, 10, lane=NARROW)
    await works.clock.advance(100)
    assert sorted(works.begun) == sorted(works.ended) == list(range(11))
    assert works.most_running == 3


async def test_a_job_tells_how_many_of_its_lane_come_first(roomy: Works) -> None:
    roomy.start(*range(5), lane=NARROW)
    roomy.defer(5)
    await roomy.clock.advance(1)
    before = [await roomy.jobs.waiting_before(n) for n in (0, 2, 3, 4, 5, 99)]
    assert before == [0, 0, 1, 2, 0, 0]
    await roomy.clock.advance(14)
    assert await roomy.jobs.waiting_before(4) == 0


async def test_withdrawn_and_interrupted_jobs_free_their_places_in_the_lane(roomy: Works) -> None:
    roomy.start(*range(5), lane=NARROW)
    await roomy.clock.advance(1)
    roomy.jobs.cancel(0)
    roomy.jobs.cancel(2)
    await roomy.clock.advance(1)
    assert roomy.begun == [0, 1, 3]


async def test_a_lane_that_was_empty_for_a_while_is_bounded_as_before(roomy: Works) -> None:
    roomy.start(1, lane=NARROW)
    await roomy.clock.advance(20)
    roomy.most_running = 0
    roomy.defer(2, 3, 4, lane=NARROW)
    await roomy.clock.advance(5)
    assert (roomy.begun, roomy.most_running) == ([1, 2, 3], 2)


async def test_a_job_that_leaves_its_lane_frees_a_place_once_and_is_not_run_again(
    roomy: Works,
) -> None:
    roomy.start(*range(6), lane=NARROW)
    await roomy.clock.advance(1)
    roomy.jobs.leave_lane(0)
    roomy.jobs.leave_lane(0)
    roomy.defer(0, lane=NARROW)
    await roomy.clock.advance(1)
    assert roomy.begun == [0, 1, 2]
    await roomy.clock.advance(8.5)
    # The one that left gives no second place back at its end.
    assert (roomy.begun, roomy.ended) == ([0, 1, 2, 3], [0, 1])
    await roomy.clock.advance(100)
    assert roomy.begun == roomy.ended == list(range(6))
