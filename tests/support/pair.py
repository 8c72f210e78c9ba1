"""Two gateways behind one WeChat, on one database: where a request lands is the test's choice.

`A` runs every turn; `B` hands what it is asked to A. They hear each other by a hub, which can be
made to lose what is said. On SQLite both share the one store that may open the file; on PostgreSQL
each has its own.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.house import ON_POSTGRES, House, account
from support.signals import Hub
from yingda.app import Gateway
from yingda.simulator.platform import Mode
from yingda.simulator.transport import AsgiEvent


class _Lent:
    """A store that somebody else closes."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def close(self) -> None:
        """Whoever owns it does."""


class Pair(House):
    """A house with two gateways."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        super().__init__(folder, Mode.PLAIN, (account(**changes),))
        self.hub = Hub()
        self.signals = self.hub.signals()
        self.others_signals = self.hub.signals()
        #: Where the next requests land, one letter each; the last one stays.
        self.landing = "A"
        self._other: Gateway | None = None
        self._other_store: Any = None
        self.clock.while_busy(lambda: self._other_store is not None and self._other_store.is_busy)

    async def open(self) -> None:
        await super().open()
        assert self._store is not None
        self._other_store = await self._open_store() if ON_POSTGRES else _Lent(self._store)
        self._other = await self._gateway_on(self._other_store, self.others_signals)
        # Whoever takes a job is not the business of these tests.
        self._other._jobs.defer = self.gateway._jobs.defer  # type: ignore[method-assign]
        await self._other.start()

    async def close(self) -> None:
        if self._other is not None:
            await self._other.stop()
        self._other = self._other_store = None
        await super().close()

    async def crash(self) -> None:
        store, self._other, self._other_store = self._other_store, None, None
        await super().crash()
        if store is not None:
            await store.close()

    async def serve(self, scope: AsgiEvent, receive: Any, send: Any) -> None:
        lands_on, self.landing = self.landing[0], self.landing[1:] or self.landing
        gateway = self.gateway if lands_on == "A" else self._other
        assert gateway is not None
        await gateway.application(scope, receive, send)

    def deafen(self) -> None:
        """From here on B hears nothing."""
        self.others_signals.cut()

    def lose(self) -> None:
        """From here on every signal is lost, and nobody knows it."""
        self.hub.loses = lambda _topic, _body: True


@asynccontextmanager
async def open_pair(folder: Path, **changes: Any) -> AsyncIterator[Pair]:
    """Two gateways with one account named `default`."""
    pair = Pair(folder, **changes)
    await pair.open()
    try:
        yield pair
    except BaseException:
        if pair.is_open:
            await pair.crash()
        raise
    await pair.clock.run(pair.close())
