"""Looks at a PostgreSQL database while servers use it: reads only, and waits for nobody.

Makes no table and migrates nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from psycopg import Error, RawCursor

from yingda.postgres.address import address_of
from yingda.postgres.refusals import store_error
from yingda.store.looking import Look, outdated
from yingda.store.migrate import HEAD
from yingda.store.postgres_opening import TABLES, VERSIONS, known_version
from yingda.store.postgres_statements import translated, values_of
from yingda.store.steps import Query, Row, Steps

T = TypeVar("T")
_Connection = psycopg.Connection[tuple[Any, ...]]


class _Reads:
    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def read(self, steps: Steps[T]) -> T:
        try:
            with self._connection.transaction():
                return self._carried_out(steps)
        except Error as error:
            raise store_error(error) from error

    def _carried_out(self, steps: Steps[T]) -> T:
        try:
            query = next(steps)
            while True:
                query = steps.send(self._rows(query))
        except StopIteration as end:
            result: T = end.value
            return result

    def _rows(self, query: Query) -> list[Row]:
        statement = translated(query.sql)
        with RawCursor(self._connection) as cursor:
            cursor.execute(statement.sql, values_of(query, statement), binary=True)
            return list(cursor.fetchall())


@contextmanager
def look_at_postgres(url: str) -> Iterator[Look | None]:
    """The database at this address; None when nothing was made there yet.

    Raises StoreError when it cannot be reached, is not ours, or is of another version.
    """
    # A standby will do: nothing is written.
    address = address_of(url) | {"target_session_attrs": "any"}
    try:
        connection = psycopg.connect(**address, autocommit=True)
    except Error as error:
        raise store_error(error) from error
    with connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        version = version_at(connection)
        if version not in {None, HEAD}:
            raise outdated(str(version))
        yield None if version is None else Look(_Reads(connection))


def version_at(connection: _Connection) -> str | None:
    """The version that the tables are at; None when there are none.

    Raises StoreError for tables that are not ours, or of a newer yingda.
    """
    try:
        tables = {name for (name,) in connection.execute(TABLES)}
        has_versions = "alembic_version" in tables
        versions = [name for (name,) in connection.execute(VERSIONS)] if has_versions else []
    except Error as error:
        raise store_error(error) from error
    return known_version(tables, versions)
