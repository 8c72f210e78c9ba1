"""Brings an SQLite file's tables up to date, with a copy of the file made before each change.

A new file is made by `schema.sql` at once; a test proves that the migrations end equal to it,
and both equal to `schema`. So a start imports neither the schema nor the migration engine.
"""

import sqlite3
import time
from pathlib import Path

import structlog

from yingda.errors import StoreError

_log = structlog.get_logger()

#: The newest migration's name.
HEAD = "0001"
FOLDER = Path(__file__).parent / "migrations"
#: Written by `make schema` from `schema`.
SCHEMA_SQL = Path(__file__).parent / "schema.sql"


def bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    """Make or migrate the tables. Raises StoreError for a file that is not ours, or newer."""
    version = _version(connection)
    if version == HEAD:
        return
    if version is None:
        _make(connection)
        return
    copy = path.with_name(f"{path.name}.before-{HEAD}-from-{version}-{int(time.time())}")
    # SQLite makes a consistent copy itself.
    connection.execute("VACUUM INTO ?", (str(copy),))
    _log.info("store_migrating", from_version=version, to_version=HEAD, copy=str(copy))
    upgrade(path)


def _version(connection: sqlite3.Connection) -> str | None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if "alembic_version" in tables:
        version: str = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        return version
    if tables:
        raise StoreError(
            "the database holds tables that are not yingda's; name another file for the database"
        )
    return None


def _make(connection: sqlite3.Connection) -> None:
    script = SCHEMA_SQL.read_text(encoding="utf-8")
    connection.executescript(
        f"""
        BEGIN IMMEDIATE;
        {script}
        CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
        INSERT INTO alembic_version (version_num) VALUES ('{HEAD}');
        COMMIT;
        """
    )


def upgrade(path: Path, to: str = "head") -> None:
    """Run the missing steps on this file, up to the version `to`, in one transaction."""
    # Needed once a release; importing these at every start would cost half a second.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("sqlalchemy.url", f"sqlite:///{path}")
    try:
        command.upgrade(config, to)
    except CommandError as error:
        raise StoreError(
            "the database was made by a newer version of yingda; install that one, "
            "or restore the copy that was made before it was migrated"
        ) from error
