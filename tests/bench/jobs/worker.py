"""A worker's process: runs turns that an engine brings, against an AI that only takes time.

    python -m bench.jobs.worker ENGINE DSN CONCURRENCY

Says a line of JSON when it is told `figures`. `release` ends every turn whose AI takes for ever.
"""

import asyncio
import contextlib
import logging
import os
import sys
import time

import msgspec
import psycopg
import uvloop
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from bench.jobs import turns
from bench.jobs.base import CONNECTIONS, Connection
from bench.jobs.kinds import ENGINES

#: An AI time that lasts until `release`.
FOR_EVER_S = 1e6
#: Before a lost database, or an engine that gave up, is tried again. Our choice.
_PAUSE_S = 0.2


class Worker:
    """One engine at work."""

    def __init__(self, name: str, dsn: str, concurrency: int) -> None:
        self._engine = ENGINES[name](dsn)
        self._concurrency = concurrency
        self._pool = AsyncConnectionPool[Connection](
            dsn,
            min_size=CONNECTIONS,
            max_size=CONNECTIONS,
            open=False,
            kwargs={"autocommit": True},
            check=AsyncConnectionPool.check_connection,
        )
        self._released = asyncio.Event()
        self._refused = 0
        self._runs = 0
        self._restarts = 0

    async def serve(self) -> None:
        """Work until standard input ends."""
        await self._pool.open()
        work = asyncio.create_task(self._work())
        await self._obey()
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work

    async def _work(self) -> None:
        """An engine that gives up is started again: each of them does when its database is gone."""
        while True:
            try:
                await self._engine.work(self._run, self._concurrency)
            except Exception as error:  # noqa: BLE001 engines raise whatever their drivers raise
                self._restarts += 1
                sys.stderr.write(f"worker {os.getpid()}: {type(error).__name__}: {error}\n")
                await asyncio.sleep(_PAUSE_S)

    async def _run(self, turn_id: int, run_no: int | None) -> None:
        claimed = await self._insist_claim(turn_id, run_no)
        if claimed is None:
            return
        self._runs += 1
        if claimed.ai_s >= FOR_EVER_S:
            await self._released.wait()
        elif claimed.ai_s:
            await asyncio.sleep(claimed.ai_s)
        await self._insist_finish(claimed)

    async def _insist_claim(self, turn_id: int, run_no: int | None) -> turns.Claim | None:
        while True:
            try:
                async with self._pool.connection() as connection:
                    return await turns.claim(connection, turn_id, run_no, os.getpid())
            except (psycopg.OperationalError, PoolTimeout):
                await asyncio.sleep(_PAUSE_S)

    async def _insist_finish(self, claimed: turns.Claim) -> None:
        while True:
            try:
                async with self._pool.connection() as connection:
                    if not await turns.finish(connection, self._engine, claimed):
                        self._refused += 1
                    return
            except (psycopg.OperationalError, PoolTimeout):
                await asyncio.sleep(_PAUSE_S)

    async def _obey(self) -> None:
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            if line.strip() == b"release":
                self._released.set()
            elif line.strip() == b"figures":
                self._say()

    def _say(self) -> None:
        fetch_ms, self._engine.fetch_ms = self._engine.fetch_ms, []
        figures = {
            "fetch_ms": fetch_ms,
            "refused": self._refused,
            "runs": self._runs,
            "restarts": self._restarts,
            "cpu_s": time.process_time(),
        }
        sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
        sys.stdout.flush()


async def _main() -> None:
    name, dsn, concurrency = sys.argv[1:]
    await Worker(name, dsn, int(concurrency)).serve()


if __name__ == "__main__":
    # What an engine logs of a crash that was meant is no news; what it raises is shown above.
    logging.disable(logging.CRITICAL)
    uvloop.run(_main())
