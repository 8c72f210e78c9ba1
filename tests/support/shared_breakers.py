"""Processes that share what they know of providers' health: their breakers, signals and store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.signals import Hub
from yingda.clock import VirtualClock
from yingda.engine.asking.breakers import Admitted, Breakers
from yingda.errors import ProviderError, ProviderUnavailable, StoreError
from yingda.providers.breaker import BreakerRules
from yingda.signals.quiet import QuietSignals
from yingda.store.breaker_base import BreakerRecord
from yingda.store.sqlite import SqliteStore, open_sqlite

NAME = "dify"
RULES = BreakerRules(failures=2, open_s=30.0)
DOWN = ProviderUnavailable("no connection")


class Ward:
    """Several processes on one database, on a virtual clock."""

    def __init__(self, store: SqliteStore, clock: VirtualClock) -> None:
        self._store = store
        self.clock = clock
        self.hub = Hub()
        #: Whether the store refuses everything.
        self.refuses = False
        #: Seconds that the store takes for anything.
        self.takes_s = 0.0
        self.writes = self.reads = 0
        self._processes: list[Breakers] = []

    async def breakers(self) -> tuple[BreakerRecord, ...]:
        self.reads += 1
        await self._suffer()
        return await self._store.breakers()

    async def breaker(self, provider: str) -> BreakerRecord:
        self.reads += 1
        await self._suffer()
        return await self._store.breaker(provider)

    async def change_breaker(self, new: BreakerRecord) -> bool:
        self.writes += 1
        await self._suffer()
        return await self._store.change_breaker(new)

    async def _suffer(self) -> None:
        if self.takes_s:
            await self.clock.sleep(self.takes_s)
        if self.refuses:
            raise StoreError("the disk is full")

    async def process(
        self, fingerprint: str = "f", rules: BreakerRules = RULES, *, is_alone: bool = False
    ) -> Breakers:
        """A process that was started just now."""
        made = Breakers(
            self,
            QuietSignals() if is_alone else self.hub.signals(),
            self.clock,
            names=(NAME,),
            rules={NAME: rules},
            fingerprints={NAME: fingerprint},
        )
        self._processes.append(made)
        if not is_alone:
            await self.hub.members[-1].start()
        await made.start()
        return made

    async def close(self) -> None:
        self.refuses, self.takes_s = False, 0.0
        for each in self._processes:
            await each.close()

    def cut(self, *, is_cut: bool = True) -> None:
        """Let nobody hear anything from here on, or hear again."""
        for member in self.hub.members:
            member.cut(is_cut=is_cut)

    async def pass_s(self, seconds: float) -> None:
        """Let this much time pass."""
        await self.clock.sleep(seconds)

    async def settle(self) -> None:
        """Let what was told arrive."""
        await self.clock.sleep(0.001)


@asynccontextmanager
async def ward(folder: Path) -> AsyncIterator[Ward]:
    """A database for several processes."""
    clock = VirtualClock()
    store = await open_sqlite(folder / "ward.sqlite3")
    clock.while_busy(lambda: store.is_busy)
    opened = Ward(store, clock)
    yield opened
    await clock.run(opened.close())
    await store.close()


async def ask(process: Breakers, error: ProviderError | None = None) -> None:
    """A question that is asked and comes to this end at once."""
    admitted = await let_in(process)
    if error is None:
        process.answered(NAME, admitted)
    else:
        process.failed(NAME, admitted, error)


async def let_in(process: Breakers) -> Admitted:
    """The right to ask, which there is."""
    admitted = await process.admit(NAME)
    assert admitted is not None, "it may be asked"
    return admitted


async def fail(process: Breakers, error: ProviderError = DOWN) -> None:
    """As many failures as open it."""
    for _ in range(RULES.failures):
        await ask(process, error)
