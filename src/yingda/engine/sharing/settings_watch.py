"""Whether all processes on a database run with the same settings: what each read at its start.

Knows what tells settings apart, and no setting. Whoever runs with others than the process that
started last says so, for it is the one to be restarted.
"""

from collections.abc import Iterable, Iterator

import structlog

from yingda.clock import Clock
from yingda.store.snapshot_base import KeptSnapshot, Snapshot, SnapshotStore

_log = structlog.get_logger()

#: How often a process compares, in seconds. Our choice: nothing is lost by a minute.
LOOK_EVERY_S = 60.0
#: How long processes may differ before that is told, in seconds. Our choice: long enough to
#: restart many of them one after the other.
LASTING_S = 600.0
_MEND = (
    "Restart this process with the same settings file and environment as the one that started last."
)


def differing(own: Iterable[Snapshot], kept: Iterable[KeptSnapshot]) -> Iterator[KeptSnapshot]:
    """Of what is set here, that which the process that started last has set otherwise."""
    fingerprints = {(each.kind, each.name): each.fingerprint for each in own}
    for each in kept:
        last = each.snapshot
        here = fingerprints.get((last.kind, last.name))
        if here is not None and here != last.fingerprint:
            yield each


class SettingsWatch:
    """Keeps what this process runs with, and compares it with the others'."""

    def __init__(self, store: SnapshotStore, clock: Clock, own: tuple[Snapshot, ...]) -> None:
        self._store = store
        self._clock = clock
        self._own = own
        self._is_kept = False
        #: The versions that were told of.
        self._told: set[tuple[str, int]] = set()

    async def look(self) -> None:
        """Keep them at first, and compare. Raises StoreError."""
        at = self._clock.now()
        if not self._is_kept:
            await self._store.keep_snapshots(self._own, at)
            self._is_kept = True
        for kept in differing(self._own, await self._store.snapshots()):
            await self._store.note_difference(kept, at)
            if at - kept.changed_at >= LASTING_S:
                self._tell(kept, at)

    def _tell(self, kept: KeptSnapshot, at: float) -> None:
        place = kept.snapshot.place
        if (place, kept.version) in self._told:
            return
        self._told.add((place, kept.version))
        _log.warning(
            "settings_differ",
            settings=place,
            version=kept.version,
            since_min=round((at - kept.changed_at) / 60),
            mend=_MEND,
        )
