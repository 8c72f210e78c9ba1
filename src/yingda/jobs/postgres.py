"""Jobs that several processes share, in PostgreSQL, by PgQueuer's tables and statements.

The loop is ours: it knows its free places without asking, shows that its jobs live by one statement
for all of them, and ends only what is still its own. The truth about a turn is in the store; a job
only says that one is due, and may be brought twice.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

import structlog

from yingda.clock import Clock
from yingda.jobs.base import CONCURRENCY, UNBOUNDED, Run
from yingda.jobs.postgres_beats import Beats, Held
from yingda.jobs.postgres_engine import CHANNEL, ENQUEUE_BY_NAME, enqueued_by_name
from yingda.jobs.postgres_entrypoints import Entrypoints
from yingda.jobs.postgres_errands import Errands
from yingda.jobs.postgres_outages import Outages
from yingda.jobs.postgres_table import Fetched, JobTable
from yingda.postgres.listening import Ear

_log = structlog.get_logger()

#: Jobs of one fetch. Our choice, as measured on docs/discussions/job-engine.md: enough to be quick,
#: and little enough that workers share what waits.
_BATCH: Final = 50
#: How long a job waits at most whose notification was lost. Our choice.
_LOOK_S: Final = 2.0
#: Between two fetches that found less than they might. Our choice: a worker that is notified
#: hundreds of times a second asks a hundred times, and nobody notices 10 ms.
_BREATH_S: Final = 0.01
#: Before a database that failed is asked again. Our choice.
_AGAIN_AFTER_S: Final = 0.5
#: How often lanes are looked for that these settings do not know, and how often the log is pruned,
#: in such rounds. Our choice: providers are renamed once a month.
_HOUSE_S: Final = 10.0
_PRUNED_EACH: Final = 6
#: How long lines of PgQueuer's log are kept. Our choice: long enough to look at what is going on.
_LOG_KEPT: Final = timedelta(minutes=5)
#: How long a drain waits for the database at its end. Our choice: what it was not told is found
#: stale by another worker.
_TELL_S: Final = 2.0


class PostgresJobs:
    """Implements `jobs.base.Jobs`. Its tables are made by `postgres_opening.prepare`.

    Asks the ear, which has not been started yet, to hear PgQueuer's notifications.
    """

    def __init__(
        self,
        address: dict[str, Any],
        ear: Ear,
        clock: Clock,
        *,
        concurrency: int = CONCURRENCY,
        lane_limits: Mapping[str, int] = UNBOUNDED,
    ) -> None:
        self._clock = clock
        self._concurrency = concurrency
        self._entrypoints = Entrypoints(lane_limits)
        self._table = JobTable(address, clock)
        self._outages = Outages(clock)
        self._errands = Errands(self._table, self._outages, clock, self._told)
        self._run: Run | None = None
        #: By the turn.
        self._held: dict[int, Held] = {}
        self._is_due = asyncio.Event()
        #: Whether a place in a lane is free as soon as the database has been told so.
        self._frees_place = False
        self._taking: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        ear.hear(CHANNEL, self._wake)
        ear.on_change(self._wake)

    @property
    def is_busy(self) -> bool:
        """Whether a statement is under way; a virtual clock must not jump over it."""
        return self._table.is_busy

    def deferral(self, turn_id: int, lane: str) -> tuple[str, dict[str, Any]]:
        """The statement that gives the turn its job, with `:name` placeholders, and its values.

        To be done in the transaction that makes the turn due; a turn that has a job keeps that one.
        """
        return ENQUEUE_BY_NAME, enqueued_by_name(turn_id, self._entrypoints.of(lane))

    def start(self, run: Run) -> None:
        self._run = run
        self._taking = asyncio.ensure_future(self._take())
        beats = Beats(self._held, self._table, self._errands, self._outages, self._clock)
        upkeep = (beats.go_on(), self._keep_house())
        self._tasks = [self._taking, *map(asyncio.ensure_future, upkeep)]

    def defer(self, turn_id: int, lane: str) -> None:  # noqa: ARG002 - the job is in the database
        if self._run is not None and len(self._held) < self._concurrency:
            # Others need not look for what is taken here.
            self._wake()
        else:
            self._errands.tell(turn_id)

    async def adopt(self, heads: Sequence[tuple[int, str]]) -> int:
        given = await self._table.adopt(
            [(turn_id, self._entrypoints.of(lane)) for turn_id, lane in heads]
        )
        self._wake()
        for turn_id, _ in heads[:1]:
            self._errands.tell(turn_id)
        return given

    def leave_lane(self, turn_id: int) -> None:
        held = self._held.get(turn_id)
        if held is not None and held.is_limited:
            held.is_limited = False
            self._frees_place = True
            self._errands.leave(held.job_id)

    async def waiting_before(self, turn_id: int) -> int:
        return await self._table.before(turn_id) if self._entrypoints.has_limits else 0

    def cancel(self, turn_id: int) -> None:
        if held := self._held.get(turn_id):
            held.task.cancel()
        else:
            self._errands.withdraw(turn_id)

    async def drain(self, timeout_s: float) -> None:
        self._run = None
        self._wake()
        try:
            async with self._clock.timeout(timeout_s):
                while self._held:
                    await asyncio.wait([held.task for held in self._held.values()])
        except TimeoutError:
            _log.warning("turns_interrupted", count=len(self._held))
        interrupted = list(self._held.values())
        for held in interrupted:
            # Others go on with it.
            held.is_again = True
            held.task.cancel()
        await asyncio.gather(*(held.task for held in interrupted), return_exceptions=True)
        await self._tell_all()

    async def close(self) -> None:
        await self.drain(0.0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._errands.close()
        await self._table.close()

    async def _tell_all(self) -> None:
        try:
            async with self._clock.timeout(_TELL_S):
                if self._taking is not None:
                    # What it fetched too late it gives back.
                    await asyncio.wait([self._taking])
                await self._errands.done()
        except TimeoutError:
            _log.warning("jobs_not_given_back")

    # Taking

    def _wake(self, _: str = "") -> None:
        self._is_due.set()

    def _told(self) -> None:
        if self._frees_place:
            self._frees_place = not self._errands.is_idle
            self._wake()

    async def _take(self) -> None:
        while self._run is not None:
            self._is_due.clear()
            asked = min(_BATCH, self._concurrency - len(self._held))
            found = await self._fetch(asked) if asked else 0
            if found is None:
                await self._pause(_AGAIN_AFTER_S)
            elif not asked or found < asked:
                await self._pause(_BREATH_S)
                await self._wait()

    async def _fetch(self, most: int) -> int | None:
        """How many jobs were begun; None when the database failed."""
        limits, stale_after = self._entrypoints.limits, self._outages.stale_after
        jobs = await self._outages.tried(self._table.fetch(most, limits, stale_after))
        for job in jobs or ():
            self._begin(job)
        return None if jobs is None else len(jobs)

    def _begin(self, job: Fetched) -> None:
        if held := self._held.get(job.turn_id):
            # Nobody had heard of it for so long that it counted as dead. It runs, and yet another
            # may have claimed its turn in between: at its end, that is looked at again.
            held.job_id, held.is_limited = job.job_id, job.is_limited
            held.is_ours = held.is_again = True
        elif self._run is None:
            self._errands.give_back(job.job_id)
        else:
            self._held[job.turn_id] = Held(job, self._task(self._run, job.turn_id))

    def _task(self, run: Run, turn_id: int) -> "asyncio.Future[None]":
        task = asyncio.ensure_future(run(turn_id))
        task.add_done_callback(partial(self._end, turn_id))
        return task

    def _end(self, turn_id: int, task: "asyncio.Future[None]") -> None:
        if not task.cancelled() and (error := task.exception()):
            _log.error("job_failed", turn=turn_id, exc_info=error)
        held = self._held[turn_id]
        if held.is_again and self._run is not None:
            held.is_again = False
            held.task = self._task(self._run, turn_id)
            return
        if len(self._held) >= self._concurrency:
            self._wake()
        del self._held[turn_id]
        self._frees_place |= held.is_limited
        if not held.is_ours:
            return
        if held.is_again:
            self._errands.give_back(held.job_id)
        else:
            self._errands.end(held.job_id)

    # Upkeep

    async def _keep_house(self) -> None:
        rounds = 0
        while True:
            found = await self._outages.tried(self._table.other_lanes(self._entrypoints.known))
            if found is not None and self._entrypoints.learn(found):
                self._wake()
            if rounds % _PRUNED_EACH == 0:
                await self._outages.tried(self._table.prune_log(_LOG_KEPT))
            rounds += 1
            await self._clock.sleep(_HOUSE_S)

    async def _pause(self, span_s: float) -> None:
        if self._run is not None:
            await self._clock.sleep(span_s)

    async def _wait(self) -> None:
        """Until there may be something to take."""
        if self._run is None:
            return
        with contextlib.suppress(TimeoutError):
            async with self._clock.timeout(_LOOK_S):
                await self._is_due.wait()
