"""The product's own jobs: our loop on the tables of PgQueuer."""

import asyncio
import time
from typing import Any

from psycopg import AsyncRawCursor

from bench.jobs.base import Connection, Run
from yingda.clock import SystemClock
from yingda.jobs.postgres import PostgresJobs
from yingda.jobs.postgres_engine import CHANNEL, ENQUEUE, OPEN, enqueued
from yingda.jobs.postgres_opening import prepare
from yingda.postgres.address import address_of
from yingda.postgres.listening import Ear


class Own:
    """Implements `base.Engine`."""

    tables = ("pgqueuer", "pgqueuer_log", "pgqueuer_statistics", "pgqueuer_schedules")
    lose = """
        UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(),
            heartbeat = now(), updated = now()
        WHERE status = 'queued'
    """

    def __init__(self, dsn: str) -> None:
        self.fetch_ms: list[float] = []
        self._address = address_of(dsn)

    async def install(self) -> None:
        await prepare(self._address)

    async def defer(self, connection: Connection, turn_id: int) -> None:
        cursor = AsyncRawCursor(connection)
        await cursor.execute(ENQUEUE, enqueued([(turn_id, OPEN)]))
        # As the engines do. The product tells of it after the transaction, which costs it less.
        await cursor.execute(f"SELECT pg_notify('{CHANNEL}', 'queued')")

    async def work(self, run: Run, concurrency: int) -> None:
        clock = SystemClock()
        ear = Ear(self._address, clock)
        jobs = PostgresJobs(self._address, ear, clock, concurrency=concurrency)
        self._time_fetches(jobs._table)
        await ear.start()
        jobs.start(lambda turn_id: run(turn_id, None))
        try:
            await asyncio.Event().wait()
        finally:
            await jobs.close()
            await ear.close()

    def _time_fetches(self, table: Any) -> None:
        fetch = table.fetch

        async def timed(*values: Any) -> Any:
            begin = time.perf_counter()
            jobs = await fetch(*values)
            if jobs:
                self.fetch_ms.append((time.perf_counter() - begin) * 1000)
            return jobs

        table.fetch = timed
