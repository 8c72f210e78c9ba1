"""Opens the SQLite file: makes it, looks for damage, and brings its tables up to date.

Knows files and PRAGMAs; the store's operations stand in `sqlite`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yingda.errors import StoreError
from yingda.store.files import make_file
from yingda.store.migrate import bring_up_to_date, version_of
from yingda.store.refusals import store_error

#: How long opening waits for another program that holds the file, such as a backup. Our choice:
#: as long as a write waits later on.
_OPENING_WAIT_S = 1.5
#: A file of up to this size is read through at start, so that damage is found before anything is
#: written over it. Measured: 12 ms for 11 MB, 97 ms for 118 MB; a start may take one second.
_CHECKED_UP_TO_BYTES = 128 * 1024 * 1024


@contextmanager
def connections(path: Path) -> Iterator[tuple[sqlite3.Connection, sqlite3.Connection]]:
    """A connection that may write and one that may only read; closed only if the block fails.

    Raises StoreError, from the block's own SQLite errors too.
    """
    connection = reading_connection = None
    try:
        # SQLite itself would let everybody read what it makes.
        make_file(path)
        # Transactions are begun in plain words; the driver's own guessing stays out of the way.
        connection = sqlite3.connect(
            path, timeout=_OPENING_WAIT_S, isolation_level=None, check_same_thread=False
        )
        _prepare(connection, path)
        reading_connection = _open_for_reading(path)
        yield connection, reading_connection
    except sqlite3.Error as error:
        _close(reading_connection, connection)
        raise store_error(error) from error
    except BaseException:
        _close(reading_connection, connection)
        raise


def _open_for_reading(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # Even the choice of a journal changes a file: look first whose it is.
    version = version_of(connection)
    _look_for_damage(connection, path)
    # What is erased is overwritten, or it would stay in the file's unused places.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    bring_up_to_date(connection, path, version)
    # A file that may only be read opens, and even takes its write lock: only a write tells.
    for statement in ("BEGIN IMMEDIATE", "CREATE TABLE touched (at INTEGER)", "ROLLBACK"):
        connection.execute(statement)


def _look_for_damage(connection: sqlite3.Connection, path: Path) -> None:
    if path.stat().st_size <= _CHECKED_UP_TO_BYTES:
        refuse_damage(connection)


def refuse_damage(connection: sqlite3.Connection) -> None:
    """Read the whole file. Raises StoreError when it is damaged, and SQLite's own errors."""
    said = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        raise StoreError(
            "the database's file is damaged: stop yingda, keep a copy, and restore a backup"
        )


def _close(*opened: sqlite3.Connection | None) -> None:
    for connection in opened:
        if connection is not None:
            connection.close()
