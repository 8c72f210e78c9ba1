"""Jobs in this very process: a task per running turn, the others wait in their lanes.

It keeps nothing: after a restart the store says what has to run.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import structlog

from yingda.clock import Clock
from yingda.jobs.base import CONCURRENCY, UNBOUNDED, Run
from yingda.jobs.lanes import Lanes

_log = structlog.get_logger()


class LocalJobs:
    """Implements `jobs.base.Jobs`."""

    def __init__(
        self,
        clock: Clock,
        concurrency: int = CONCURRENCY,
        lane_limits: Mapping[str, int] = UNBOUNDED,
    ) -> None:
        self._clock = clock
        self._concurrency = concurrency
        self._run: Run | None = None
        self._lanes = Lanes(lane_limits)
        self._running: dict[int, asyncio.Task[None]] = {}

    def start(self, run: Run) -> None:
        self._run = run
        self._fill()

    def defer(self, turn_id: int, lane: str) -> None:
        self._lanes.add(turn_id, lane)
        self._fill()

    async def adopt(self, heads: Sequence[tuple[int, str]]) -> int:
        given = sum(self._lanes.add(turn_id, lane) for turn_id, lane in heads)
        self._fill()
        return given

    def leave_lane(self, turn_id: int) -> None:
        self._lanes.leave(turn_id)
        self._fill()

    async def waiting_before(self, turn_id: int) -> int:
        return self._lanes.before(turn_id)

    def cancel(self, turn_id: int) -> None:
        self._lanes.withdraw(turn_id)
        if task := self._running.get(turn_id):
            task.cancel()

    async def drain(self, timeout_s: float) -> None:
        self._run = None
        try:
            async with self._clock.timeout(timeout_s):
                while self._running:
                    await asyncio.wait(tuple(self._running.values()))
        except TimeoutError:
            _log.warning("turns_interrupted", count=len(self._running))
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def close(self) -> None:
        await self.drain(0.0)

    def _fill(self) -> None:
        while self._run and len(self._running) < self._concurrency:
            turn_id = self._lanes.take()
            if turn_id is None:
                return
            task = asyncio.ensure_future(self._run(turn_id))
            self._running[turn_id] = task
            task.add_done_callback(partial(self._end, turn_id))

    def _end(self, turn_id: int, task: "asyncio.Future[None]") -> None:
        del self._running[turn_id]
        self._lanes.end(turn_id)
        self._fill()
        if not task.cancelled() and (error := task.exception()):
            _log.error("job_failed", turn=turn_id, exc_info=error)
