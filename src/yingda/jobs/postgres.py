"""Jobs on PostgreSQL: many workers take them, and one that dies leaves its own to the others.

A turn's job is written in the turn's own transaction, so nothing here makes jobs but `adopt`. The
loop knows its free places and asks for no more; PgQueuer's own manager, which it stands in for,
would count them in the database and keep a task for each job's heartbeat.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import structlog
from psycopg import Error

from yingda.clock import Clock
from yingda.jobs.base import Run
from yingda.jobs.pgqueuer_table import CHANNEL, NEWS, Job, JobTable
from yingda.postgres.listening import Ear
from yingda.postgres.refusals import store_error

_log = structlog.get_logger()

#: A worker shows so often that its jobs are run, and counts as dead after so long. Design
#: section 5.
BEAT_S: Final = 2.0
STALE_AFTER_S: Final = 6.0
#: How long a job may wait whose notification was lost. Design section 5: the same as a beat.
LOOK_EVERY_S: Final = 2.0
#: After an outage all look dead; so long nobody is taken for it. Our choice: three beats, and the
#: look of whoever reconnects late.
_MERCY_S: Final = 8.0
#: What is never stale: a year.
_NEVER_S: Final = 31_536_000.0
#: Jobs for one fetch. Our choice: a fetch of 50 costs three times one of 1 (measured).
_BATCH: Final = 50
_PRUNE_EVERY_S: Final = 60.0
_AGAIN_AFTER_S: Final = 0.5


class PostgresJobs:
    """Implements `jobs.base.Jobs`; several processes on one database share the work."""

    def __init__(
        self,
        address: dict[str, Any],
        ear: Ear,
        clock: Clock,
        *,
        concurrency: int,
        lane_limits: Mapping[str, int],
    ) -> None:
        self._table = JobTable(address, lane_limits)
        self._hears_ends = bool(lane_limits)
        self._clock = clock
        self._concurrency = concurrency
        self._run: Run | None = None
        #: Turn → its job and its task.
        self._running: dict[int, tuple[int, asyncio.Future[None]]] = {}
        self._ended: list[int] = []
        self._woken, self._has_ended = asyncio.Event(), asyncio.Event()
        self._merciful_until_s = 0.0
        self._is_out = False
        self._loops: list[asyncio.Task[None]] = []
        self._errands: set[asyncio.Task[None]] = set()
        self._is_open = False
        ear.hear(CHANNEL, self._heard)
        ear.on_change(self._woken.set)

    @property
    def is_busy(self) -> bool:
        """Whether the database is being asked; a virtual clock must not jump over it."""
        return self._table.is_busy

    def start(self, run: Run) -> None:
        self._run = run
        self._loops = [
            asyncio.ensure_future(loop())
            for loop in (self._fetch_on, self._beat_on, self._end_on, self._prune_on)
        ]

    def defer(self, turn_id: int, lane: str) -> None:  # noqa: ARG002 - its job is written already
        self._woken.set()

    async def adopt(self, heads: Sequence[tuple[int, str]]) -> int:
        if not heads:
            return 0
        await self._open()
        try:
            adopted = await self._table.adopt(heads)
        except Error as error:
            raise store_error(error) from error
        self._woken.set()
        return adopted

    def leave_lane(self, turn_id: int) -> None:
        if turn_id in self._running:
            self._send(partial(self._table.leave_lane, self._running[turn_id][0]))

    async def waiting_before(self, turn_id: int) -> int:
        if not self._hears_ends:
            return 0
        await self._open()
        try:
            return await self._table.waiting_before(turn_id)
        except Error as error:
            raise store_error(error) from error

    def cancel(self, turn_id: int) -> None:
        # A job that waits is left: whoever fetches it finds that its turn has ended.
        if turn_id in self._running:
            self._running[turn_id][1].cancel()

    async def drain(self, timeout_s: float) -> None:
        self._run = None
        self._woken.set()
        try:
            async with self._clock.timeout(timeout_s):
                while self._running:
                    await asyncio.wait([task for _, task in self._running.values()])
        except TimeoutError:
            _log.warning("turns_interrupted", count=len(self._running))
        interrupted = list(self._running.values())
        for _, task in interrupted:
            task.cancel()
        await asyncio.gather(*(task for _, task in interrupted), return_exceptions=True)
        self._ended = [job for job in self._ended if job not in {job for job, _ in interrupted}]
        if interrupted:
            await self._tried(partial(self._table.give_back, [job for job, _ in interrupted]))

    async def close(self) -> None:
        await self.drain(0.0)
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, *self._errands, return_exceptions=True)
        if self._ended:
            await self._tried(partial(self._table.end, self._ended))
        await self._table.close()

    async def _open(self) -> None:
        if not self._is_open:
            self._is_open = True
            await self._table.open()

    def _heard(self, payload: str) -> None:
        # The end of a job frees a place of a bound lane, and no other news.
        if NEWS in payload or self._hears_ends:
            self._woken.set()

    async def _fetch_on(self) -> None:
        await self._open()
        while self._run is not None:
            self._woken.clear()
            while await self._fetch():
                pass
            await self._pause(self._woken, LOOK_EVERY_S)

    async def _fetch(self) -> bool:
        """Take what there is places for; whether there may be more."""
        run, free = self._run, min(_BATCH, self._concurrency - len(self._running))
        if run is None or free <= 0:
            return False
        is_merciful = self._clock.monotonic() < self._merciful_until_s
        stale_after_s = _NEVER_S if is_merciful else STALE_AFTER_S
        try:
            jobs = await self._table.fetch(free, stale_after_s)
        except Error as error:
            self._tell_outage(error)
            return False
        for job in jobs:
            self._begin(run, job)
        return len(jobs) == free

    def _begin(self, run: Run, job: Job) -> None:
        if job.turn_id in self._running:
            # A late beat let us pick our own job: it goes on under the same row.
            return
        task = asyncio.ensure_future(run(job.turn_id))
        self._running[job.turn_id] = (job.id, task)
        task.add_done_callback(partial(self._end, job))

    def _end(self, job: Job, task: "asyncio.Future[None]") -> None:
        del self._running[job.turn_id]
        self._ended.append(job.id)
        self._has_ended.set()
        self._woken.set()
        if not task.cancelled() and (error := task.exception()):
            _log.error("job_failed", turn=job.turn_id, exc_info=error)

    async def _end_on(self) -> None:
        while True:
            await self._has_ended.wait()
            self._has_ended.clear()
            ended, self._ended = self._ended, []
            if ended and not await self._tried(partial(self._table.end, ended)):
                self._ended = ended + self._ended
                self._has_ended.set()
                await self._clock.sleep(_AGAIN_AFTER_S)

    async def _beat_on(self) -> None:
        while True:
            await self._clock.sleep(BEAT_S)
            own = {job_id for job_id, _ in self._running.values()}
            if not own and not self._is_out:
                continue
            if await self._tried(partial(self._beat, own)):
                self._is_out = False

    async def _beat(self, own: set[int]) -> None:
        lost = own - await self._table.beat(sorted(own)) - set(self._ended)
        lost &= {job_id for job_id, _ in self._running.values()}
        if lost:
            # Their runs go on, and change nothing: the turn's run number tells them apart.
            _log.warning("jobs_lost", count=len(lost))

    async def _prune_on(self) -> None:
        while True:
            await self._clock.sleep(_PRUNE_EVERY_S)
            await self._tried(self._table.prune)

    async def _tried(self, statement: Callable[[], Awaitable[None]]) -> bool:
        await self._open()
        try:
            await statement()
        except Error as error:
            self._tell_outage(error)
            return False
        return True

    def _tell_outage(self, error: Error) -> None:
        """Once for each outage; and until the others could beat again, none of them is dead."""
        if not self._is_out:
            _log.warning("jobs_unreachable", reason=str(store_error(error)))
        self._is_out = True
        self._merciful_until_s = self._clock.monotonic() + _MERCY_S

    def _send(self, statement: Callable[[], Awaitable[None]]) -> None:
        task = asyncio.ensure_future(self._errand(statement))
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _errand(self, statement: Callable[[], Awaitable[None]]) -> None:
        await self._tried(statement)

    async def _pause(self, woken: asyncio.Event, at_most_s: float) -> None:
        timer = self._clock.call_later(at_most_s, woken.set)
        try:
            await woken.wait()
        finally:
            timer.cancel()
