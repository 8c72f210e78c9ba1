"""How a run's database is looked at from outside, while the gateway works in it or is dead.

Knows a SQLite file and a PostgreSQL server that goes and comes. Judges nothing.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import psycopg

#: Brings the rows of a statement.
Ask: TypeAlias = Callable[[str], Awaitable[list[tuple[Any, ...]]]]
#: How our own connections are known, so that those of the gateway can be told from them.
OUR_NAME = "chaos"
_AGAIN_AFTER_S = 0.1
_ANSWER_LIMIT_S = 60.0


def of_file(path: Path) -> Ask:
    """Ask a SQLite file."""

    async def ask(sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(sql).fetchall()

    return ask


class ServerLook:
    """Asks a PostgreSQL server; while it is away, whoever asks waits."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._alone = asyncio.Lock()

    async def __call__(self, sql: str) -> list[tuple[Any, ...]]:
        async with self._alone, asyncio.timeout(_ANSWER_LIMIT_S):
            while True:
                try:
                    return await self._asked(sql)
                except psycopg.OperationalError:
                    await self._let_go()
                    await asyncio.sleep(_AGAIN_AFTER_S)

    async def aclose(self) -> None:
        """Let go of the connection."""
        async with self._alone:
            await self._let_go()

    async def _asked(self, sql: str) -> list[tuple[Any, ...]]:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, autocommit=True, application_name=OUR_NAME
            )
        cursor = await self._connection.execute(sql.encode())
        return await cursor.fetchall()

    async def _let_go(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
