"""The store on PostgreSQL: transactions side by side, each alone with what its lock stands for.

What several processes may do at once, on connections that come from a pool of each.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from psycopg import Error

from yingda.errors import StoreError
from yingda.postgres.address import ANSWER_LIMIT_S, Connection, address_of
from yingda.postgres.pool import Pool, pool_of
from yingda.postgres.refusals import slow_error, store_error
from yingda.store import entering, erasing, locks, presence, running, stopping
from yingda.store.deferring import Deferral, with_job
from yingda.store.entries import Entered, NewPush, NewQuestion
from yingda.store.locks import Lock
from yingda.store.operations import Operations
from yingda.store.operations_presence import PresenceOperations
from yingda.store.postgres_execution import Transactions
from yingda.store.postgres_gathering import Gathering
from yingda.store.postgres_months import arrange_months
from yingda.store.postgres_opening import prepare
from yingda.store.runs import Claim, Ended, Outcome
from yingda.store.steps import Query, Steps, execute, fetch_one
from yingda.store.wishes import Erased, NewRetry

T = TypeVar("T")

#: Connections of whoever names no number. Our choice: a transaction takes some 10 ms with its
#: flush, and those that flush together cost no more.
MOST_CONNECTIONS: Final = 10


class PostgresStore(Operations, PresenceOperations):
    """Implements `presence_base.SharedStore` on PostgreSQL. Made by `open_postgres`.

    `deferral` says how a turn's job is written; without it, whoever enters and ends turns has to
    see to it that they run.
    """

    def __init__(self, pool: Pool, url: str, deferral: Deferral | None) -> None:
        super().__init__()
        self._deferral = deferral
        self._pool = pool
        self._transactions = Transactions(pool, url)
        self._url = url
        self._gathering = Gathering(self._transactions, pool.max_size, ANSWER_LIMIT_S)
        self._under_way: set[asyncio.Task[Any]] = set()
        self._unanswered = 0
        self._is_closed = False

    @property
    def is_busy(self) -> bool:
        """Whether an operation is under way; a virtual clock must not jump over it."""
        return self._unanswered > 0 or bool(self._under_way)

    async def close(self) -> None:
        self._is_closed = True
        self._unanswered += 1
        # Whoever waited for it may be gone, and with it the deadline: a server that hangs must not
        # keep the process from its end.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_LIMIT_S):
                while self._under_way:
                    await asyncio.wait(self._under_way)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._gathering.close()
        await self._pool.close()
        self._unanswered -= 1

    async def check_writable(self) -> None:
        await self._run(_touch, locks.FREE)

    async def time(self) -> float:
        return await self._read(presence.time)

    async def enter_question(self, push: NewPush, question: NewQuestion) -> Entered:
        return await self._run(
            lambda: with_job(
                entering.enter_question(push, question, self._open_turns), self._deferral
            ),
            locks.pusher(push),
        )

    async def enter_retry(self, push: NewPush, question: NewQuestion, retry: NewRetry) -> Entered:
        return await self._run(
            lambda: with_job(
                stopping.enter_retry(push, question, retry, self._open_turns), self._deferral
            ),
            locks.pusher(push),
        )

    async def claim(self, turn_id: int, at: float) -> Claim | None:
        return await self._gathered(turn_id, lambda: running.claim(turn_id, at))

    async def finish(self, turn_id: int, run_no: int, outcome: Outcome, at: float) -> Ended | None:
        def ended() -> Steps[Ended | None]:
            return with_job(running.finish(turn_id, run_no, outcome, at), self._deferral)

        if outcome.cost is not None and len(outcome.cost.charges) > 1:
            # Each is a contended row, and only the first of each operation is put in order.
            return await self._run(ended, locks.follower_of_turn(turn_id))
        return await self._gathered(turn_id, ended)

    async def erase(self, at: float, *, accepting: bytes, provider_at: float) -> Erased | None:
        return await self._run(
            lambda: _erase(at, accepting=accepting, provider_at=provider_at), locks.FREE
        )

    async def arrange_months(self, before: float | None) -> None:
        await self._answered(self._arrange_months(before), is_long=True)

    async def _arrange_months(self, before: float | None) -> None:
        # Not one of the pool's, whose habits are for followers who wait.
        try:
            async with await Connection.connect(**address_of(self._url)) as connection:
                await arrange_months(connection, before)
        except Error as error:
            raise store_error(error) from error

    async def _run(self, operation: Callable[[], Steps[T]], lock: Lock) -> T:
        return await self._answered(
            self._transactions.write(operation, lock), is_long=lock is locks.RECOVERY
        )

    async def _gathered(self, turn_id: int, operation: Callable[[], Steps[T]]) -> T:
        """For what comes by the thousand, from a backlog or a provider that is back."""
        return await self._answered(self._gathering.write(turn_id, operation), is_long=True)

    async def _read(self, operation: Callable[[], Steps[T]]) -> T:
        return await self._answered(self._transactions.read(operation))

    async def _read_all(self, operation: Callable[[], Steps[T]]) -> T:
        return await self._read(operation)

    async def _answered(self, work: Coroutine[Any, Any, T], *, is_long: bool = False) -> T:
        """Its result; whoever waits for it may be cancelled, what was submitted is done."""
        if self._is_closed:
            work.close()
            raise StoreError("the database was closed")
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._done)
        self._unanswered += 1
        try:
            # Half the price of a shield in a timeout (measured), and cancels as little.
            await asyncio.wait((task,), timeout=None if is_long else ANSWER_LIMIT_S)
        except asyncio.CancelledError:
            if not is_long:
                # With whoever waited for it went its deadline.
                asyncio.get_running_loop().call_later(ANSWER_LIMIT_S, task.cancel)
            raise
        finally:
            self._unanswered -= 1
        if not task.done():
            task.cancel()
            raise slow_error(ANSWER_LIMIT_S)
        return task.result()

    def _done(self, task: "asyncio.Task[Any]") -> None:
        self._under_way.discard(task)
        # Whoever asked may be gone; then nobody else would look.
        if not task.cancelled():
            task.exception()


def _touch() -> Steps[None]:
    """A write that reaches the disk and leaves nothing behind."""
    yield from execute("UPDATE alembic_version SET version_num = version_num")


def _erase(at: float, *, accepting: bytes, provider_at: float) -> Steps[Erased | None]:
    """One step of the erasure that is due first, alone with it and with its follower."""
    due = yield from fetch_one(f"{erasing.DUE_ERASURE} FOR UPDATE", at=at)
    if due is None:
        return None
    _, account, openid, *_ = due
    lock = locks.follower(account, openid)
    yield Query(lock.sql, lock.values)
    return (yield from erasing.erase_step(due, at, accepting=accepting, provider_at=provider_at))


async def open_postgres(
    url: str, *, connections: int = MOST_CONNECTIONS, deferral: Deferral | None = None
) -> PostgresStore:
    """Look whether the database will do, bring its tables up to date, and open the connections.

    Raises StoreError when it cannot be reached, will not do, or was made by a newer yingda.
    """
    address = address_of(url)
    await prepare(address)
    pool = pool_of(address, name="yingda-store", most=connections)
    await pool.open()
    return PostgresStore(pool, url, deferral)
