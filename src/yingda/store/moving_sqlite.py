"""An SQLite file that data is moved from or to; held meanwhile, so that no server starts on it."""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Table

from yingda.store.files import Held, hold, make_folder
from yingda.store.looking import outdated
from yingda.store.migrate import HEAD, version_of
from yingda.store.moving_base import BATCH_ROWS, NotMoved, Reason, Row
from yingda.store.opening import connections, refuse_damage
from yingda.store.refusals import store_error

#: How long it waits for another program, such as a backup. Our choice: nobody waits for an answer.
_WAIT_S = 30.0


class SqliteSide:
    """Implements `moving_base.Target` on a file. Made by `moving_from` and `moving_to`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def count(self, table: Table) -> int:
        return self._number(f'SELECT count(*) FROM "{table.name}"')

    def rows(self, table: Table) -> Iterator[Sequence[object]]:
        rows = self._connection.execute(f'SELECT {_columns(table)} FROM "{table.name}"')
        while batch := rows.fetchmany(BATCH_ROWS):
            yield from batch

    def highest_id(self, table: Table) -> int:
        # SQLite keeps it in a table that is made with the first table that needs it.
        if not table.dialect_options["sqlite"]["autoincrement"]:
            return 0
        sql = "SELECT max(seq) FROM sqlite_sequence WHERE name = ?"
        return self._number(sql, table.name)

    def clear(self, table: Table) -> None:
        self._connection.execute(f'DELETE FROM "{table.name}"')

    def fill(self, table: Table, rows: Iterable[Row]) -> None:
        places = ", ".join("?" * len(table.columns))
        sql = f'INSERT INTO "{table.name}" ({_columns(table)}) VALUES ({places})'
        self._connection.executemany(sql, rows)

    def give_ids_above(self, table: Table, highest_id: int) -> None:
        # Rows that came with ids have raised it already.
        if highest_id > self.highest_id(table):
            self._connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
            self._connection.execute(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, highest_id)
            )

    def _number(self, sql: str, *values: str) -> int:
        (number,) = self._connection.execute(sql, values).fetchone()
        return number or 0


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


@contextmanager
def moving_from(path: Path) -> Iterator[SqliteSide]:
    """The file as it is now, for reading alone.

    Raises NotMoved when there is no database or a server has it, and StoreError, from the block's
    own SQLite errors too, when it is damaged, not ours, or of another version.
    """
    if not path.exists():
        raise NotMoved(Reason.NO_SOURCE, str(path))
    with _held(path, Reason.SOURCE_IS_USED), _ours():
        # Whoever may write puts the file in order at the end: after a crash a part of the data
        # stands beside it, and would be left behind when the file is put away.
        uri = f"{path.absolute().as_uri()}?mode=rw"
        opened = sqlite3.connect(uri, uri=True, timeout=_WAIT_S, isolation_level=None)
        with closing(opened) as connection:
            connection.execute("PRAGMA query_only = ON")
            version = version_of(connection)
            if version is None:
                raise NotMoved(Reason.NO_SOURCE, str(path))
            if version != HEAD:
                raise outdated(version)
            refuse_damage(connection)
            # What is not UTF-8 is refused by column; SQLite's own complaint would quote it.
            connection.text_factory = _as_text
            connection.execute("BEGIN")
            yield SqliteSide(connection)


@contextmanager
def moving_to(path: Path) -> Iterator[SqliteSide]:
    """The file, made if need be, in a transaction that is committed unless the block fails.

    Raises NotMoved when a server has it, and StoreError, from the block's own SQLite errors too.
    """
    make_folder(path.parent)
    with _held(path, Reason.TARGET_IS_USED), connections(path) as (connection, reading):
        reading.close()
        connection.execute("BEGIN IMMEDIATE")
        yield SqliteSide(connection)
        connection.execute("COMMIT")
        connection.close()


def _as_text(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


@contextmanager
def _ours() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error) from error


@contextmanager
def _held(path: Path, reason: Reason) -> Iterator[None]:
    try:
        lock = hold(path)
    except Held:
        raise NotMoved(reason, str(path)) from None
    try:
        yield
    finally:
        os.close(lock)
