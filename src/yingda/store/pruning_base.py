"""The store's seam for letting go of what is older than the operator keeps.

The present month and so many months before it are kept whole. Months are those of UTC, for
PostgreSQL keeps turns in parts by month, which belong to accounts of every time zone.
"""

import datetime as dt
from typing import Protocol

import msgspec


class PruneSpot(msgspec.Struct, frozen=True, kw_only=True):
    """How far pruning has come: first the pushes in the order of their ids, then the turns."""

    is_among_turns: bool = False
    #: The id that was looked at last.
    after: int = 0


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What one step removed."""

    pushes: int = 0
    turns: int = 0
    #: Where the next step goes on; None when nothing older is left.
    spot: PruneSpot | None = None


class OldMonth(msgspec.Struct, frozen=True, kw_only=True):
    """What a month holds that pruning would look at."""

    #: Such as `2026-03`.
    month: str
    #: Turns that would go, and the characters of their questions and answers.
    turns: int
    chars: int
    #: Turns that would stay: not ended, not fetched, or not told or erased everywhere.
    kept: int


class PruningStore(Protocol):
    """Lets go of old rows, in steps that keep nobody waiting."""

    async def prune(self, before: float, spot: PruneSpot) -> Pruned:
        """Remove a few of the pushes and turns that came before this moment.

        A turn stays while it is pending, pushed or not wholly fetched, while a newer message asks
        for it, and while its rating is to be told or its follower's texts are to be erased.
        """

    async def arrange_months(self, before: float | None) -> None:
        """Make room for the turns of the months to come.

        Let go of the room of months that ended by `before` and hold nothing any more. A database
        that keeps all turns in one place does nothing.
        """


def kept_since(now: float, months: int) -> float:
    """The moment from which on everything is kept: where the month begins, `months` before now's.

    Unix seconds; the least of `months` is 1.
    """
    today = dt.datetime.fromtimestamp(now, dt.UTC)
    return month_begin(today.year * 12 + today.month - 1 - months).timestamp()


def month_begin(months: int) -> dt.datetime:
    """Where the month begins that comes so many months after January of the year 0."""
    return dt.datetime(months // 12, months % 12 + 1, 1, tzinfo=dt.UTC)
