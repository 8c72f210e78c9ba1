"""One transaction on PostgreSQL: statements travel together until somebody needs the rows of one.

Carries out one operation, or several side by side, each statement where its operation wants it.
Knows no table, and not what becomes of a transaction that fails.
"""

from collections.abc import Sequence
from typing import Any, Final

from psycopg import DataError

from yingda.postgres.address import Connection
from yingda.postgres.trips import Errand
from yingda.store.locks import Lock
from yingda.store.postgres_statements import storable, translated, values_of
from yingda.store.steps import Contended, Deed, Query, Row, Steps

# Locks make it right; stricter levels would only make transactions begin anew.
BEGIN: Final = Query("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", {})
BEGIN_READING: Final = Query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {})
ROLLBACK: Final = Query("ROLLBACK", {})
_COMMIT = Query("COMMIT", {})


class CrowdedError(Exception):
    """Two of the operations are about the same follower, and neither would be alone."""


class Transaction:
    """A transaction that is under way; its lock, if it has one, is what it begins with."""

    def __init__(self, connection: Connection, begin: Query, lock: Lock = None) -> None:
        self._connection = connection
        self._lock = lock
        self._waiting: list[Query] = [begin] if lock is None else [begin, lock]
        #: What the server calls it; None until it is known, and without a lock.
        self.id: str | None = None

    async def carry_out(self, operations: Sequence[Steps[Any]]) -> list[Any]:
        """Each operation's result. Raises psycopg.Error, and what an operation raises.

        The lock of several tells a row for each follower: raises CrowdedError when they are fewer.
        """
        all_of_them = [_Carried(each) for each in operations]
        for each in all_of_them:
            each.go_on(None, self._waiting)
        while unfinished := [each for each in all_of_them if each.wanted is not None]:
            going = _next(unfinished)
            first = len(self._waiting)
            self._waiting += [each.wanted for each in going if each.wanted is not None]
            found = await self._travel(len(all_of_them))
            for place, each in enumerate(going, first):
                each.go_on(found[place], self._waiting)
        if self._lock is not None:
            # Before anything is committed it has to be known what to look for.
            await self._travel(len(all_of_them))
        return [each.result for each in all_of_them]

    async def commit(self) -> None:
        """Make it durable. Raises psycopg.Error."""
        self._waiting.append(_COMMIT)
        await self._travel()

    async def _travel(self, operations: int = 1) -> Sequence[list[Row]]:
        """The rows of each statement that waits."""
        taken, self._waiting = self._waiting, []
        found = await rows_of(self._connection, taken)
        if self._lock is not None:
            self._lock, locked = None, found[1]
            self.id = locked[0][0] if locked else None
            if operations > 1 and len(locked) < operations:
                raise CrowdedError
        return found


class _Carried:
    """One operation on its way through a transaction."""

    __slots__ = ("_steps", "result", "wanted")

    def __init__(self, steps: Steps[Any]) -> None:
        self._steps = steps
        #: The statement whose rows it needs next; None once it is through.
        self.wanted: Query | None = None
        self.result: Any = None

    def go_on(self, rows: list[Row] | None, waiting: list[Query]) -> None:
        """Add what goes before the statement that it wants; `rows` are None at its begin."""
        self.wanted = None
        try:
            query = next(self._steps) if rows is None else self._steps.send(rows)
            while isinstance(query, Deed):
                waiting.append(query)
                query = self._steps.send([])
        except StopIteration as end:
            self.result = end.value
        else:
            self.wanted = query


def _next(unfinished: Sequence[_Carried]) -> Sequence[_Carried]:
    """All, but whoever wants a contended row waits until everybody does."""
    alone = [each for each in unfinished if not isinstance(each.wanted, Contended)]
    return alone or sorted(unfinished, key=_row_of)


def _row_of(carried: _Carried) -> tuple[str, ...]:
    assert isinstance(carried.wanted, Contended)
    return carried.wanted.row


async def rows_of(connection: Connection, queries: Sequence[Query]) -> Sequence[list[Row]]:
    """The rows of each statement; they travel together. Raises psycopg.Error."""
    errands = [_errand(query) for query in queries]
    try:
        return await connection.trips.take(errands)
    except DataError as error:
        # The driver itself refuses U+0000, before anything was sent: looking for it each time
        # would cost more than meeting it once.
        if error.sqlstate is not None:
            raise
        cleaned = [Errand(sql, [storable(value) for value in values]) for sql, values in errands]
        if cleaned == errands:
            raise
        return await connection.trips.take(cleaned)


def _errand(query: Query) -> Errand:
    statement = translated(query.sql)
    return Errand(statement.sql, values_of(query, statement))
