"""One engine's world in a measurement: a fresh database, who asks, and the workers' processes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg

from bench.jobs import turns
from bench.jobs.base import Connection, Engine
from bench.jobs.kinds import ENGINES
from bench.jobs.postgres import Database
from bench.machine import cpu_s

_POLL_S = 0.05
_READY_QUESTIONS = 400


class LateError(Exception):
    """Something did not happen in time; its text says what."""


class WorkerProcess:
    """A worker's process, which `bench.jobs.worker` is."""

    def __init__(self, engine: str, dsn: str, concurrency: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603 our own interpreter and module
            [sys.executable, "-m", "bench.jobs.worker", engine, dsn, str(concurrency)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid

    def cpu_s(self) -> float:
        """Seconds of processor time that it has used."""
        return cpu_s(self.pid)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def release(self) -> None:
        """End the turns whose AI takes for ever."""
        self._tell("release")

    def figures(self) -> dict[str, Any]:
        """What it counted; fetch times since it was asked last."""
        self._tell("figures")
        assert self._process.stdout is not None
        figures: dict[str, Any] = json.loads(self._process.stdout.readline())
        return figures

    def end(self) -> None:
        """Kill it, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


class World:
    """What one measurement has to itself."""

    def __init__(self, name: str, dsn: str, database: Database, connection: Connection) -> None:
        self.name = name
        self.dsn = dsn
        self.database = database
        self.connection = connection
        self.engine: Engine = ENGINES[name](dsn)
        self.workers: list[WorkerProcess] = []

    def start_worker(self, concurrency: int = 5000) -> WorkerProcess:
        """One worker more."""
        worker = WorkerProcess(self.name, self.dsn, concurrency)
        self.workers.append(worker)
        return worker

    async def ask(self, ai_s: float, count: int = 1) -> list[int]:
        """Questions of new followers, one after the other."""
        made = await self.rows(
            "WITH n AS (SELECT generate_series(1, %s)) "
            "INSERT INTO conversation SELECT FROM n RETURNING id",
            count,
        )
        return [await self.ask_in(row[0], ai_s) for row in made]

    async def ask_in(self, conversation_id: int, ai_s: float) -> int:
        """One more question in a conversation."""
        return await turns.enter(self.connection, self.engine, conversation_id, ai_s)

    async def rows(self, statement: str, *values: object) -> Sequence[tuple[Any, ...]]:
        """What a statement brings."""
        cursor = await self.connection.execute(statement.encode(), values or None)
        return await cursor.fetchall()

    async def count(self, statement: str, *values: object) -> int:
        """The one number that a statement brings."""
        return int((await self.rows(statement, *values))[0][0])

    async def until(self, what: str, wanted: int, limit_s: float, statement: str) -> float:
        """Seconds until a statement's number is at least `wanted`.

        Raises LateError when that takes longer than `limit_s`.
        """
        begin = time.monotonic()
        found = 0
        while time.monotonic() - begin < limit_s:
            found = await self.count(statement)
            if found >= wanted:
                return time.monotonic() - begin
            await asyncio.sleep(_POLL_S)
        raise LateError(f"{what}: {found} of {wanted} after {limit_s:.0f} s")

    async def until_running(self, wanted: int, limit_s: float = 120.0) -> float:
        """Seconds until so many turns have been begun."""
        return await self.until("turns begun", wanted, limit_s, "SELECT count(*) FROM run")

    async def until_answered(self, wanted: int, limit_s: float = 120.0) -> float:
        """Seconds until so many turns are answered."""
        return await self.until(
            "turns answered", wanted, limit_s, "SELECT count(*) FROM turn WHERE state = 'answered'"
        )

    async def ready(self, worker: WorkerProcess) -> None:
        """Ask until the worker has run a turn: others may be quicker.

        Raises LateError when it never does.
        """
        for _ in range(_READY_QUESTIONS):
            await self.ask(0.0)
            await asyncio.sleep(_POLL_S)
            if await self.count("SELECT count(*) FROM run WHERE pid = %s", worker.pid):
                return
        raise LateError("a worker never began a turn")

    async def reconnect(self) -> None:
        """The database was gone, and with it the connection."""
        await self.connection.close()
        self.connection = await _connect(self.dsn)

    async def left_over(self) -> dict[str, int]:
        """Rows in the engine's tables."""
        return {
            table: await self.count(
                f"SELECT count(*) FROM {table}"  # noqa: S608 names of ours
            )
            for table in self.engine.tables
        }


@asynccontextmanager
async def world(name: str, database: Database) -> AsyncIterator[World]:
    """A fresh world for the engine of that name; its workers are killed in the end."""
    dsn = database.fresh("bench")
    connection = await _connect(dsn)
    await connection.execute(turns.SCHEMA.encode())
    made = World(name, dsn, database, connection)
    await made.engine.install()
    try:
        yield made
    finally:
        for worker in made.workers:
            worker.end()
        await made.connection.close()


async def _connect(dsn: str) -> Connection:
    return await psycopg.AsyncConnection.connect(dsn, autocommit=True)
