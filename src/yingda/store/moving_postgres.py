"""A database on PostgreSQL that data is moved from or to, in one transaction.

Its tables are locked meanwhile, so that a server that starts too early writes nothing into them.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import Error, IsolationLevel, ServerCursor, sql
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from yingda.postgres.address import address_of
from yingda.postgres.refusals import store_error
from yingda.store.looking import outdated
from yingda.store.migrate import HEAD
from yingda.store.moving_base import BATCH_ROWS, NotMoved, Reason, Row
from yingda.store.postgres_looking import version_at
from yingda.store.postgres_opening import prepare
from yingda.store.schema import metadata

_Connection = psycopg.Connection[tuple[Any, ...]]

#: Tells our connections from those of servers.
_NAME = "yingda-migrate"
#: A disk that is written to at length may stand still for longer than a server's followers could
#: wait. Our choice; a machine that vanished is still found out by the keepalives.
_SILENCE_LIMIT_MS = 60_000
#: Long statements and pauses are what this is made of; a lock that is not free is a server's.
_LIMITS = """
    SELECT set_config('statement_timeout', '0', true),
        set_config('idle_in_transaction_session_timeout', '0', true),
        set_config('lock_timeout', '5s', true)
"""
_SERVERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = session_user AND application_name = %s
"""
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


class PostgresSide:
    """Implements `moving_base.Target` on PostgreSQL. Made by `moving_from` and `moving_to`."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection

    def count(self, table: Table) -> int:
        number: int = self._value(sql.SQL("SELECT count(*) FROM {}").format(_name(table)))
        return number

    def rows(self, table: Table) -> Iterator[Sequence[object]]:
        # Measured: twice as fast as COPY for short rows, which is waited for row by row.
        query = sql.SQL("SELECT {} FROM {}").format(_columns(table), _name(table))
        with ServerCursor(self._connection, "moving") as cursor:
            cursor.itersize = BATCH_ROWS
            cursor.execute(query, binary=True)
            yield from cursor

    def highest_id(self, table: Table) -> int:
        sequence = self._sequence(table)
        if sequence is None:
            return 0
        return self._value("SELECT pg_sequence_last_value(%s::regclass)", sequence) or 0

    def clear(self, table: Table) -> None:
        self._connection.execute(sql.SQL("DELETE FROM {}").format(_name(table)))

    def fill(self, table: Table, rows: Iterable[Row]) -> None:
        query = "COPY {} ({}) FROM STDIN (FORMAT BINARY)"
        statement = sql.SQL(query).format(_name(table), _columns(table))
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(_types(table))
            for row in rows:
                copy.write_row(row)

    def give_ids_above(self, table: Table, highest_id: int) -> None:
        column, sequence = table.autoincrement_column, self._sequence(table)
        if column is None or sequence is None:
            return
        query = sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(column.name), _name(table))
        highest = max(highest_id, self._value(query) or 0)
        if highest:
            self._connection.execute("SELECT setval(%s::regclass, %s)", [sequence, highest])

    def _sequence(self, table: Table) -> str | None:
        """The sequence that numbers the table's rows; None where nothing does."""
        column = table.autoincrement_column
        if column is None:
            return None
        name = _name(table).as_string(self._connection)
        query = "SELECT pg_get_serial_sequence(%s, %s)"
        sequence: str | None = self._value(query, name, column.name)
        return sequence

    def _value(self, query: LiteralString | sql.Composed, *values: str) -> Any:
        (row,) = self._connection.execute(query, values).fetchall()
        return row[0]


def _name(table: Table) -> sql.Identifier:
    return sql.Identifier(table.name)


def _columns(table: Table) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)


def _types(table: Table) -> Sequence[str]:
    """What the columns' types are called, for what is copied says nothing of them."""
    return [column.type.compile(_DIALECT).lower() for column in table.columns]


@contextmanager
def moving_from(url: str) -> Iterator[PostgresSide]:
    """The database as it is now, for reading alone; servers cannot write meanwhile.

    Raises NotMoved when there is none or a server has it, and StoreError, from the block's own
    errors too, when it cannot be reached, is not ours, or is of another version.
    """
    address = address_of(url)
    with _connected(address) as connection:
        _refuse_servers(connection, address, Reason.SOURCE_IS_USED)
        version = version_at(connection)
        if version is None:
            raise NotMoved(Reason.NO_SOURCE, "PostgreSQL")
        if version != HEAD:
            raise outdated(version)
        connection.read_only = True
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        with connection.transaction():
            _lock(connection, "SHARE")
            yield PostgresSide(connection)


@contextmanager
def moving_to(url: str) -> Iterator[PostgresSide]:
    """The database, with its tables up to date, in a transaction that a failing block undoes.

    Raises NotMoved when a server has it, and StoreError, from the block's own errors too, when it
    cannot be reached or will not do.
    """
    address = address_of(url)
    asyncio.run(prepare(_ours(address)))
    with _connected(address) as connection:
        _refuse_servers(connection, address, Reason.TARGET_IS_USED)
        with connection.transaction():
            _lock(connection, "ACCESS EXCLUSIVE")
            yield PostgresSide(connection)
            # Else its first minutes would know nothing of how much there is.
            connection.execute(sql.SQL("ANALYZE {}").format(_tables()))


def _ours(address: dict[str, Any]) -> dict[str, Any]:
    return address | {"application_name": _NAME, "tcp_user_timeout": _SILENCE_LIMIT_MS}


@contextmanager
def _connected(address: dict[str, Any]) -> Iterator[_Connection]:
    try:
        with psycopg.connect(**_ours(address), autocommit=True) as connection:
            yield connection
    except Error as error:
        raise store_error(error) from error


def _refuse_servers(connection: _Connection, address: dict[str, Any], reason: Reason) -> None:
    """Raises NotMoved for a server that is connected to the database.

    One that has just ended is still there for some milliseconds, so it looks twice.
    """
    for wait_s in (1, 0):
        (row,) = connection.execute(_SERVERS, [address["application_name"]]).fetchall()
        if not row[0]:
            return
        connection.execute("SELECT pg_sleep(%s)", [wait_s])
    raise NotMoved(reason, "PostgreSQL")


def _lock(connection: _Connection, mode: LiteralString) -> None:
    connection.execute(_LIMITS)
    query = sql.SQL("LOCK TABLE {} IN {} MODE").format(_tables(), sql.SQL(mode))
    connection.execute(query)


def _tables() -> sql.Composable:
    return sql.SQL(", ").join(map(_name, metadata.sorted_tables))
