"""The jobs that run here, and how the others are shown that they do.

Some at a time: thousands in one statement keep the loop and the server from everything else.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from yingda.clock import Clock
from yingda.jobs.postgres_errands import Errands
from yingda.jobs.postgres_outages import Outages
from yingda.jobs.postgres_table import Fetched, JobTable
from yingda.postgres.liveness import BEAT_S

_log = structlog.get_logger()

#: Jobs of one statement. Our choice: it takes some 3 ms, and that of 2500 took 30 (measured).
_SLICE: Final = 250


class Held:
    """A job that runs here."""

    __slots__ = ("is_again", "is_limited", "is_ours", "job_id", "task")

    def __init__(self, job: Fetched, task: "asyncio.Future[None]") -> None:
        self.job_id = job.job_id
        self.is_limited = job.is_limited
        self.task = task
        #: Whether it is still this worker's job; if not, another runs it by now.
        self.is_ours = True
        #: Whether it was fetched once more meanwhile, and its turn has to be looked at again.
        self.is_again = False


class Beats:
    """Shows again and again that jobs are alive, and notes which are another's by now."""

    def __init__(
        self,
        held: Mapping[int, Held],
        table: JobTable,
        errands: Errands,
        outages: Outages,
        clock: Clock,
    ) -> None:
        self._held = held
        self._table = table
        self._errands = errands
        self._outages = outages
        self._clock = clock

    async def go_on(self) -> None:
        """Until it is cancelled."""
        while True:
            # The newest first: none waits for its first sign while the older have theirs.
            beating = [held for held in reversed(list(self._held.values())) if held.is_ours]
            slices = [beating[n : n + _SLICE] for n in range(0, len(beating), _SLICE)] or [beating]
            began_s = self._clock.monotonic()
            for number, each in enumerate(slices, 1):
                await self._show_alive(each)
                due_s = began_s + number * BEAT_S / len(slices)
                await self._clock.sleep(max(0.0, due_s - self._clock.monotonic()))

    async def _show_alive(self, beating: Sequence[Held]) -> None:
        job_ids = [held.job_id for held in beating if not held.task.done()]
        if not job_ids:
            return
        async with self._errands.alone:
            ours = await self._outages.tried(self._table.beat(job_ids))
        if ours is None:
            return
        lost = [held for held in beating if held.job_id not in ours and not held.task.done()]
        for held in lost:
            held.is_ours = False
        if lost:
            _log.warning("jobs_taken_over", count=len(lost))
