"""One connection that listens for notifications, and comes back whenever it is lost.

What was notified meanwhile is gone, so whoever listens is told when hearing begins anew, and looks
up what it may have missed. LISTEN belongs to a session: a proxy that gives every transaction
another one breaks it, which is why the store refuses such a proxy when it is opened.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import structlog
from psycopg import Error, sql

from yingda.clock import Clock
from yingda.postgres.address import Connection
from yingda.postgres.refusals import store_error

_log = structlog.get_logger()

#: How soon a lost connection is tried again. Our choice: soon enough for attempts that wait, and
#: no burden on a server that is down.
_AGAIN_AFTER_S: Final = 0.2
#: The same once it failed some times in a row.
_LATER_S: Final = 2.0
_SOON: Final = 10

Heard = Callable[[str], None]


class Ear:
    """Hears the channels that were asked for before it starts."""

    def __init__(self, address: dict[str, Any], clock: Clock) -> None:
        self._address = address | {"application_name": "yingda listens"}
        self._clock = clock
        self._channels: dict[str, list[Heard]] = {}
        self._anew: list[Callable[[], None]] = []
        self._hears = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_deaf(self) -> bool:
        """Whether notifications are being missed."""
        return not self._hears.is_set()

    def hear(self, channel: str, heard: Heard) -> None:
        """Hand each payload of the channel to `heard`, which must not raise."""
        self._channels.setdefault(channel, []).append(heard)

    def on_hearing(self, told: Callable[[], None]) -> None:
        """Have this called whenever hearing begins, the first time included."""
        self._anew.append(told)

    async def start(self) -> None:
        """Begin to listen; returns once it hears. Raises StoreError when it never will."""
        self._task = asyncio.ensure_future(self._listen())
        hearing = asyncio.ensure_future(self._hears.wait())
        await asyncio.wait((self._task, hearing), return_when=asyncio.FIRST_COMPLETED)
        hearing.cancel()
        if self._task.done():
            self._task.result()

    async def close(self) -> None:
        """Hear nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._hears.clear()

    async def _listen(self) -> None:
        failures = 0
        while True:
            try:
                async with await Connection.connect(**self._address) as connection:
                    await self._hear_on(connection)
                reason = "the connection was closed"
            except Error as error:
                reason = str(store_error(error))
            failures = 0 if self._hears.is_set() else failures + 1
            if self._hears.is_set():
                _log.warning("notifications_missed", reason=reason)
            self._hears.clear()
            await self._clock.sleep(_AGAIN_AFTER_S if failures < _SOON else _LATER_S)

    async def _hear_on(self, connection: Connection) -> None:
        for channel in self._channels:
            await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        self._hears.set()
        for told in self._anew:
            told()
        async for note in connection.notifies():
            for heard in self._channels.get(note.channel, ()):
                heard(note.payload)
