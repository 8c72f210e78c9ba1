"""The part of the stores' operations that keeps what processes know together.

Knows which operation is a read and what the others lock; `operations` tells more.
"""

from yingda.store import breakers, locks
from yingda.store import snapshots as kept_settings
from yingda.store.breaker_base import BreakerRecord
from yingda.store.carrier import Carrier
from yingda.store.snapshot_base import KeptSnapshot, Snapshot


class SharedOperations(Carrier):
    """Implements `breaker_base.BreakerStore` and `snapshot_base.SnapshotStore`."""

    async def breakers(self) -> tuple[BreakerRecord, ...]:
        return await self._read(breakers.breakers)

    async def breaker(self, provider: str) -> BreakerRecord:
        return await self._read(lambda: breakers.breaker(provider))

    async def change_breaker(self, new: BreakerRecord) -> bool:
        return await self._run(lambda: breakers.change_breaker(new), locks.FREE)

    async def keep_snapshots(self, snapshots: tuple[Snapshot, ...], at: float) -> None:
        await self._run(lambda: kept_settings.keep_snapshots(snapshots, at), locks.FREE)

    async def snapshots(self) -> tuple[KeptSnapshot, ...]:
        return await self._read(kept_settings.kept_snapshots)

    async def note_difference(self, kept: KeptSnapshot, at: float) -> None:
        await self._run(lambda: kept_settings.note_difference(kept, at), locks.FREE)
