"""No engine: the least that fetches turns from our own table. A yardstick, no candidate.

It has no retries, no schedules, no cancelling, no tools and no other users; what it costs is what
is left when an engine costs nothing.
"""

import asyncio
import time

import psycopg
from psycopg_pool import AsyncConnectionPool

from bench.jobs.base import BEAT_S, CONNECTIONS, DEAD_AFTER_S, POLL_S, Connection, Run

_SCHEMA = """
    CREATE TABLE bare_worker (
        id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
        seen_at timestamptz NOT NULL DEFAULT now()
    )
"""
_DEFER = "WITH due AS (UPDATE turn SET is_due = true WHERE id = %s) SELECT pg_notify('bare', '')"
_REGISTER = "INSERT INTO bare_worker DEFAULT VALUES RETURNING id"
_BEAT = """
    INSERT INTO bare_worker (id) OVERRIDING SYSTEM VALUE VALUES (%s)
    ON CONFLICT (id) DO UPDATE SET seen_at = now()
"""
# Fetching and claiming are one statement: the turn is the job.
_FETCH = """
    UPDATE turn SET is_due = false, state = 'running', run_no = run_no + 1, worker_id = %s
    WHERE id IN (SELECT id FROM turn WHERE is_due ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING id, run_no
"""
_RESCUE = """
    WITH dead AS (
        DELETE FROM bare_worker WHERE seen_at < now() - %s * interval '1 second' RETURNING id
    ) UPDATE turn SET is_due = true FROM dead
    WHERE turn.worker_id = dead.id AND turn.state = 'running' RETURNING pg_notify('bare', '')
"""
#: Turns for one fetch, as many as PgQueuer fetches.
_BATCH = 50


class Bare:
    """Implements `base.Engine`."""

    tables = ("bare_worker",)
    lose = """
        UPDATE turn SET is_due = false, state = 'running', run_no = run_no + 1,
            worker_id = (SELECT max(id) FROM bare_worker)
        WHERE is_due
    """

    def __init__(self, dsn: str) -> None:
        self.fetch_ms: list[float] = []
        self._dsn = dsn
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    async def install(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._dsn) as connection:
            await connection.execute(_SCHEMA)

    async def defer(self, connection: Connection, turn_id: int) -> None:
        await connection.execute(_DEFER, (turn_id,))

    async def work(self, run: Run, concurrency: int) -> None:
        async with (
            AsyncConnectionPool(
                self._dsn,
                min_size=1,
                max_size=CONNECTIONS,
                kwargs={"autocommit": True},
                check=AsyncConnectionPool.check_connection,
                open=False,
            ) as pool,
            asyncio.TaskGroup() as tasks,
        ):
            async with pool.connection() as connection:
                worker_id = (await (await connection.execute(_REGISTER)).fetchall())[0][0]
            tasks.create_task(self._listen())
            tasks.create_task(self._beat(pool, worker_id))
            while True:
                await self._fetch(pool, worker_id, run, concurrency)
                self._wake.clear()
                try:
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
                except TimeoutError:
                    continue

    async def _fetch(
        self, pool: AsyncConnectionPool[Connection], worker_id: int, run: Run, concurrency: int
    ) -> None:
        while free := min(_BATCH, concurrency - len(self._running)):
            begin = time.perf_counter()
            async with pool.connection() as connection:
                cursor = await connection.execute(_FETCH, (worker_id, free))
                found = await cursor.fetchall()
            if not found:
                return
            self.fetch_ms.append((time.perf_counter() - begin) * 1000)
            for turn_id, run_no in found:
                task = asyncio.ensure_future(run(turn_id, run_no))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._dsn, autocommit=True
                ) as connection:
                    await connection.execute("LISTEN bare")
                    async for _ in connection.notifies():
                        self._wake.set()
            except psycopg.OperationalError:
                await asyncio.sleep(BEAT_S / 10)

    async def _beat(self, pool: AsyncConnectionPool[Connection], worker_id: int) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            async with pool.connection() as connection:
                await connection.execute(_BEAT, (worker_id,))
                await connection.execute(_RESCUE, (DEAD_AFTER_S,))
