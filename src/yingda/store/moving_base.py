"""Moving all data from one database to another: the seam that each kind of database fills.

Knows no database. Tables are those of `schema.metadata`, whichever there are.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec
from sqlalchemy import Table

from yingda.errors import StoreError

#: A value as both databases keep it, and a row of such values in the order of the table's columns.
Value = str | bytes | int | float | None
Row = tuple[Value, ...]

#: Tables in which every start makes rows, so that those of the source take their place.
REMADE = frozenset({"process", "secret", "settings_snapshot"})
#: Rows between two signs of life. Our choice: some tens of milliseconds.
BATCH_ROWS = 1000


class Reason(StrEnum):
    """Why the data cannot be moved."""

    NO_SOURCE = "no_source"
    SOURCE_IS_USED = "source_is_used"
    TARGET_IS_USED = "target_is_used"
    TARGET_IS_FULL = "target_is_full"
    UNFIT_VALUE = "unfit_value"
    DIFFERENCE = "difference"


class NotMoved(StoreError):
    """The data was not moved, and nothing was changed; `what` names a place, table or column."""

    def __init__(self, reason: Reason, what: str) -> None:
        super().__init__(f"the data cannot be moved: {reason} ({what})")
        self.reason = reason
        self.what = what


class Step(StrEnum):
    """What is done with a table."""

    COPY = "copy"
    VERIFY = "verify"


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far it is: `rows` more of all rows that are to be copied or read back are done."""

    step: Step
    table: str
    rows: int
    #: Rows to be copied and read back in all.
    all_rows: int
    #: This step of the table is done.
    is_done: bool = False


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A table that stands in the target as it stood in the source."""

    table: str
    rows: int
    duration_s: float


class Side(Protocol):
    """A database that data is moved from or to, within one transaction of its own.

    Every method raises StoreError.
    """

    def count(self, table: Table) -> int:
        """How many rows the table has."""

    def rows(self, table: Table) -> Iterator[Sequence[object]]:
        """Every row as it stands there, in any order, never all of them in memory."""

    def highest_id(self, table: Table) -> int:
        """The highest id that was ever given in the table; 0 for none, or if it gives none."""


class Target(Side, Protocol):
    """The one that takes the data."""

    def clear(self, table: Table) -> None:
        """Remove every row."""

    def fill(self, table: Table, rows: Iterable[Row]) -> None:
        """Add these rows."""

    def give_ids_above(self, table: Table, highest_id: int) -> None:
        """Let the next id be higher than this, and than every id in the table."""
