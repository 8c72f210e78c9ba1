"""What this process learns of providers' health, for the others; what they learnt, for this one.

Knows the store and the signals, and when to look. What becomes of a record is `breaker_records`',
what it means for this process `breakers`'.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

import structlog
from msgspec.structs import replace

from yingda.clock import Clock, Timer
from yingda.engine.asking.breaker_records import of_settings
from yingda.errors import StoreError
from yingda.signals.base import Signals, Topic
from yingda.store.breaker_base import BreakerRecord, BreakerStore

_log = structlog.get_logger()

#: How often others are looked after while a provider is left alone, in seconds. Our choice: they
#: tell what they learn, and a signal that was lost is made good within a follower's patience.
LOOK_EVERY_S = 5.0
#: How long the store may take before this process goes by what it knows itself. Our choice: less
#: than the 5 s that WeChat waits.
_LIMIT_S = 3.0
#: How often a change is tried anew when others were faster. Our choice: each failure is another
#: process's success.
_TRIES = 3

Decide = Callable[[BreakerRecord], BreakerRecord | None]


class Standing(NamedTuple):
    """A record after a change was tried."""

    record: BreakerRecord
    #: Whether it is as this process changed it.
    is_ours: bool


class BreakerExchange:
    """Keeps and tells changes, and hands `heard` every record that others changed."""

    def __init__(
        self,
        store: BreakerStore,
        signals: Signals,
        clock: Clock,
        *,
        fingerprints: Mapping[str, str],
        heard: Callable[[BreakerRecord], None],
        is_any_open: Callable[[], bool],
    ) -> None:
        self._store = store
        self._signals = signals
        self._clock = clock
        #: Provider → what tells its settings from others.
        self._fingerprints = fingerprints
        self._heard = heard
        self._is_any_open = is_any_open
        #: Provider → the last version that was seen or made.
        self._versions: dict[str, int] = {}
        #: Whoever reads has to have taken it in before the next one changes it.
        self._alone = asyncio.Lock()
        self._woken = asyncio.Event()
        #: Whether the last look came to nothing.
        self._has_missed = False
        self._timer: Timer | None = None
        self._task: asyncio.Task[None] | None = None
        signals.hear(Topic.BREAKER, self._hear)
        signals.on_gap(self._woken.set)

    async def start(self) -> None:
        """Take in what is known, and look again whenever there is news."""
        if self._signals.is_alone:
            await self._end_trials()
        await self._look()
        self._task = asyncio.ensure_future(self._watch())

    async def close(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def change(self, name: str, decide: Decide) -> Standing | None:
        """Change the provider's record as `decide` has it; None when the store refuses."""
        try:
            async with self._clock.timeout(_LIMIT_S), self._alone:
                return await self._changed(name, decide)
        except (StoreError, TimeoutError) as error:
            _log.warning("breaker_not_shared", provider=name, reason=_reason(error))
            return None
        finally:
            self._look_later()

    async def _changed(self, name: str, decide: Decide) -> Standing:
        record = self._own(await self._store.breaker(name))
        for _ in range(_TRIES):
            new = decide(record)
            if new is None:
                break
            if await self._store.change_breaker(new):
                record = replace(new, version=new.version + 1)
                self._versions[name] = record.version
                self._signals.tell(Topic.BREAKER, name)
                return Standing(record, is_ours=True)
            record = self._own(await self._store.breaker(name))
        self._take(record)
        return Standing(record, is_ours=False)

    async def _end_trials(self) -> None:
        """Whoever tested a provider was this process before its restart, and does no more."""
        try:
            async with self._clock.timeout(_LIMIT_S), self._alone:
                for record in await self._store.breakers():
                    if record.tested_until:
                        await self._store.change_breaker(replace(record, tested_until=0.0))
        except (StoreError, TimeoutError) as error:
            _log.warning("breakers_not_read", reason=_reason(error))

    def _hear(self, _name: str) -> None:
        # All of them are one small look.
        self._woken.set()

    async def _watch(self) -> None:
        while True:
            self._look_later()
            await self._woken.wait()
            self._woken.clear()
            await self._look()

    def _look_later(self) -> None:
        """Look in a while, if there is something to wait for: signals may be lost."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        is_awaited = self._is_any_open() and not self._signals.is_alone
        if is_awaited or self._has_missed:
            self._timer = self._clock.call_later(LOOK_EVERY_S, self._woken.set)

    async def _look(self) -> None:
        try:
            async with self._clock.timeout(_LIMIT_S), self._alone:
                for record in await self._store.breakers():
                    self._take(self._own(record))
            self._has_missed = False
        except (StoreError, TimeoutError) as error:
            self._has_missed = True
            _log.warning("breakers_not_read", reason=_reason(error))

    def _own(self, record: BreakerRecord) -> BreakerRecord:
        return of_settings(record, self._fingerprints.get(record.provider, ""))

    def _take(self, record: BreakerRecord) -> None:
        # An older one than ours says nothing: what this process knows may not have been kept.
        if record.version > self._versions.get(record.provider, 0):
            self._versions[record.provider] = record.version
            self._heard(record)


def _reason(error: StoreError | TimeoutError) -> str:
    return str(error) or f"the store took over {_LIMIT_S:.0f} s"
