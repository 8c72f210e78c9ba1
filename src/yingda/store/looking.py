"""Looks at a database that another process may hold: reads only, and takes no lock.

Makes no file and migrates nothing.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from yingda.errors import StoreError
from yingda.store import presence, pruning, spending
from yingda.store.cost_base import Span, Usage, UsageKey
from yingda.store.migrate import HEAD, version_of
from yingda.store.pruning_base import OldMonth
from yingda.store.reader import Reader
from yingda.store.reading import known_secret
from yingda.store.refusals import store_error
from yingda.store.snapshot_base import KeptSnapshot
from yingda.store.snapshots import kept_snapshots
from yingda.store.steps import Steps
from yingda.store.usage import usage

T = TypeVar("T")

#: How long a look waits for a server that is putting its file in order. Our choice.
_WAIT_S = 5.0


class Reads(Protocol):
    """Carries out operations that only read, each on one state of the database."""

    def read(self, steps: Steps[T]) -> T:
        """The operation's result. Raises StoreError."""


class Look:
    """What can be seen. Every method raises StoreError when the database cannot be read."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    def usage(self, by: UsageKey, spans: Sequence[Span]) -> tuple[Usage, ...]:
        """Sums over the turns that ended in these spans, by account, provider, follower or day."""
        return self._reads.read(usage(by, spans))

    def spent_in(self, account: str, month: str) -> Mapping[str, int]:
        """Currency → billionths that the account's answers cost in this month."""
        return self._reads.read(spending.spent_in(account, month))

    def processes(self, *, within_s: float) -> tuple[int, int]:
        """How many said within this time that they live, and how many of them ask the AI.

        On PostgreSQL alone.
        """
        return self._reads.read(presence.processes(within_s=within_s))

    def secret(self, name: str) -> bytes | None:
        """The random bytes kept under `name`; None when nobody has made any."""
        return self._reads.read(known_secret(name))

    def snapshots(self) -> tuple[KeptSnapshot, ...]:
        """With which settings the process that started last runs."""
        return self._reads.read(kept_snapshots())

    def old_months(self, before: float) -> tuple[OldMonth, ...]:
        """What `prune` would remove of turns and leave, by months, oldest first."""
        return self._reads.read(pruning.old_months(before))

    def old_pushes(self, before: float) -> int:
        """How many messages `prune` would remove."""
        return self._reads.read(pruning.old_pushes(before))


class _SqliteReads:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._reader = Reader(connection)

    def read(self, steps: Steps[T]) -> T:
        try:
            return self._reader.read(steps)
        except sqlite3.Error as error:
            raise store_error(error) from error


@contextmanager
def look(path: Path) -> Iterator[Look | None]:
    """The database at `path`; None when there is none yet.

    Raises StoreError for a file that is damaged, not ours, or of another version.
    """
    if not path.exists():
        yield None
        return
    try:
        opened = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S, isolation_level=None
        )
    except sqlite3.Error as error:
        raise store_error(error) from error
    with closing(opened):
        version = _version(opened)
        if version not in {None, HEAD}:
            raise outdated(str(version))
        yield None if version is None else Look(_SqliteReads(opened))


def outdated(version: str) -> StoreError:
    """The tables are of an older yingda."""
    return StoreError(
        f"the database is at version {version} and this yingda reads {HEAD}; start"
        " `yingda serve` once, which brings it up to date"
    )


def _version(opened: sqlite3.Connection) -> str | None:
    try:
        return version_of(opened)
    except sqlite3.Error as error:
        raise store_error(error) from error
