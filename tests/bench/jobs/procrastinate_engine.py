"""Procrastinate, with what it does not do by itself: the jobs of dead workers are deferred anew."""

import asyncio
import time
from typing import Any

import procrastinate

from bench.jobs.base import BEAT_S, CONNECTIONS, DEAD_AFTER_S, POLL_S, Connection, Run


class Procrastinate:
    """Implements `base.Engine`."""

    tables = ("procrastinate_jobs", "procrastinate_events", "procrastinate_workers")

    lose = """
        UPDATE procrastinate_jobs SET status = 'doing',
            worker_id = (SELECT max(id) FROM procrastinate_workers)
        WHERE status = 'todo'
    """

    def __init__(self, dsn: str) -> None:
        self.fetch_ms: list[float] = []
        self._app: Any = procrastinate.App(
            connector=procrastinate.PsycopgConnector(conninfo=dsn, min_size=1, max_size=CONNECTIONS)
        )
        self._run: Run | None = None
        self._task: Any = self._app.task(name="turn")(self._do)
        self._fetch = self._app.job_manager.fetch_job
        self._app.job_manager.fetch_job = self._timed

    async def install(self) -> None:
        async with self._app.open_async():
            await self._app.schema_manager.apply_schema_async()

    async def defer(self, connection: Connection, turn_id: int) -> None:
        await self._task.configure(connection=connection).defer_async(turn_id=turn_id)

    async def work(self, run: Run, concurrency: int) -> None:
        self._run = run
        async with self._app.open_async(), asyncio.TaskGroup() as tasks:
            rescue = tasks.create_task(self._rescue())
            await self._app.run_worker_async(
                concurrency=concurrency,
                delete_jobs="always",
                fetch_job_polling_interval=POLL_S,
                update_heartbeat_interval=BEAT_S,
                stalled_worker_timeout=DEAD_AFTER_S,
                install_signal_handlers=False,
            )
            rescue.cancel()
            raise ConnectionError("the worker stopped by itself")

    async def _do(self, turn_id: int) -> None:
        assert self._run is not None
        await self._run(turn_id, None)

    async def _timed(self, **arguments: Any) -> Any:
        begin = time.perf_counter()
        job = await self._fetch(**arguments)
        if job is not None:
            self.fetch_ms.append((time.perf_counter() - begin) * 1000)
        return job

    async def _rescue(self) -> None:
        """As its documentation tells to do by a periodic task of one's own."""
        manager = self._app.job_manager
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                for job in await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S):
                    await manager.retry_job(job)
            except procrastinate.exceptions.ConnectorException:
                continue
