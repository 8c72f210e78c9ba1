"""With which settings processes run. Each function is one transaction's work."""

from yingda.store.snapshot_base import KeptSnapshot, Snapshot, SnapshotKind
from yingda.store.steps import Steps, execute, fetch

_KEEP = """
    INSERT INTO settings_snapshot (kind, name, fingerprint, version, changed_at, differed_at)
    VALUES (:kind, :name, :fingerprint, 1, :at, 0)
    ON CONFLICT (kind, name) DO UPDATE SET fingerprint = :fingerprint,
        version = settings_snapshot.version + 1, changed_at = :at, differed_at = 0
    WHERE settings_snapshot.fingerprint <> :fingerprint
"""
_ALL = """
    SELECT kind, name, fingerprint, version, changed_at, differed_at
    FROM settings_snapshot ORDER BY kind, name
"""
_DIFFER = """
    UPDATE settings_snapshot SET differed_at = :at
    WHERE kind = :kind AND name = :name AND version = :version
"""


def keep_snapshots(snapshots: tuple[Snapshot, ...], at: float) -> Steps[None]:
    """A process starts with these."""
    # In one order, whoever starts: else two would wait for each other.
    for each in sorted(snapshots, key=lambda own: (own.kind, own.name)):
        yield from execute(
            _KEEP, kind=each.kind.value, name=each.name, fingerprint=each.fingerprint, at=at
        )


def kept_snapshots() -> Steps[tuple[KeptSnapshot, ...]]:
    """What was kept last."""
    rows = yield from fetch(_ALL)
    return tuple(
        KeptSnapshot(
            snapshot=Snapshot(kind=SnapshotKind(row[0]), name=row[1], fingerprint=row[2]),
            version=row[3],
            changed_at=row[4],
            differed_at=row[5],
        )
        for row in rows
    )


def note_difference(kept: KeptSnapshot, at: float) -> Steps[None]:
    """A process runs with others."""
    own = kept.snapshot
    yield from execute(_DIFFER, kind=own.kind.value, name=own.name, version=kept.version, at=at)
