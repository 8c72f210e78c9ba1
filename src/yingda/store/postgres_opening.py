"""Opens a PostgreSQL database: looks whether it will do, and brings its tables up to date.

Several processes may start at once: one of them makes or changes the tables, the others wait.
"""

import asyncio
from collections.abc import Set as AbstractSet
from typing import Any

import psycopg
import structlog
from psycopg import Error, errors

from yingda.errors import StoreError
from yingda.postgres.address import Connection
from yingda.postgres.advisory import MIGRATING, take_turn
from yingda.postgres.refusals import SHARED_SESSION, store_error
from yingda.store.migrate import HEAD, newer, upgrade_on
from yingda.store.postgres_months import arrange_months

_log = structlog.get_logger()

#: The oldest version that still gets fixes, in November 2026. Official page:
#: postgresql.org/support/versioning.
OLDEST = 140_000
#: How often a proxy is asked for its session once more. Our choice: fewer sessions than that are
#: seldom given in turn.
_ASKED_AGAIN = 8
#: How long servers of the former version may have to wait behind a step that waits for a lock, how
#: often it is tried, and after what pause. Our choice: theirs is an attempt of 5 s, of which a
#: statement may wait 1.5 s; a backup that holds the tables for longer is to end first.
_LOCK_WAIT_MS = 1000
_TRIES = 10
_PAUSE_S = 2.0
_OURS = frozenset({"conversation", "push", "turn"})
#: What stands in the schema, and what it is at.
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
VERSIONS = "SELECT version_num FROM alembic_version"
_WHOLE = "SELECT current_setting('server_encoding'), current_schema(), pg_backend_pid()"


async def prepare(address: dict[str, Any]) -> None:
    """Make sure that the database can be used, and that its tables are up to date.

    Raises StoreError, and changes nothing, when it is not fit or was made by a newer yingda.
    """
    try:
        async with await Connection.connect(**address) as connection:
            await _look(connection, address)
            if await version_of(connection) != HEAD:
                await _bring_up_to_date(connection, address)
            await arrange_months(connection)
    except Error as error:
        raise store_error(error) from error


async def _look(connection: Connection, address: dict[str, Any]) -> None:
    if connection.info.server_version < OLDEST:
        raise StoreError(
            f"this is PostgreSQL {connection.info.server_version // 10_000}, and yingda needs"
            f" {OLDEST // 10_000} or newer: upgrade it"
        )
    cursor = await connection.execute(_WHOLE)
    (row,) = await cursor.fetchall()
    encoding, schema, process = row
    if encoding != "UTF8":
        raise StoreError(
            f"the database keeps text as {encoding}, which cannot hold every character; make one"
            " with createdb --encoding=UTF8 --template=template0"
        )
    if schema is None:
        raise StoreError(
            "the user has no schema to work in; make one, or set search_path for this user"
        )
    # A proxy in between makes this number up.
    if process != connection.info.backend_pid and await _is_shared(connection, process, address):
        raise StoreError("; ".join(SHARED_SESSION))


async def _is_shared(connection: Connection, process: int, address: dict[str, Any]) -> bool:
    """Whether another client's transaction is given the server session that this one had."""
    async with await Connection.connect(**address) as other, other.transaction():
        if await _process_of(other) == process or await _process_of(connection) != process:
            return True
    # A proxy that gives its sessions in turn gave another one's just now, and ours is left.
    for _ in range(_ASKED_AGAIN):
        if await _process_of(connection) != process:
            return True
    return False


async def _process_of(connection: Connection) -> int:
    cursor = await connection.execute("SELECT pg_backend_pid()")
    process: int = (await cursor.fetchall())[0][0]
    return process


async def version_of(connection: Connection) -> str | None:
    """The version that the tables are at; None when there are none. Raises as `known_version`."""
    cursor = await connection.execute(TABLES)
    tables = {name for (name,) in await cursor.fetchall()}
    versions: list[str] = []
    if "alembic_version" in tables:
        cursor = await connection.execute(VERSIONS)
        versions = [name for (name,) in await cursor.fetchall()]
    return known_version(tables, versions)


def known_version(tables: AbstractSet[str], versions: list[str]) -> str | None:
    """What a schema with these tables and version numbers is at; None when none of it is ours.

    Raises StoreError for tables of the same names that are not ours, or of a newer yingda.
    """
    ours = tables & _OURS
    if not ours and not versions:
        return None
    if len(ours) != len(_OURS) or len(versions) != 1:
        raise StoreError(
            "the database holds tables that are not yingda's; name another database, or give"
            " yingda's user a schema of its own by search_path"
        )
    if versions[0] > HEAD:
        raise newer(versions[0])
    return versions[0]


async def _bring_up_to_date(connection: Connection, address: dict[str, Any]) -> None:
    await take_turn(connection, MIGRATING, lambda: _log.info("store_waiting_for_migration"))
    version = await version_of(connection)
    if version == HEAD:
        return
    _log.info("store_migrating", from_version=version, to_version=HEAD)
    for tries_left in reversed(range(_TRIES)):
        try:
            await asyncio.to_thread(upgrade, address)
        except StoreError as error:
            if not tries_left or not isinstance(error.__cause__, errors.LockNotAvailable):
                raise
            _log.info("store_migration_put_off", reason=str(error))
            await asyncio.sleep(_PAUSE_S)
        else:
            return


def upgrade(address: dict[str, Any], to: str = "head") -> None:
    """Run the missing steps on this database, up to the version `to`, in one transaction.

    Raises StoreError, and changes nothing, when a step fails. A step that has to leave the
    transaction does nothing else, and keeps what came before it.
    """
    # Needed once a release; importing it at every start would cost half a second.
    from sqlalchemy import create_engine, pool  # noqa: PLC0415
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: _impatient(address),
        poolclass=pool.NullPool,
    )
    try:
        upgrade_on(engine, to)
    except DBAPIError as error:
        if isinstance(error.orig, Error):
            raise store_error(error.orig) from error.orig
        raise


def _impatient(address: dict[str, Any]) -> psycopg.Connection[Any]:
    """A connection that gives up a lock it does not get soon: whoever comes waits behind it."""
    connection = psycopg.connect(**address, autocommit=True)
    connection.execute("SELECT set_config('lock_timeout', %s, false)", [f"{_LOCK_WAIT_MS}ms"])
    connection.autocommit = False
    return connection
