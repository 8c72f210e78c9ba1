"""What is told to the database of this worker's jobs while they run and when they end.

All that happened meanwhile is told together, one statement for each kind; what the database did
not take is told again. Knows no turn, and not why a job ended.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from yingda.clock import Clock
from yingda.errors import StoreError
from yingda.jobs.postgres_outages import Outages
from yingda.jobs.postgres_table import JobTable

#: Before the database is told again. Our choice: soon, and no burden on one that is down.
_AGAIN_AFTER_S: Final = 0.5


class _Pile:
    """What is still to be told, of one kind."""

    def __init__(self, tell: Callable[[Sequence[int]], Awaitable[None]]) -> None:
        self._tell = tell
        self._ids: list[int] = []

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, job_id: int) -> None:
        self._ids.append(job_id)

    async def tell(self) -> None:
        taken, self._ids = self._ids, []
        try:
            await self._tell(taken)
        except BaseException:
            # Also when it was cancelled in between: telling twice harms nobody.
            self._ids = taken + self._ids
            raise


class Errands:
    """Tells the database in the background; `told` is called whenever it has taken something."""

    def __init__(
        self, table: JobTable, outages: Outages, clock: Clock, told: Callable[[], None]
    ) -> None:
        self._outages = outages
        self._clock = clock
        self._told = told
        self._ended = _Pile(table.end)
        self._given_back = _Pile(table.give_back)
        self._left = _Pile(table.leave)
        self._withdrawn = _Pile(table.withdraw)
        self._told_of = _Pile(table.tell)
        self._piles = (self._told_of, self._left, self._ended, self._given_back, self._withdrawn)
        self._is_due = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self._task: asyncio.Task[None] | None = None
        #: Held by whatever changes many of this worker's jobs: two such statements would meet the
        #: same rows in different orders, and PostgreSQL would end one of them.
        self.alone: Final = asyncio.Lock()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to be told."""
        return self._is_idle.is_set()

    def end(self, job_id: int) -> None:
        """The job is done, if it is still this worker's."""
        self._add(self._ended, job_id)

    def give_back(self, job_id: int) -> None:
        """Others may have the job, if it is still this worker's."""
        self._add(self._given_back, job_id)

    def tell(self, turn_id: int) -> None:
        """The turn's job waits for whoever has a place for it."""
        self._add(self._told_of, turn_id)

    def leave(self, job_id: int) -> None:
        """The job counts in its lane no more."""
        self._add(self._left, job_id)

    def withdraw(self, turn_id: int) -> None:
        """The turn's job is not to be run."""
        self._add(self._withdrawn, turn_id)

    async def done(self) -> None:
        """Wait until nothing is left to be told."""
        await self._is_idle.wait()

    async def close(self) -> None:
        """Tell nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _add(self, pile: _Pile, number: int) -> None:
        pile.add(number)
        self._is_idle.clear()
        self._is_due.set()
        if self._task is None:
            self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            try:
                await self._tell()
            except StoreError as error:
                self._outages.failed(error)
                self._is_due.set()
                await self._clock.sleep(_AGAIN_AFTER_S)
            else:
                self._outages.worked()
                if not any(self._piles):
                    self._is_idle.set()
                self._told()

    async def _tell(self) -> None:
        # Once around: whatever else needs to be alone has its turn in between.
        async with self.alone:
            for pile in self._piles:
                if pile:
                    await pile.tell()
