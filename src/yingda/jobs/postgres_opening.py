"""Makes PgQueuer's tables in a PostgreSQL database, or brings them up to date.

Several processes may start at once: one of them makes or changes the tables, the others wait.
"""

from importlib.metadata import version
from typing import Any, Final, cast

import structlog
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.ports.driver import Driver
from psycopg import AsyncRawCursor, Error
from psycopg.rows import dict_row

from yingda.jobs.postgres_engine import LOG, SETTINGS, TABLE
from yingda.postgres.address import Connection
from yingda.postgres.advisory import PREPARING_JOBS, take_turn
from yingda.postgres.refusals import store_error

_log = structlog.get_logger()

# PostgreSQL lets transactions that notify end one after the other, each with its flush: measured,
# 440 new jobs a second instead of 1400. So jobs are told of after their transaction, by us.
_SILENCE: Final = f"ALTER TABLE {TABLE} DISABLE TRIGGER {SETTINGS.trigger}"
# PgQueuer would let a million dead lines gather there, for it never deletes any; we do. Our choice.
_VACUUM_LOG: Final = f"""
    ALTER TABLE {LOG} SET (
        autovacuum_vacuum_scale_factor = 0.2, autovacuum_vacuum_threshold = 5000
    )
"""
# No statement of ours is served by these, and a plan that was made while the table was small reads
# every job that runs by them: 1.6 ms of a fetch with 5000 running (measured).
_NEEDLESS: Final = f"DROP INDEX IF EXISTS {TABLE}_updated_id_id1_idx, {TABLE}_priority_id_id1_idx"
#: Comparing the tables with what they should be takes some 100 ms (measured), so the release that
#: has done it leaves its mark.
_MARK: Final = f"PgQueuer {version('pgqueuer')}, made by yingda, second form"
_READ_MARK: Final = f"SELECT obj_description(to_regclass('{TABLE}'), 'pg_class')"
_WRITE_MARK: Final = f"COMMENT ON TABLE {TABLE} IS '{_MARK}'"


class _OneConnection:
    """As much of PgQueuer's driver seam as its tables' making needs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch(self, query: str, *values: object) -> list[dict[str, Any]]:
        """The rows of a statement."""
        cursor = AsyncRawCursor(self._connection, row_factory=dict_row)
        await cursor.execute(query.encode(), values or None)
        return await cursor.fetchall()

    async def execute(self, query: str, *values: object) -> str:
        """What the server says of one statement, or of several without values."""
        cursor = AsyncRawCursor(self._connection)
        # Several at once cannot be prepared.
        await cursor.execute(query.encode(), values or None, prepare=False)
        return cursor.statusmessage or ""


async def prepare(address: dict[str, Any]) -> None:
    """Make sure that the tables are there and up to date. Raises StoreError."""
    try:
        async with await Connection.connect(**address) as connection:
            if await _mark_of(connection) != _MARK:
                await take_turn(
                    connection, PREPARING_JOBS, lambda: _log.info("jobs_waiting_for_tables")
                )
                await _bring_up_to_date(connection)
    except Error as error:
        raise store_error(error) from error


async def _mark_of(connection: Connection) -> str | None:
    cursor = await connection.execute(_READ_MARK)
    mark: str | None = (await cursor.fetchall())[0][0]
    return mark


async def _bring_up_to_date(connection: Connection) -> None:
    if await _mark_of(connection) == _MARK:
        # Whoever held the lock before has done it.
        return
    driver = cast("Driver", _OneConnection(connection))
    queries = Queries(driver, qbe=QueryBuilderEnvironment(settings=SETTINGS))
    if await queries.schema_is_installed():
        done = await queries.apply_upgrade()
        _log.info("jobs_tables_changed", statements=len(done.statements))
    else:
        await queries.install()
        _log.info("jobs_tables_made")
    await queries.optimize_autovacuum()
    await connection.execute(_SILENCE)
    await connection.execute(_NEEDLESS)
    await connection.execute(_VACUUM_LOG)
    await connection.execute(_WRITE_MARK)
