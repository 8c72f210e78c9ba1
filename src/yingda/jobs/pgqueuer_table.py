"""The jobs' table on PostgreSQL: PgQueuer's tables and statements, and a few of ours beside them.

A job is a turn's id under the lane that it waits in. PgQueuer makes its tables, writes jobs and
picks them; it lets any worker end any job, so ours end and keep alive only what is still theirs.
Why this engine, and what it costs, stands in docs/discussions/job-engine.md.
"""

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.types import QueueEntrypoint, QueueManagerId
from psycopg import AsyncRawCursor, Error
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from yingda.postgres.address import LIMITS, Connection
from yingda.postgres.refusals import store_error

#: Where PgQueuer's trigger tells of changes of its table.
CHANNEL: Final = "ch_pgqueuer"
#: What its notification says of new jobs.
NEWS: Final = '"insert"'
#: The lane of all providers that have no bound of their own, and what the others' begin with.
_OPEN_LANE: Final = "turn"
_BOUND_LANE: Final = "turn:"
#: Connections for jobs alone. Our choice: one fetches, one ends, one beats.
_CONNECTIONS: Final = 3
#: Rows of the log that nobody reads go after this. Our choice: time to look at them in trouble.
_LOG_KEPT: Final = "10 minutes"
#: Whoever makes or upgrades the tables, or prunes the log, holds it; our choice of numbers.
_PREPARING: Final = 7_236_190_816
_PRUNING: Final = 7_236_190_817

_PICKED: Final = QueryQueueBuilder()
_NAMES: Final = ("priority", "entrypoint", "payload", "execute_after", "dedupe_key", "headers")
_DEFER: Final = re.sub(
    r"\$(\d)", lambda found: f":{_NAMES[int(found[1]) - 1]}", _PICKED.build_enqueue_query("skip")
)
_ENQUEUE: Final = _PICKED.build_enqueue_query("skip")
_BEAT: Final = """
    UPDATE pgqueuer SET heartbeat = now()
    WHERE id = ANY($1) AND queue_manager_id = $2 RETURNING id
"""
_END: Final = "DELETE FROM pgqueuer WHERE id = ANY($1) AND queue_manager_id = $2"
_GIVE_BACK: Final = """
    WITH given AS (
        UPDATE pgqueuer SET status = 'queued', queue_manager_id = NULL, slot = NULL
        WHERE id = ANY($1) AND queue_manager_id = $2 RETURNING id
    ) SELECT pg_notify($3, $4) FROM (SELECT count(*) FROM given) AS told
"""
_LEAVE_LANE: Final = """
    UPDATE pgqueuer SET entrypoint = $3, slot = NULL WHERE id = $1 AND queue_manager_id = $2
"""
_BEFORE: Final = """
    SELECT count(*) FROM pgqueuer own JOIN pgqueuer job
        ON job.entrypoint = own.entrypoint AND job.status = 'queued' AND job.id < own.id
    WHERE own.dedupe_key = $1 AND own.status = 'queued' AND own.entrypoint <> $2
"""
_HAVING: Final = "SELECT dedupe_key FROM pgqueuer WHERE dedupe_key = ANY($1)"
_OPEN_UP: Final = """
    UPDATE pgqueuer SET entrypoint = $1 WHERE status = 'queued' AND NOT entrypoint = ANY($2)
"""
_PRUNE: Final = """
    DELETE FROM pgqueuer_log
    WHERE created < now() - CAST($2 AS interval) AND pg_try_advisory_xact_lock($1)
"""
_IS_MADE: Final = "SELECT to_regclass('pgqueuer') IS NOT NULL"


class Job(NamedTuple):
    """A job that was picked."""

    id: int
    turn_id: int


class Deferral(NamedTuple):
    """The statement that gives a turn its job, with `:name` placeholders, and its values."""

    sql: str
    values: dict[str, Any]


def deferral(turn_id: int, lane: str, lane_limits: Mapping[str, int]) -> Deferral:
    """A job in this lane, for a turn that has none yet; part of the caller's transaction."""
    values = zip(_NAMES, _values([(turn_id, lane)], lane_limits), strict=True)
    return Deferral(_DEFER, dict(values))


def _values(heads: Sequence[tuple[int, str]], lane_limits: Mapping[str, int]) -> list[Any]:
    """The values of PgQueuer's statement, in its order."""
    keys = [str(turn_id) for turn_id, _ in heads]
    return [
        [0] * len(keys),
        [_entrypoint(lane, lane_limits) for _, lane in heads],
        [key.encode() for key in keys],
        [timedelta()] * len(keys),
        keys,
        ["null"] * len(keys),
    ]


def _entrypoint(lane: str, lane_limits: Mapping[str, int]) -> str:
    return f"{_BOUND_LANE}{lane}" if lane in lane_limits else _OPEN_LANE


class _Driver:
    """As much of PgQueuer's driver seam as its statements need, on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch(self, query: str, *values: object) -> list[dict[str, Any]]:
        cursor = AsyncRawCursor(self._connection, row_factory=dict_row)
        await cursor.execute(query.encode(), values or None)
        return await cursor.fetchall() if cursor.description else []

    async def execute(self, query: str, *values: object) -> str:
        cursor = AsyncRawCursor(self._connection)
        # What makes tables is several statements at once, which cannot be prepared.
        await cursor.execute(query.encode(), values or None, prepare=bool(values))
        return cursor.statusmessage or ""


async def prepare(address: dict[str, Any]) -> None:
    """Make PgQueuer's tables, or bring them up to date. Raises StoreError."""
    try:
        async with await Connection.connect(**address) as connection:
            await connection.execute("SELECT pg_advisory_lock($1)", [_PREPARING])
            queries: Any = Queries(_Driver(connection))  # type: ignore[arg-type] # see there
            is_made = await (await connection.execute(_IS_MADE)).fetchall()
            if is_made[0][0]:
                await queries.apply_upgrade()
            else:
                await queries.install()
    except Error as error:
        raise store_error(error) from error


class JobTable:
    """What one worker does to the table. Every method raises psycopg's errors."""

    def __init__(self, address: dict[str, Any], lane_limits: Mapping[str, int]) -> None:
        self._lane_limits = lane_limits
        self._own = QueueManagerId(uuid.uuid4())
        self._bound = {f"{_BOUND_LANE}{lane}": limit for lane, limit in lane_limits.items()}
        self._under_way = 0
        self._pool = AsyncConnectionPool[Connection](
            kwargs=address | {"application_name": "yingda jobs"},
            connection_class=Connection,
            configure=_configure,
            check=AsyncConnectionPool.check_connection,
            min_size=0,
            max_size=_CONNECTIONS,
            timeout=2.0,
            reconnect_timeout=1.0,
            name="yingda-jobs",
            open=False,
        )

    @property
    def is_busy(self) -> bool:
        """Whether a statement is under way; a virtual clock must not jump over it."""
        return self._under_way > 0

    async def open(self) -> None:
        """Be ready for statements; connects when the first one comes."""
        await self._pool.open()

    async def close(self) -> None:
        """Let go of every connection."""
        await self._pool.close()

    async def fetch(self, most: int, stale_after_s: float) -> list[Job]:
        """Pick up to so many jobs, also those whose worker has not beaten for so long."""
        found = await self._pick(most, self._bound, stale_after_s) if self._bound else []
        if len(found) < most:
            found += await self._pick(most - len(found), {_OPEN_LANE: 0}, stale_after_s)
        return found

    async def _pick(self, most: int, limits: Mapping[str, int], stale_after_s: float) -> list[Job]:
        query = _PICKED.build_dequeue_query(
            batch_size=most,
            entrypoints=[QueueEntrypoint(name) for name in limits],
            concurrency_limits=list(limits.values()),
            queue_manager_id=self._own,
            global_concurrency_limit=None,
            heartbeat_timeout=timedelta(seconds=stale_after_s),
        )
        rows = await self._rows(query.sql, *query.args)
        return [Job(row["id"], int(row["payload"])) for row in rows]

    async def beat(self, job_ids: Sequence[int]) -> set[int]:
        """These jobs are still run here; those of them that are still this worker's."""
        return {row["id"] for row in await self._rows(_BEAT, list(job_ids), self._own)}

    async def end(self, job_ids: Sequence[int]) -> None:
        """These are done, as far as they are still this worker's."""
        await self._rows(_END, list(job_ids), self._own)

    async def give_back(self, job_ids: Sequence[int]) -> None:
        """Let others run these."""
        news = json.dumps({"operation": "insert"})
        await self._rows(_GIVE_BACK, list(job_ids), self._own, CHANNEL, news)

    async def leave_lane(self, job_id: int) -> None:
        """The job's place in its lane is free."""
        await self._rows(_LEAVE_LANE, job_id, self._own, _OPEN_LANE)

    async def waiting_before(self, turn_id: int) -> int:
        """How many jobs of its bound lane come before the turn's."""
        rows = await self._rows(_BEFORE, str(turn_id), _OPEN_LANE)
        return int(rows[0]["count"])

    async def adopt(self, heads: Sequence[tuple[int, str]]) -> int:
        """Give a job to each of these turns that has none; how many."""
        keys = [str(turn_id) for turn_id, _ in heads]
        having = {row["dedupe_key"] for row in await self._rows(_HAVING, keys)}
        missing = [head for head, key in zip(heads, keys, strict=True) if key not in having]
        if missing:
            await self._rows(_ENQUEUE, *_values(missing, self._lane_limits))
        # Lanes that the settings do not bound any more, or do not know.
        await self._rows(_OPEN_UP, _OPEN_LANE, [_OPEN_LANE, *self._bound])
        return len(missing)

    async def prune(self) -> None:
        """Forget what PgQueuer logged of jobs that ended."""
        await self._rows(_PRUNE, _PRUNING, _LOG_KEPT)

    async def _rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        self._under_way += 1
        try:
            async with self._pool.connection() as connection:
                return await _Driver(connection).fetch(sql, *values)
        finally:
            self._under_way -= 1


async def _configure(connection: Connection) -> None:
    await connection.execute(LIMITS)
