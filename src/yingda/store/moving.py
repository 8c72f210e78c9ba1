"""Moves all data from one database to another, and proves that it arrived. Knows no database.

Every table of the schema is copied, then read back from both sides and compared. What was begun
becomes real only when whoever opened the target commits it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import Table

from yingda.clock import Clock
from yingda.store.moving_base import (
    BATCH_ROWS,
    REMADE,
    Moved,
    NotMoved,
    Progress,
    Reason,
    Side,
    Step,
    Target,
)
from yingda.store.moving_rows import Sum, fitted, summed
from yingda.store.schema import metadata

T = TypeVar("T")
Tell = Callable[[Progress], None]


def move(source: Side, target: Target, tell: Tell, clock: Clock) -> Sequence[Moved]:
    """Copy every table and compare what both sides then hold; what it took of each.

    Raises NotMoved when the target holds data, a value fits no column, or a table differs, and
    StoreError when a database refuses.
    """
    # Those first that others refer to.
    tables = metadata.sorted_tables
    _refuse_data(tables, target)
    counts = {table.name: source.count(table) for table in tables}
    # Each is copied, then read on both sides.
    work = _Work(tell, all_rows=3 * sum(counts.values()))
    durations_s = dict.fromkeys(counts, 0.0)
    for deed in (_copy, _verify):
        for table in tables:
            began_at = clock.monotonic()
            deed(table, source, target, work)
            durations_s[table.name] += clock.monotonic() - began_at
    return [
        Moved(table=name, rows=rows, duration_s=durations_s[name]) for name, rows in counts.items()
    ]


class _Work:
    """Counts the rows that pass, and tells of them now and then."""

    def __init__(self, tell: Tell, *, all_rows: int) -> None:
        self._tell = tell
        self._all_rows = all_rows

    def watched(self, step: Step, table: Table, rows: Iterable[T]) -> Iterator[T]:
        untold = 0
        for row in rows:
            yield row
            untold += 1
            if untold == BATCH_ROWS:
                self.told(step, table, untold)
                untold = 0
        self.told(step, table, untold)

    def told(self, step: Step, table: Table, rows: int = 0, *, is_done: bool = False) -> None:
        progress = Progress(
            step=step, table=table.name, rows=rows, all_rows=self._all_rows, is_done=is_done
        )
        self._tell(progress)


def _refuse_data(tables: Sequence[Table], target: Target) -> None:
    full = [each.name for each in tables if each.name not in REMADE and target.count(each)]
    if full:
        raise NotMoved(Reason.TARGET_IS_FULL, ", ".join(full))


def _copy(table: Table, source: Side, target: Target, work: _Work) -> None:
    if table.name in REMADE:
        target.clear(table)
    rows = work.watched(Step.COPY, table, fitted(table, source.rows(table)))
    target.fill(table, rows)
    target.give_ids_above(table, source.highest_id(table))
    work.told(Step.COPY, table, is_done=True)


def _verify(table: Table, source: Side, target: Target, work: _Work) -> None:
    def read(side: Side) -> Sum:
        return summed(fitted(table, work.watched(Step.VERIFY, table, side.rows(table))))

    if read(source) != read(target):
        raise NotMoved(Reason.DIFFERENCE, table.name)
    work.told(Step.VERIFY, table, is_done=True)
