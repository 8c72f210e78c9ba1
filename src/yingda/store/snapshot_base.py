"""The part of the store seam about settings: which ones the processes on a database run with.

Settings themselves stay in their files; what is kept tells one set from another.
"""

from enum import StrEnum
from typing import Protocol

import msgspec


class SnapshotKind(StrEnum):
    """Whose settings."""

    ACCOUNT = "account"
    PROVIDER = "provider"
    #: Nobody's: which accounts and providers there are.
    NAMES = "names"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All that is set for one account or provider, as a process read it at its start."""

    kind: SnapshotKind
    name: str
    #: A keyed hash: equal settings have equal ones, and nothing of them can be read from it.
    fingerprint: str

    @property
    def place(self) -> str:
        """Where the settings stand, as operators write it."""
        if self.kind is SnapshotKind.NAMES:
            return "accounts, providers"
        return f"{self.kind.value}s.{self.name}"


class KeptSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """What the process that started last runs with."""

    snapshot: Snapshot
    #: Counts every change.
    version: int
    changed_at: float
    #: When a process last said that it runs with others; 0 when none did since the change.
    differed_at: float = 0.0


class SnapshotStore(Protocol):
    """What a store must keep of settings."""

    async def keep_snapshots(self, snapshots: tuple[Snapshot, ...], at: float) -> None:
        """A process starts with these: what differs from the last ones has a new version."""

    async def snapshots(self) -> tuple[KeptSnapshot, ...]:
        """What was kept last, also of what is set no more."""

    async def note_difference(self, kept: KeptSnapshot, at: float) -> None:
        """A process that lives runs with others, unless there is a newer version by now."""
