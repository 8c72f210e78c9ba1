"""PgQueuer, on a driver with a listening connection of its own or, to compare, on its stock one."""

import time
from datetime import timedelta
from typing import Any

import psycopg
from pgqueuer.adapters.drivers.psycopg import PsycopgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager

from bench.jobs.base import DEAD_AFTER_S, POLL_S, Connection, Run
from bench.jobs.pgqueuer_driver import PoolDriver

#: Jobs for one fetch. Our choice: the cap is then kept to within a hundredth of our 5000.
_BATCH = 50


class PgQueuer:
    """Implements `base.Engine`."""

    tables = ("pgqueuer", "pgqueuer_log", "pgqueuer_statistics", "pgqueuer_schedules")

    # Who has a job plays no part in whether it is picked again: its heartbeat does.
    lose = """
        UPDATE pgqueuer SET status = 'picked', queue_manager_id = gen_random_uuid(),
            heartbeat = now(), updated = now()
        WHERE status = 'queued'
    """

    def __init__(self, dsn: str) -> None:
        self.fetch_ms: list[float] = []
        self._dsn = dsn

    async def install(self) -> None:
        async with await self._connect() as connection:
            queries: Any = Queries(PsycopgDriver(connection))
            await queries.install()
            await queries.optimize_autovacuum()

    async def defer(self, connection: Connection, turn_id: int) -> None:
        # It asks for autocommit; within `transaction()` that means the transaction that is open.
        await Queries(PsycopgDriver(connection)).enqueue("turn", str(turn_id).encode())

    async def work(self, run: Run, concurrency: int) -> None:
        async with PoolDriver(self._dsn) as driver:
            await self._work_on(driver, run, concurrency)

    async def _work_on(self, driver: Any, run: Run, concurrency: int) -> None:
        queries: Any = Queries(driver)
        dequeue = queries.dequeue

        async def timed(**arguments: Any) -> Any:
            begin = time.perf_counter()
            jobs = await dequeue(**arguments)
            if jobs:
                self.fetch_ms.append((time.perf_counter() - begin) * 1000)
            return jobs

        async def do(job: Any) -> None:
            await run(int(job.payload), None)

        queries.dequeue = timed
        manager: Any = QueueManager(queries)
        self._prepare(queries, manager)
        manager.entrypoint("turn")(do)
        await manager.run(
            dequeue_timeout=timedelta(seconds=POLL_S),
            batch_size=_BATCH,
            max_concurrent_tasks=concurrency,
            heartbeat_timeout=timedelta(seconds=DEAD_AFTER_S),
            shutdown_on_listener_failure=True,
        )
        raise ConnectionError("the worker stopped by itself")

    def _prepare(self, queries: Any, manager: Any) -> None:
        """Nothing here: it works as it comes."""

    async def _connect(self) -> Connection:
        return await psycopg.AsyncConnection.connect(self._dsn, autocommit=True)


class StockPgQueuer(PgQueuer):
    """The same on the driver for psycopg that it brings: one connection for everything."""

    async def work(self, run: Run, concurrency: int) -> None:
        async with await self._connect() as connection:
            await self._work_on(PsycopgDriver(connection), run, concurrency)


class OwningPgQueuer(PgQueuer):
    """The same where a worker ends only jobs that are still its own."""

    def _prepare(self, queries: Any, manager: Any) -> None:
        log_jobs = queries.log_jobs

        async def log_own(ended: Any) -> None:
            rows = await queries.driver.fetch(
                "SELECT id FROM pgqueuer WHERE id = ANY($1) AND queue_manager_id = $2",
                [job.id for job, _, _ in ended],
                manager.queue_manager_id,
            )
            own = {row["id"] for row in rows}
            if own:
                await log_jobs([entry for entry in ended if entry[0].id in own])

        queries.log_jobs = log_own
