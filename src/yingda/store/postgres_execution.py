"""Carries operations out on PostgreSQL: each in a transaction of its own, with its lock first.

A transaction that was in another's way, or whose connection broke before its end, was undone: it
is begun anew. One whose connection broke at its very end is looked up before anything is done
again. Knows no table.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from psycopg import Error
from psycopg.pq import TransactionStatus
from psycopg_pool import PoolTimeout

from yingda.errors import StoreError
from yingda.postgres.address import Connection, address_of
from yingda.postgres.pool import POOL_WAIT_S, SERVER_LIFE, Pool
from yingda.postgres.refusals import is_lost, is_undone, store_error
from yingda.store.locks import Lock
from yingda.store.postgres_transaction import (
    BEGIN,
    BEGIN_READING,
    ROLLBACK,
    Transaction,
    rows_of,
)
from yingda.store.steps import Query, Steps

T = TypeVar("T")

#: Begins the operation anew each time.
Operation = Callable[[], Steps[Any]]

#: How often a transaction is begun. Our choice: locks keep them out of each other's way, and what
#: is undone for a lost connection has found the pool renewed at the second time.
_TRIES = 4
#: How long the end of a transaction is looked for whose connection broke at that moment, and how
#: often. Our choice: the server ends it as soon as it sees the broken connection.
_LOOKS, _LOOK_PAUSE_S = 20, 0.1
_STATUS = "SELECT pg_xact_status(CAST(:id AS xid8))"
_LIFE = Query(SERVER_LIFE, {})


class _Undone(Exception):
    """Nothing was changed; it is to be begun anew."""

    def __init__(self, error: Error) -> None:
        self.error = error


class _InDoubt(Exception):
    """Nobody knows whether it was committed."""

    def __init__(
        self,
        error: Error,
        results: list[Any],
        transaction: str | None,
        server_life: tuple[Any, ...] | None,
    ) -> None:
        self.error = error
        self.results = results
        self.transaction = transaction
        self.server_life = server_life


class Transactions:
    """Carries operations out on the connections of a pool."""

    def __init__(self, pool: Pool, url: str) -> None:
        self._pool = pool
        self._url = url
        # A crowd before the pool itself costs more than what it waits for, and each who waits in
        # vain there asks the server why (measured: a backlog of 1000 turns came to a halt).
        self._places = asyncio.Semaphore(pool.max_size)

    async def write(self, operation: Callable[[], Steps[T]], lock: Lock) -> T:
        """The operation's result, once it is durable. Raises StoreError."""
        result: T = (await self.write_all([operation], lock))[0]
        return result

    async def write_all(self, operations: Sequence[Operation], lock: Lock) -> list[Any]:
        """The same for several in one transaction, whose lock is that of all of them.

        Raises what the first raises that fails; then none of them was done.
        """
        try:
            return await self._again_and_again(lambda: self._write(operations, lock))
        except _InDoubt as doubt:
            if await self._was_committed(doubt):
                return doubt.results
            return await self.write_all(operations, lock)

    async def read(self, operation: Callable[[], Steps[T]]) -> T:
        """What the operation finds, all of one instant. Raises StoreError."""
        return await self._again_and_again(lambda: self._read(operation))

    async def _again_and_again(self, attempt: Callable[[], Awaitable[T]]) -> T:
        for tries_left in reversed(range(_TRIES)):
            try:
                return await attempt()
            except _Undone as undone:
                if not tries_left:
                    raise store_error(undone.error) from undone.error
                if not is_undone(undone.error):
                    # One dead connection is seldom alone: have all that wait looked at.
                    await self._pool.check()
        raise AssertionError("the last try returned or raised")

    async def _write(self, operations: Sequence[Operation], lock: Lock) -> list[Any]:
        async with self._connection() as connection:
            transaction = Transaction(connection, BEGIN, lock)
            async with _told(connection):
                results = await transaction.carry_out([each() for each in operations])
            try:
                await transaction.commit()
            except Error as error:
                # What has no lock may be done twice.
                if is_lost(connection, error) and lock is not None:
                    raise _InDoubt(
                        error, results, transaction.id, connection.server_life
                    ) from error
                raise _told_of(connection, error) from error
            return results

    async def _read(self, operation: Callable[[], Steps[T]]) -> T:
        async with self._connection() as connection, _told(connection):
            steps = operation()
            # Most reads are one statement, and that sees one instant by itself.
            try:
                steps.send((await rows_of(connection, [next(steps)]))[0])
            except StopIteration as end:
                found: T = end.value
                return found
            steps.close()
            transaction = Transaction(connection, BEGIN_READING)
            (found,) = await transaction.carry_out([operation()])
            await transaction.commit()
            return found

    async def _was_committed(self, doubt: _InDoubt) -> bool:
        if doubt.transaction is None:
            # What it would have locked is not there, and so nothing was changed.
            return False
        for _ in range(_LOOKS):
            if await self.read(_life) != doubt.server_life:
                # A crash forgets what was not flushed, and the number may be a stranger's by now.
                # The operation itself finds what was kept of it.
                return False
            status = await self.read(lambda: _status(doubt.transaction))
            if status == "committed":
                return True
            if status == "aborted":
                return False
            await asyncio.sleep(_LOOK_PAUSE_S)
        raise store_error(doubt.error) from doubt.error

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        await self._take_place()
        try:
            connection = await self._taken()
            try:
                yield connection
            finally:
                try:
                    await _leave_idle(connection)
                finally:
                    await self._pool.putconn(connection)
        finally:
            self._places.release()

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(POOL_WAIT_S):
                await self._places.acquire()
        except TimeoutError as error:
            raise store_error(PoolTimeout("every place is taken")) from error

    async def _taken(self) -> Connection:
        try:
            return await self._pool.getconn()
        except PoolTimeout as error:
            raise await self._reason(error) from error

    async def _reason(self, error: PoolTimeout) -> StoreError:
        """Why there is no connection: the pool does not tell."""
        try:
            connection = await Connection.connect(**address_of(self._url))
        except Error as refused:
            return store_error(refused)
        await connection.close()
        return store_error(error)


async def _leave_idle(connection: Connection) -> None:
    if connection.pgconn.transaction_status != TransactionStatus.IDLE:
        # A broken connection cannot be told to, and the pool lets go of it.
        with contextlib.suppress(Error):
            # The driver's own way would forget every statement that is prepared here.
            await rows_of(connection, [ROLLBACK])


@asynccontextmanager
async def _told(connection: Connection) -> AsyncIterator[None]:
    """What the driver raises, as what is to be done about it."""
    try:
        yield
    except Error as error:
        raise _told_of(connection, error) from error


def _told_of(connection: Connection, error: Error) -> Exception:
    if is_lost(connection, error) or is_undone(error):
        return _Undone(error)
    return store_error(error)


def _life() -> Steps[tuple[Any, ...]]:
    return tuple((yield _LIFE)[0])


def _status(transaction: str | None) -> Steps[str | None]:
    rows = yield Query(_STATUS, {"id": transaction})
    status: str | None = rows[0][0]
    return status
