"""What only jobs in PostgreSQL promise: several workers, and a database that may go."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from structlog.testing import capture_logs

from support.postgres import OwnServer, server
from support.shared_jobs import prepared, rows, worker, write
from yingda.clock import VirtualClock
from yingda.errors import StoreError
from yingda.jobs.postgres import PostgresJobs
from yingda.jobs.postgres_opening import prepare
from yingda.jobs.postgres_outages import Outages
from yingda.postgres import pool
from yingda.postgres.address import address_of
from yingda.postgres.advisory import PRUNING_JOBS
from yingda.postgres.listening import Ear
from yingda.postgres.liveness import BEAT_S, DEAD_AFTER_S

_AGE = "UPDATE pgqueuer SET heartbeat = heartbeat - interval '1 minute' WHERE status = 'picked'"
_WORKERS = "SELECT DISTINCT queue_manager_id FROM pgqueuer WHERE status = 'picked'"
_COUNT = "SELECT count(*) FROM pgqueuer"
_CUT = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'yingda jobs'
"""


class Yard:
    """Workers on one database and one clock; a turn takes ten seconds."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.clock = VirtualClock()
        self.workers: list[PostgresJobs] = []
        #: Whose turns were begun and ended: the worker's number, and the turn.
        self.begun: list[tuple[int, int]] = []
        self.ended: list[tuple[int, int]] = []

    def worker(self, **settings: Any) -> PostgresJobs:
        """One more, which has been started."""
        number = len(self.workers)

        async def run(turn_id: int) -> None:
            self.begun.append((number, turn_id))
            await self.clock.sleep(10)
            self.ended.append((number, turn_id))

        made = worker(self.url, self.clock, **settings)
        self.workers.append(made)
        made.start(run)
        return made

    def due(self, *turn_ids: int, lane: str = "wide") -> None:
        for turn_id in turn_ids:
            write(self.url, self.workers[0], turn_id, lane)

    def pause(self, number: int) -> None:
        """As if the process were stopped: it shows no more that it lives, and takes nothing."""
        for task in self.workers[number]._tasks:
            task.cancel()
        self.age()

    def age(self) -> None:
        """No worker has shown for a minute that it lives."""
        rows(self.url, _AGE)

    def count(self) -> int:
        found: int = rows(self.url, _COUNT)[0][0]
        return found

    async def close(self) -> None:
        for each in self.workers:
            await self.clock.run(each.close())


@pytest.fixture
async def yard() -> AsyncIterator[Yard]:
    made = Yard(prepared())
    yield made
    await made.close()


async def test_a_dead_workers_job_is_run_again_by_another(yard: Yard) -> None:
    yard.worker()
    yard.due(1)
    await yard.clock.advance(3)
    yard.worker()
    await yard.clock.advance(DEAD_AFTER_S)
    yard.pause(0)
    await yard.clock.advance(3)
    assert yard.begun == [(0, 1), (1, 1)]


async def test_a_worker_that_starts_takes_no_living_ones_jobs_after_an_outage(yard: Yard) -> None:
    yard.worker()
    yard.due(1)
    await yard.clock.advance(1)
    # The database was away for a while, and whoever starts finds it sooner than the other does.
    beat = yard.workers[0]._table.beat
    yard.workers[0]._table.beat = _away  # type: ignore[method-assign,assignment]
    yard.age()
    yard.worker()
    await yard.clock.advance(DEAD_AFTER_S - BEAT_S - 1)
    yard.workers[0]._table.beat = beat  # type: ignore[method-assign]
    await yard.clock.advance(20)
    assert (yard.begun, yard.ended) == ([(0, 1)], [(0, 1)])


async def test_a_live_workers_jobs_are_left_alone_however_long_they_take(yard: Yard) -> None:
    yard.worker()
    yard.worker()
    yard.due(1)
    for _ in range(4):
        await yard.clock.advance(2)
        fresh = rows(yard.url, "SELECT heartbeat > NOW() - interval '5 s' FROM pgqueuer")
        assert fresh == [(True,)]
        rows(yard.url, "UPDATE pgqueuer SET heartbeat = heartbeat - interval '5 s'")
    await yard.clock.advance(10)
    assert len(yard.begun) == len(yard.ended) == 1


async def test_jobs_are_shown_to_be_alive_some_at_a_time_and_each_often_enough(yard: Yard) -> None:
    made = yard.worker(concurrency=1000)
    shown: dict[int, list[float]] = {}
    sizes: list[int] = []
    beat = made._table.beat

    async def noted(job_ids: Sequence[int]) -> AbstractSet[int]:
        sizes.append(len(job_ids))
        for job_id in job_ids:
            shown.setdefault(job_id, []).append(yard.clock.monotonic())
        return await beat(job_ids)

    made._table.beat = noted  # type: ignore[method-assign]
    await made.adopt([(n, "wide") for n in range(1, 601)])
    await yard.clock.advance(8.5)
    assert len(yard.begun) == len(shown) == 600
    assert max(sizes) <= 250
    # Whoever misses a sign is not dead yet.
    gaps = [b - a for times in shown.values() for a, b in pairwise([0.0, *times])]
    assert max(gaps) < DEAD_AFTER_S - BEAT_S
    assert all(len(times) >= 3 for times in shown.values())


async def test_a_revived_worker_ends_no_job_that_another_runs_by_now(yard: Yard) -> None:
    yard.worker()
    yard.due(1)
    await yard.clock.advance(1)
    yard.worker()
    await yard.clock.advance(DEAD_AFTER_S + 1)
    yard.pause(0)
    await yard.clock.advance(4)
    # The first has ended its run, and the second is in the midst of its own.
    assert (yard.ended, yard.count()) == ([(0, 1)], 1)
    yard.pause(1)
    yard.worker()
    await yard.clock.advance(20)
    assert yard.begun == [(0, 1), (1, 1), (2, 1)]


async def test_a_beat_tells_which_jobs_were_taken_over(yard: Yard) -> None:
    yard.worker()
    yard.due(1)
    await yard.clock.advance(1)
    rows(yard.url, "UPDATE pgqueuer SET queue_manager_id = gen_random_uuid()")
    with capture_logs() as logs:
        await yard.clock.advance(4)
    assert [(line["event"], line["count"]) for line in logs] == [("jobs_taken_over", 1)]
    yard.age()
    await yard.clock.advance(7)
    # It is its own again, and whether it is done is asked once more after the run that went on.
    assert yard.begun == [(0, 1), (0, 1)]
    await yard.clock.advance(10)
    assert (len(yard.ended), yard.count()) == (2, 0)


async def test_a_fetch_whose_reply_was_lost_is_done_again(yard: Yard) -> None:
    made = yard.worker(concurrency=1)
    lost = made._table.fetch
    made._table.fetch = _failing(lost)  # type: ignore[method-assign]
    yard.due(1)
    await yard.clock.advance(3)
    made._table.fetch = lost  # type: ignore[method-assign]
    assert (yard.begun, rows(yard.url, _WORKERS)) == ([], [(made._table.worker,)])
    await yard.clock.advance(DEAD_AFTER_S + 1)
    yard.age()
    await yard.clock.advance(3)
    assert yard.begun == [(0, 1)]


def _failing(fetch: Callable[..., Any]) -> Callable[..., Any]:
    async def fail(*values: Any) -> None:
        await fetch(*values)
        raise StoreError("the reply was lost")

    return fail


async def _away(_: Sequence[int]) -> AbstractSet[int]:
    raise StoreError("it is away")


async def test_a_job_fetched_again_takes_no_second_place(yard: Yard) -> None:
    yard.worker(concurrency=2)
    yard.due(1)
    await yard.clock.advance(1)
    yard.age()
    await yard.clock.advance(0.5)
    yard.due(2)
    await yard.clock.advance(3)
    assert sorted(yard.begun) == [(0, 1), (0, 2)]


async def test_workers_share_the_limit_of_a_lane(yard: Yard) -> None:
    limits = {"narrow": 3}
    yard.worker(lane_limits=limits)
    yard.worker(lane_limits=limits)
    yard.due(*range(8), lane="narrow")
    await yard.clock.advance(3)
    assert len(yard.begun) == 3
    await yard.clock.advance(60)
    assert sorted(turn for _, turn in yard.ended) == list(range(8))


async def test_jobs_of_a_lane_that_the_settings_name_no_more_are_run(yard: Yard) -> None:
    yard.worker(lane_limits={"old": 1})
    yard.due(1, 2, 3, lane="old")
    await yard.clock.run(yard.workers[0].drain(0.0))
    yard.worker(lane_limits={"new": 1})
    await yard.clock.advance(30)
    assert sorted(turn for number, turn in yard.ended if number == 1) == [1, 2, 3]


async def test_a_drained_workers_turns_go_on_elsewhere_at_once(yard: Yard) -> None:
    yard.worker()
    yard.due(1, 2)
    await yard.clock.advance(1)
    yard.worker()
    await yard.clock.run(yard.workers[0].drain(0.0))
    await yard.clock.advance(2.1)
    assert sorted(yard.begun[2:]) == [(1, 1), (1, 2)]
    await yard.clock.advance(20)
    assert yard.count() == 0


async def test_turns_without_a_job_are_adopted_by_the_thousand(yard: Yard) -> None:
    made = worker(yard.url, yard.clock, lane_limits={"narrow": 1})
    yard.workers.append(made)
    yard.due(5, lane="narrow")
    heads = [(turn_id, "narrow" if turn_id % 2 else "wide") for turn_id in range(2500)]
    assert await made.adopt(heads) == 2499
    assert await made.adopt(heads) == 0
    of_lanes = "SELECT entrypoint, count(*) FROM pgqueuer GROUP BY 1 ORDER BY 1"
    assert rows(yard.url, of_lanes) == [("turn", 1250), ("turn:narrow", 1250)]


async def test_a_lanes_place_is_counted_no_more_once_a_turn_has_left_it(yard: Yard) -> None:
    yard.worker(lane_limits={"narrow": 1})
    yard.worker(lane_limits={"narrow": 1})
    yard.due(1, 2, lane="narrow")
    await yard.clock.advance(3)
    (number, turn_id), *others = yard.begun
    assert not others
    yard.workers[number].leave_lane(turn_id)
    await yard.clock.advance(3)
    assert [turn for _, turn in yard.begun] == [1, 2]


async def test_old_lines_of_the_log_are_deleted(yard: Yard) -> None:
    yard.worker()
    yard.due(*range(5))
    await yard.clock.advance(15)
    lines = "SELECT count(*) FROM pgqueuer_log"
    assert rows(yard.url, lines) == [(10,)]
    rows(yard.url, "UPDATE pgqueuer_log SET created = created - interval '1 hour' WHERE job_id < 4")
    await yard.clock.advance(60)
    assert rows(yard.url, lines) == [(4,)]


async def test_nobody_prunes_while_another_does(yard: Yard) -> None:
    made = yard.worker()
    yard.due(1)
    await yard.clock.advance(1)
    held = worker(yard.url, yard.clock)
    yard.workers.append(held)
    async with held._table._connection() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", [PRUNING_JOBS])
        await made._table.prune_log(timedelta(0))
    assert rows(yard.url, "SELECT count(*) FROM pgqueuer_log") == [(2,)]
    await made._table.prune_log(timedelta(0))
    assert rows(yard.url, "SELECT count(*) FROM pgqueuer_log") == [(0,)]


async def test_several_processes_may_make_the_tables_at_once() -> None:
    url = server().url(server().empty())
    await asyncio.gather(*(prepare(address_of(url)) for _ in range(4)))
    # A trigger that notifies would let transactions end one after the other.
    triggers = "SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'tg_pgqueuer_changed'"
    assert rows(url, triggers) == [("D",)]
    # Plans that are made while there are few jobs would read all that run by one of these.
    assert rows(url, "SELECT indexname FROM pg_indexes WHERE indexname LIKE '%id1_idx'") == []
    log = "SELECT relpersistence::text FROM pg_class WHERE relname = 'pgqueuer_log'"
    assert rows(url, log) == [("u",)]


async def test_tables_of_another_release_are_mended() -> None:
    url = prepared()
    rows(url, "COMMENT ON TABLE pgqueuer IS 'PgQueuer 1.6, made by yingda'")
    rows(url, "DROP INDEX pgqueuer_picked_slot_idx")
    await prepare(address_of(url))
    found = "SELECT count(*) FROM pg_indexes WHERE indexname = 'pgqueuer_picked_slot_idx'"
    assert rows(url, found) == [(1,)]


async def test_names_in_the_environment_change_nothing() -> None:
    # Read when the module was imported; a name that is given goes before any variable.
    from yingda.jobs.postgres_engine import SETTINGS

    assert {"channel", "trigger", "function", "durability"} <= SETTINGS.model_fields_set
    assert type(SETTINGS).model_fields.keys() == SETTINGS.model_fields_set


# A database that goes


async def test_notified_workers_do_not_wait_for_their_next_look(yard: Yard) -> None:
    ear = Ear(address_of(yard.url), yard.clock)
    yard.worker(ear=ear)
    await ear.start()
    await yard.clock.advance(0.5)
    # As a process that answers pushes and runs no turns.
    front = worker(yard.url, yard.clock)
    yard.workers.append(front)
    yard.due(1)
    front.defer(1, "wide")
    begin = yard.clock.monotonic()
    async with asyncio.timeout(10):
        while not yard.begun:
            await asyncio.sleep(0.001)
            await yard.clock.advance(0)
    assert yard.clock.monotonic() == begin
    await ear.close()


async def test_cut_connections_end_no_loop_and_run_nothing_twice(yard: Yard) -> None:
    yard.worker()
    yard.worker()
    yard.due(*range(20))
    await yard.clock.advance(3)
    for _ in range(3):
        rows(yard.url, _CUT)
        yard.due(20)
        await yard.clock.advance(1.3)
    await yard.clock.advance(30)
    assert sorted(turn for _, turn in yard.begun) == list(range(21))
    assert yard.count() == 0


@pytest.fixture
def own() -> Iterator[OwnServer]:
    made = OwnServer()
    yield made
    made.remove()


async def test_a_crash_of_the_server_makes_nobody_run_what_another_runs(
    own: OwnServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The pool waits by the machine's clock, and the yard's stands still meanwhile.
    monkeypatch.setattr(pool, "POOL_WAIT_S", 0.2)
    await prepare(address_of(own.url))
    yard = Yard(own.url)
    yard.worker()
    yard.worker()
    yard.due(*range(10))
    await yard.clock.advance(3)
    # The tests' server flushes late, and what is not flushed would be lost.
    rows(own.url, "CHECKPOINT")
    own.stop(signal.SIGQUIT)
    with capture_logs() as logs:
        await yard.clock.advance(4)
    assert [line["event"] for line in logs] == ["jobs_out_of_reach"] * 2
    own.start()
    # For all that anybody can know now, all are dead.
    yard.age()
    await yard.clock.advance(2)
    yard.due(10)
    await yard.clock.advance(40)
    assert sorted(turn for _, turn in yard.begun) == list(range(11))
    assert yard.count() == 0
    await yard.close()


async def test_at_a_start_and_after_an_outage_nobody_counts_as_dead_for_a_while() -> None:
    clock = VirtualClock()
    outages = Outages(clock)
    assert outages.stale_after > timedelta(days=365)
    await clock.advance(60)
    outages.worked()
    assert outages.stale_after > timedelta(days=365)
    await clock.advance(DEAD_AFTER_S)
    assert outages.stale_after == timedelta(seconds=DEAD_AFTER_S)
    with capture_logs() as logs:
        outages.failed(StoreError("gone"))
        outages.failed(StoreError("gone"))
        assert outages.stale_after > timedelta(days=365)
        outages.worked()
        assert outages.stale_after > timedelta(days=365)
    assert [line["event"] for line in logs] == ["jobs_out_of_reach", "jobs_within_reach"]


async def test_after_the_while_the_dead_count_as_dead_again() -> None:
    clock = VirtualClock()
    outages = Outages(clock)
    outages.failed(StoreError("gone"))
    outages.worked()
    await clock.advance(DEAD_AFTER_S)
    assert outages.stale_after == timedelta(seconds=DEAD_AFTER_S)
