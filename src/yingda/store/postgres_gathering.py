"""Operations on turns that come at one time share a transaction, its trips and its flush.

A worker claims and ends hundreds of turns a second, and each begin, commit and way to the server
costs as much as what is done in between. Nobody waits for company: what finds a place free goes at
once, and what comes while all are taken goes together with the next. If one of a transaction
fails, or two are about one follower, each is done by itself: nobody fails for another's sake, and
each is alone with its follower.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeVar, cast

from yingda.errors import StoreAway
from yingda.postgres.refusals import slow_error
from yingda.store import locks
from yingda.store.postgres_execution import Operation, Transactions
from yingda.store.steps import Steps

T = TypeVar("T")

#: Transactions at one time, and operations of each at most. Our choice, as measured on
#: docs/discussions/performance.md: one is prepared while others are flushed.
_AT_ONCE: Final = 3
_TOGETHER: Final = 32


class _Wanted(NamedTuple):
    turn_id: int
    operation: Operation
    done: "asyncio.Future[Any]"


class Gathering:
    """Carries out what is wanted of turns."""

    def __init__(self, transactions: Transactions, connections: int, limit_s: float) -> None:
        self._transactions = transactions
        self._limit_s = limit_s
        # However many turns begin or end, whoever waits for a reply finds a connection.
        self._at_once = min(_AT_ONCE, max(1, connections - 1))
        self._wanted: list[_Wanted] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def write(self, turn_id: int, operation: Callable[[], Steps[T]]) -> T:
        """The operation's result, once it is durable; it is alone with the turn's follower.

        Waits for its turn as long as that takes; then it has `limit_s`. Raises StoreError, and what
        the operation raises.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._wanted.append(_Wanted(turn_id, operation, done))
        self._begin()
        return await done

    async def close(self) -> None:
        """Cut what is under way, and begin nothing more."""
        taken, self._wanted = self._wanted, []
        for each in taken:
            each.done.cancel()
        for task in (left := tuple(self._tasks)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _begin(self) -> None:
        if len(self._tasks) < self._at_once:
            # What comes in this same step of the loop is taken along.
            self._tasks.add(asyncio.ensure_future(self._go()))

    async def _go(self) -> None:
        try:
            while self._wanted:
                taken, self._wanted = self._wanted[:_TOGETHER], self._wanted[_TOGETHER:]
                await self._carry_out_in_time(taken)
        finally:
            # At once: what is wanted from here on finds the place free.
            self._tasks.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    async def _carry_out_in_time(self, taken: Sequence[_Wanted]) -> None:
        try:
            async with asyncio.timeout(self._limit_s):
                await self._carry_out(taken)
        except TimeoutError:
            # Nothing of it goes on by itself: its connection was closed.
            _refuse(taken, slow_error(self._limit_s))
        except asyncio.CancelledError:
            for each in taken:
                each.done.cancel()
            raise

    async def _carry_out(self, wanted: Sequence[_Wanted]) -> None:
        # Whoever asked for it may be gone.
        taken = [each for each in wanted if not each.done.done()]
        if not taken:
            return
        lock = locks.followers_of_turns([each.turn_id for each in taken])
        try:
            results = await self._transactions.write_all([each.operation for each in taken], lock)
        # Whatever it is, it is told to whoever it belongs to: it comes again.
        except Exception as error:  # noqa: BLE001
            if len(taken) == 1 or isinstance(error, StoreAway):
                _refuse(taken, error)
            else:
                for each in taken:
                    await self._carry_out([each])
        else:
            for each, result in zip(taken, results, strict=True):
                # Whoever wanted it may be gone.
                if not each.done.done():
                    each.done.set_result(result)


def _refuse(wanted: Sequence[_Wanted], error: Exception) -> None:
    for each in wanted:
        if not each.done.done():
            each.done.set_exception(error)
