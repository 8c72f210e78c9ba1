"""Brings an SQLite file's tables up to date, with a copy of the file made before each change.

A new file is made by `schema.sql` at once; a test proves that the migrations end equal to it,
and both equal to `schema`. So a start imports neither the schema nor the migration engine.
"""

import itertools
import os
import sqlite3
from pathlib import Path
from typing import Any

import structlog

from yingda.errors import StoreError
from yingda.store.files import make_file
from yingda.store.refusals import file_error, store_error

_log = structlog.get_logger()

#: The newest migration's name; names are four digits, and newer ones sort after older ones.
HEAD = "0010"
FOLDER = Path(__file__).parent / "migrations"
#: Written by `make schema` from `schema`.
SCHEMA_SQL = Path(__file__).parent / "schema.sql"


def version_of(connection: sqlite3.Connection) -> str | None:
    """The version a file is at; None when it holds nothing. Reads only.

    Raises StoreError for a file that is not ours, or was made by a newer yingda.
    """
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if not tables:
        return None
    # Other programs use the same migration engine, and so a table of that name.
    versions = []
    if {"alembic_version", "conversation", "turn", "push"} <= tables:
        versions = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    if len(versions) != 1:
        raise StoreError(
            "the database holds tables that are not yingda's; name another file for the database"
        )
    version: str = versions[0][0]
    if version > HEAD:
        raise newer(version)
    return version


def bring_up_to_date(connection: sqlite3.Connection, path: Path, version: str | None) -> None:
    """Make or migrate the tables of a file that `version_of` has looked at."""
    if version == HEAD:
        return
    if version is None:
        _make(connection)
        return
    copy = _copied(connection, path, version)
    _log.info("store_migrating", from_version=version, to_version=HEAD, copy=str(copy))
    try:
        upgrade(path)
    except BaseException:
        # Nothing was changed; a copy at each of many starts in vain would fill the disk.
        copy.unlink()
        raise


def _make(connection: sqlite3.Connection) -> None:
    script = SCHEMA_SQL.read_text(encoding="utf-8")
    connection.executescript(
        f"""
        BEGIN IMMEDIATE;
        {script}
        CREATE TABLE alembic_version (
            version_num VARCHAR(32) NOT NULL,
            CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
        );
        INSERT INTO alembic_version (version_num) VALUES ('{HEAD}');
        COMMIT;
        """
    )


def _copied(connection: sqlite3.Connection, path: Path, version: str) -> Path:
    """A copy of the whole database on the disk, under a name that was free; none if it fails."""
    names = (f"{path.name}.before-{HEAD}-from-{version}-{n}" for n in itertools.count(1))
    copy = next(copy for copy in map(path.with_name, names) if make_file(copy))
    try:
        # SQLite makes a consistent copy itself, but older versions do not flush it.
        connection.execute("VACUUM INTO ?", (str(copy),))
        _flush(copy)
    except OSError as error:
        copy.unlink()
        raise file_error(error) from error
    except BaseException:
        copy.unlink()
        raise
    return copy


def _flush(path: Path) -> None:
    written = os.open(path, os.O_RDWR)
    try:
        os.fsync(written)
    finally:
        os.close(written)


def upgrade(path: Path, to: str = "head") -> None:
    """Run the missing steps on this file, up to the version `to`, in one transaction.

    Raises StoreError, and changes nothing, when a step fails.
    """
    # Needed once a release; importing these at every start would cost half a second.
    from sqlalchemy import URL, create_engine  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    try:
        upgrade_on(create_engine(URL.create("sqlite", database=str(path))), to)
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.Error):
            raise store_error(error.orig) from error
        raise


def upgrade_on(engine: Any, to: str) -> None:
    """The same on any database, by an engine that is let go of afterwards.

    Raises StoreError for steps that nobody knows, and what the engine raises.
    """
    from alembic import command  # noqa: PLC0415 - as above
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    # The engine goes in as a value, and a path's own percent signs are told apart, for settings
    # are put together by percent signs.
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["engine"] = engine
    try:
        command.upgrade(config, to)
    except CommandError as error:
        raise newer("what it is at") from error


def newer(version: str) -> StoreError:
    """The tables are of a version that this yingda has no steps for."""
    return StoreError(
        f"this yingda knows versions up to {HEAD} of the database, not {version}; install the"
        " newer yingda that made it, or restore the copy that was made before it was migrated"
    )
