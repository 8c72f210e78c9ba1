"""One connection that listens for notifications, and comes back whenever it is lost.

What was notified meanwhile is gone, so whoever listens is told when hearing ends and begins anew,
and looks up what it may have missed. LISTEN belongs to a session: a proxy that gives every
transaction another one breaks it, which is why the store refuses such a proxy when it is opened.
"""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
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
    """Hears the channels that were asked for before it starts.

    Several parts may share one; starting or closing it a second time does nothing.
    """

    def __init__(self, address: dict[str, Any], clock: Clock) -> None:
        self._address = address | {"application_name": "yingda listens"}
        self._clock = clock
        self._channels: dict[str, list[Heard]] = {}
        self._on_change: list[Callable[[], None]] = []
        self._is_deaf = True
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_deaf(self) -> bool:
        """Whether notifications are being missed."""
        return self._is_deaf

    def hear(self, channel: str, heard: Heard) -> None:
        """Hand each payload of the channel to `heard`; what it raises is logged."""
        self._channels.setdefault(channel, []).append(heard)

    def on_change(self, told: Callable[[], None]) -> None:
        """Have this called whenever hearing ends or begins, the first time included; as `hear`."""
        self._on_change.append(told)

    async def start(self) -> None:
        """Begin to listen; returns once it hears. Raises StoreError."""
        if self._task is not None:
            return
        try:
            self._connection = await self._connected()
        except Error as error:
            raise store_error(error) from error
        self._task = asyncio.ensure_future(self._listen(self._connection))
        self._change(is_deaf=False)

    async def close(self) -> None:
        """Hear nothing more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()
        self._is_deaf = True

    async def _listen(self, connection: Connection) -> None:
        while True:
            reason = await self._hear_on(connection)
            _log.warning("notifications_missed", reason=reason)
            await connection.close()
            self._change(is_deaf=True)
            self._connection = connection = await self._come_back()
            self._change(is_deaf=False)

    async def _hear_on(self, connection: Connection) -> str:
        """Hear until the connection is lost; why it was."""
        try:
            async for note in connection.notifies():
                for heard in self._channels.get(note.channel, ()):
                    _guarded(partial(heard, note.payload))
        except Error as error:
            return str(store_error(error))
        return "the connection was closed"

    async def _come_back(self) -> Connection:
        failures = 0
        while True:
            await self._clock.sleep(_AGAIN_AFTER_S if failures < _SOON else _LATER_S)
            try:
                return await self._connected()
            except Error:
                # Said once already, as the connection was lost.
                failures += 1

    async def _connected(self) -> Connection:
        async with AsyncExitStack() as stack:
            connection = await Connection.connect(**self._address)
            stack.push_async_callback(connection.close)
            for channel in self._channels:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            stack.pop_all()
            return connection

    def _change(self, *, is_deaf: bool) -> None:
        self._is_deaf = is_deaf
        for told in self._on_change:
            _guarded(told)


def _guarded(act: Callable[[], None]) -> None:
    try:
        act()
    except Exception:  # noqa: BLE001 - a fault of one hearer makes nobody else deaf
        _log.exception("notification_failed")
