"""What one worker does to the jobs in PostgreSQL: each deed is one statement.

PgQueuer's own statements enqueue and fetch. The others stand here because PgQueuer lets any worker
end, and keep alive, any job: these touch only what is still this worker's.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

from pgqueuer.adapters.persistence.queries import lost_capacity_slot_race
from psycopg import Error
from psycopg.rows import dict_row

from yingda.clock import Clock
from yingda.errors import StoreError
from yingda.jobs.postgres_engine import (
    CHANNEL,
    ENQUEUE,
    LIMITED,
    LOG,
    OPEN,
    SLOTS,
    TABLE,
    enqueued,
    fetching,
)
from yingda.postgres.address import ANSWER_LIMIT_S, LIMITS, Connection
from yingda.postgres.advisory import PRUNING_JOBS
from yingda.postgres.pool import pool_of
from yingda.postgres.refusals import slow_error, store_error

#: Connections of one worker. Our choice: one fetches, one beats and ends, one is for whoever asks.
_CONNECTIONS: Final = 3
#: Jobs of one statement that gives many. Our choice: some hundred kilobytes.
_ADOPTED: Final = 1000
#: Log lines of one statement that deletes them. Our choice: some ten ms.
_PRUNED: Final = 5000

# Statements are planned once, often while no job is there, and then reading the whole table looks
# best; and only a plain look into an index passes over what is dead in it, as each heartbeat leaves
# behind. Nothing here has to outlive a crash of the server: what it forgets is done again, and a
# claim that is durable makes durable what was done before it. All measured with 5000 jobs that run:
# docs/discussions/job-engine.md.
_HABITS = (
    f"{LIMITS}, set_config('enable_seqscan', 'off', false),"
    " set_config('enable_bitmapscan', 'off', false),"
    " set_config('synchronous_commit', 'off', false)"
)
# The index of the jobs' owners would serve as well, but leads through all that run here.
_OURS = "id = ANY($1) AND (queue_manager_id = $2) IS TRUE"
_BEAT = f"UPDATE {TABLE} SET heartbeat = NOW() WHERE {_OURS} RETURNING id"
_END = f"DELETE FROM {TABLE} WHERE {_OURS}"
_TELL = f"SELECT pg_notify('{CHANNEL}', 'queued')"
# Rare enough to be told of in the same transaction.
_TOLD = (
    f"SELECT pg_notify('{CHANNEL}', 'queued') FROM (SELECT 1 FROM changed LIMIT 1) AS any_of_them"
)
_GIVE_BACK = f"""
    WITH changed AS (
        UPDATE {TABLE}
        SET status = 'queued', queue_manager_id = NULL, slot = NULL, updated = NOW()
        WHERE {_OURS} RETURNING id
    ) {_TOLD}
"""
_LEAVE = f"""
    WITH changed AS (
        UPDATE {TABLE} SET entrypoint = '{OPEN}', slot = NULL WHERE {_OURS} RETURNING id
    ) {_TOLD}
"""
_WITHDRAW = f"DELETE FROM {TABLE} WHERE dedupe_key = ANY($1) AND status = 'queued'"
_BEFORE = f"""
    SELECT count(*) FROM {TABLE} AS job JOIN {TABLE} AS earlier
        ON earlier.entrypoint = job.entrypoint AND earlier.id < job.id
    WHERE job.dedupe_key = $1 AND job.status = 'queued' AND job.entrypoint <> '{OPEN}'
        AND earlier.status = 'queued'
"""
_LANES = f"""
    SELECT DISTINCT entrypoint FROM {TABLE}
    WHERE starts_with(entrypoint, '{LIMITED}') AND entrypoint <> ALL($1)
"""
_PRUNE = f"""
    WITH gone AS (
        DELETE FROM {LOG} WHERE id IN (
            SELECT id FROM {LOG} WHERE created < NOW() - $1
            ORDER BY created LIMIT $2
        ) AND (SELECT pg_try_advisory_xact_lock($3)) RETURNING 1
    ) SELECT count(*) FROM gone
"""


class Fetched(NamedTuple):
    """A job that is this worker's from now on."""

    job_id: int
    turn_id: int
    is_limited: bool


class JobTable:
    """The jobs, as one worker sees and changes them. Every deed raises StoreError."""

    def __init__(self, address: dict[str, Any], clock: Clock) -> None:
        #: Whose jobs those are that are fetched here: a name for this life of the process.
        self.worker: Final[UUID] = uuid4()
        self._clock = clock
        self._under_way = 0
        named = address | {"application_name": "yingda jobs"}
        self._pool = pool_of(named, name="yingda-jobs", most=_CONNECTIONS, habits=_HABITS)

    @property
    def is_busy(self) -> bool:
        """Whether a statement is under way; a virtual clock must not jump over it."""
        return self._under_way > 0

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def fetch(
        self, most: int, limits: Mapping[str, int], stale_after: timedelta
    ) -> Sequence[Fetched]:
        """Take so many of the jobs that may run, at most, in the order in which they came.

        A limit counts over all workers; 0 is none. `stale_after` is how long a job of another
        worker may have had no heartbeat before it is taken as well.
        """
        query = fetching(most, limits, self.worker, stale_after)
        try:
            rows = await self._named_rows(query.sql, query.args)
        except StoreError as error:
            refused = error.__cause__
            # Another worker had the place: there will be a next time.
            if isinstance(refused, Error) and lost_capacity_slot_race(refused, SLOTS):
                return ()
            raise
        return [Fetched(row["id"], int(row["payload"]), row["entrypoint"] != OPEN) for row in rows]

    async def beat(self, job_ids: Sequence[int]) -> AbstractSet[int]:
        """Show that these jobs are alive; returns those that are still this worker's."""
        return {job_id for (job_id,) in await self._rows(_BEAT, [list(job_ids), self.worker])}

    async def end(self, job_ids: Sequence[int]) -> None:
        """These jobs are done."""
        await self._rows(_END, [list(job_ids), self.worker])

    async def give_back(self, job_ids: Sequence[int]) -> None:
        """Let any worker take these jobs, at once."""
        await self._rows(_GIVE_BACK, [list(job_ids), self.worker])

    async def tell(self, _: Sequence[int]) -> None:
        """Let every worker that hears look for jobs."""
        await self._rows(_TELL, [])

    async def leave(self, job_ids: Sequence[int]) -> None:
        """These jobs go on, and count for their lanes' limits no more."""
        await self._rows(_LEAVE, [list(job_ids), self.worker])

    async def withdraw(self, turn_ids: Sequence[int]) -> None:
        """Take the jobs of these turns away, unless they run."""
        await self._rows(_WITHDRAW, [[str(turn_id) for turn_id in turn_ids]])

    async def adopt(self, jobs: Sequence[tuple[int, str]]) -> int:
        """Give a job, with this entry point, to each turn that has none; returns to how many."""
        given = 0
        for begin in range(0, len(jobs), _ADOPTED):
            given += len(await self._rows(ENQUEUE, enqueued(jobs[begin : begin + _ADOPTED])))
        return given

    async def before(self, turn_id: int) -> int:
        """How many jobs wait in this turn's lane before it; 0 where the lane has no limit."""
        found = await self._rows(_BEFORE, [str(turn_id)])
        count: int = found[0][0]
        return count

    async def other_lanes(self, known: Sequence[str]) -> Sequence[str]:
        """The entry points of lanes with a limit that jobs have, beside those that are known."""
        return [name for (name,) in await self._rows(_LANES, [list(known)])]

    async def prune_log(self, older_than: timedelta) -> None:
        """Delete old lines of PgQueuer's log, unless another worker does."""
        while (await self._rows(_PRUNE, [older_than, _PRUNED, PRUNING_JOBS]))[0][0] == _PRUNED:
            pass

    async def _rows(self, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        async with self._connection() as connection:
            cursor = await connection.execute(sql, values)
            return await cursor.fetchall() if cursor.description else []

    async def _named_rows(self, sql: str, values: Sequence[Any]) -> list[dict[str, Any]]:
        async with self._connection() as connection:
            cursor = connection.cursor(row_factory=dict_row)
            await cursor.execute(sql, values)
            return await cursor.fetchall()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        self._under_way += 1
        try:
            async with self._clock.timeout(ANSWER_LIMIT_S):
                # Does nothing once it is open.
                await self._pool.open()
                async with self._pool.connection() as connection:
                    yield connection
        except TimeoutError as error:
            raise slow_error(ANSWER_LIMIT_S) from error
        except Error as error:
            if not error.sqlstate or error.sqlstate.startswith(("08", "57P")):
                # One dead connection is seldom alone: have all that wait looked at.
                await self._pool.check()
            raise store_error(error) from error
        finally:
            self._under_way -= 1
