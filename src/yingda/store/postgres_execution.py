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

from psycopg import AsyncCursor, DataError, Error
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from yingda.errors import StoreError
from yingda.postgres.address import Connection, address_of
from yingda.postgres.refusals import is_lost, is_undone, store_error
from yingda.store.locks import Lock
from yingda.store.postgres_statements import storable, translated, values_of
from yingda.store.steps import Query, Row, Steps

T = TypeVar("T")
Pool = AsyncConnectionPool[Connection]
Cursor = AsyncCursor[tuple[Any, ...]]

#: How often a transaction is begun. Our choice: locks keep them out of each other's way, and what
#: is undone for a lost connection has found the pool renewed at the second time.
_TRIES = 4
#: How long the end of a transaction is looked for whose connection broke at that moment, and how
#: often. Our choice: the server ends it as soon as it sees the broken connection.
_LOOKS, _LOOK_PAUSE_S = 20, 0.1
# Locks make it right; stricter levels would only make transactions begin anew.
_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_COMMIT = "COMMIT"
_STATUS = "SELECT pg_xact_status(CAST(:id AS xid8))"


class _Undone(Exception):
    """Nothing was changed; it is to be begun anew."""

    def __init__(self, error: Error) -> None:
        self.error = error


class _InDoubt(Exception):
    """Nobody knows whether it was committed."""

    def __init__(self, error: Error, result: Any, transaction: str | None) -> None:
        self.error = error
        self.result = result
        self.transaction = transaction


class Transactions:
    """Carries operations out on the connections of a pool."""

    def __init__(self, pool: Pool, url: str) -> None:
        self._pool = pool
        self._url = url

    async def write(self, operation: Callable[[], Steps[T]], lock: Lock) -> T:
        """The operation's result, once it is durable. Raises StoreError."""
        try:
            return await self._again_and_again(lambda: self._write(operation, lock))
        except _InDoubt as doubt:
            if await self._was_committed(doubt):
                result: T = doubt.result
                return result
            return await self.write(operation, lock)

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

    async def _write(self, operation: Callable[[], Steps[T]], lock: Lock) -> T:
        async with self._connection() as connection:
            transaction: str | None = None
            async with _told(connection):
                cursor = connection.cursor(binary=True)
                await cursor.execute(_BEGIN)
                if lock is not None:
                    rows = await _rows(cursor, lock)
                    transaction = rows[0][0] if rows else None
                result = await carry_out(cursor, operation())
            try:
                await cursor.execute(_COMMIT)
            except Error as error:
                if is_lost(connection, error):
                    raise _InDoubt(error, result, transaction) from error
                # Such as a full disk: the server says that it was undone.
                raise store_error(error) from error
            return result

    async def _read(self, operation: Callable[[], Steps[T]]) -> T:
        async with self._connection() as connection, _told(connection):
            steps, cursor = operation(), connection.cursor(binary=True)
            # Most reads are one statement, and that sees one instant by itself.
            try:
                rows = await _rows(cursor, next(steps))
                steps.send(rows)
            except StopIteration as end:
                found: T = end.value
                return found
            steps.close()
            await cursor.execute(_BEGIN_READING)
            found = await carry_out(cursor, operation())
            await cursor.execute(_COMMIT)
            return found

    async def _was_committed(self, doubt: _InDoubt) -> bool:
        if doubt.transaction is None:
            # What has no lock may be done twice.
            return False
        for _ in range(_LOOKS):
            status = await self.read(lambda: _status(doubt.transaction))
            if status == "committed":
                return True
            if status == "aborted":
                return False
            await asyncio.sleep(_LOOK_PAUSE_S)
        raise store_error(doubt.error) from doubt.error

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            connection = await self._pool.getconn()
        except PoolTimeout as error:
            raise await self._reason(error) from error
        try:
            yield connection
        finally:
            if connection.pgconn.transaction_status != TransactionStatus.IDLE:
                # A broken connection cannot be told to, and the pool lets go of it.
                with contextlib.suppress(Error):
                    await connection.rollback()
            await self._pool.putconn(connection)

    async def _reason(self, error: PoolTimeout) -> StoreError:
        """Why there is no connection: the pool does not tell."""
        try:
            connection = await Connection.connect(**address_of(self._url))
        except Error as refused:
            return store_error(refused)
        await connection.close()
        return store_error(error)


@asynccontextmanager
async def _told(connection: Connection) -> AsyncIterator[None]:
    """What the driver raises, as what is to be done about it."""
    try:
        yield
    except Error as error:
        if is_lost(connection, error) or is_undone(error):
            raise _Undone(error) from error
        raise store_error(error) from error


async def carry_out(cursor: Cursor, steps: Steps[T]) -> T:
    """The operation's result. Raises psycopg.Error, and what the operation raises."""
    try:
        query = next(steps)
        while True:
            query = steps.send(await _rows(cursor, query))
    except StopIteration as end:
        result: T = end.value
        return result


async def _rows(cursor: Cursor, query: Query) -> list[Row]:
    statement = translated(query.sql)
    values = values_of(query, statement)
    try:
        await cursor.execute(statement.sql, values)
    except DataError:
        # The driver itself refuses U+0000, before anything was sent: looking for it each time
        # would cost more than meeting it once.
        cleaned = [storable(value) for value in values]
        if cleaned == values:
            raise
        await cursor.execute(statement.sql, cleaned)
    rows: Sequence[Row] = await cursor.fetchall() if cursor.description else ()
    return list(rows)


def _status(transaction: str | None) -> Steps[str | None]:
    rows = yield Query(_STATUS, {"id": transaction})
    status: str | None = rows[0][0]
    return status
