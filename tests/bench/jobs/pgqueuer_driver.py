"""PgQueuer's driver seam on two sides: a pool that asks, and one connection that listens.

Its own driver for psycopg has one connection for both. psycopg locks a connection while it waits
for notifications, so there every statement waits for up to a second.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Self

import psycopg
from pgqueuer.core.tm import TaskManager
from psycopg import AsyncRawCursor, sql
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from bench.jobs.base import BEAT_S, CONNECTIONS

_Heard = Callable[[str], None]


class PoolDriver:
    """Implements `pgqueuer.ports.driver.Driver`, and listens again when a connection was cut."""

    def __init__(self, dsn: str) -> None:
        self.shutdown = asyncio.Event()
        self.tm: Any = TaskManager()
        self._dsn = dsn
        self._pool = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=CONNECTIONS,
            open=False,
            kwargs={"autocommit": True},
            check=AsyncConnectionPool.check_connection,
        )
        self._heard: dict[str, list[_Heard]] = {}
        self._ear: asyncio.Task[None] | None = None
        self._hears = asyncio.Event()
        self._entered = 0

    async def fetch(self, query: str, *values: object) -> list[dict[str, Any]]:
        """The rows of a statement."""
        async with self._pool.connection() as connection:
            cursor = AsyncRawCursor(connection, row_factory=dict_row)
            await cursor.execute(query.encode(), values or None)
            return await cursor.fetchall()

    async def execute(self, query: str, *values: object) -> str:
        """What the server says of a statement."""
        async with self._pool.connection() as connection:
            cursor = AsyncRawCursor(connection)
            await cursor.execute(query.encode(), values or None)
            return cursor.statusmessage or ""

    async def notify(self, channel: str, payload: str) -> None:
        """Send a notification, once it would be heard here: the engine probes itself so."""
        await self._hears.wait()
        await self.execute("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: _Heard) -> None:
        """Hand each payload of the channel to the callback."""
        self._heard.setdefault(channel, []).append(callback)
        if self._ear is not None:
            self._ear.cancel()
        self._ear = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._dsn, autocommit=True
                ) as connection:
                    for channel in self._heard:
                        await connection.execute(
                            sql.SQL("LISTEN {}").format(sql.Identifier(channel))
                        )
                    self._hears.set()
                    async for note in connection.notifies():
                        for callback in self._heard.get(note.channel, ()):
                            callback(note.payload)
            except psycopg.OperationalError:
                self._hears.clear()
                await asyncio.sleep(BEAT_S / 10)

    async def __aenter__(self) -> Self:
        if self._entered == 0:
            self.shutdown.clear()
            await self._pool.open()
        self._entered += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self._entered -= 1
        if self._entered:
            return
        self.shutdown.set()
        if self._ear is not None:
            self._ear.cancel()
        await self._pool.close()
