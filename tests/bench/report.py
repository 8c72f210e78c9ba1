"""One measured row, and how rows are shown: as a table and as JSON.

Pure. Knows what a bar is; refuses to know how anything was measured.
"""

import math
from collections.abc import Sequence
from enum import StrEnum

import msgspec


class Judge(StrEnum):
    """How a row's figure is compared with its bar."""

    AT_LEAST = "≥"
    AT_MOST = "≤"
    #: There is no bar: the figure is for information.
    NONE = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One figure beside its limit."""

    name: str
    what: str
    ours: float
    unit: str
    #: The same work without us, in the same unit, and what did it.
    limit: float | None = None
    limit_name: str = ""
    judge: Judge = Judge.NONE
    bar: float = 0.0
    #: Whether the bar speaks of `ratio` instead of `ours`.
    bar_is_ratio: bool = False
    #: Largest distance between repeats, as a share of the median.
    spread: float = 0.0

    @property
    def ratio(self) -> float | None:
        """Ours over the limit; None without one."""
        return self.ours / self.limit if self.limit else None

    @property
    def is_met(self) -> bool | None:
        """Whether the bar is met; None without one. A figure that is missing meets none."""
        figure = self.ratio if self.bar_is_ratio else self.ours
        if self.judge is Judge.NONE:
            return None
        if figure is None or math.isnan(figure):
            return False
        return figure >= self.bar if self.judge is Judge.AT_LEAST else figure <= self.bar


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one run measured."""

    machine: dict[str, str]
    rows: tuple[Row, ...]
    #: What belongs to no single figure, by row.
    details: dict[str, object]


_HEAD = ("row", "what", "ours", "limit", "ratio", "bar", "met", "spread")


def table(rows: Sequence[Row]) -> str:
    """The rows as a table in Markdown, which reads well in a terminal too."""
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    lines = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def to_json(report: Report) -> bytes:
    """The report for programs, each row with its ratio and verdict."""
    rows = [
        {**msgspec.structs.asdict(row), "ratio": row.ratio, "is_met": row.is_met}
        for row in report.rows
    ]
    whole = {"machine": report.machine, "rows": rows, "details": report.details}
    return msgspec.json.format(msgspec.json.encode(whole), indent=2) + b"\n"


def missed(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows whose bar is not met."""
    return tuple(row for row in rows if row.is_met is False)


def _cells(row: Row) -> tuple[str, ...]:
    limit = f"{figure(row.limit)} ({row.limit_name})" if row.limit is not None else "–"
    ratio = "–" if row.ratio is None else f"{row.ratio:.0%}"
    return (
        row.name,
        row.what,
        f"{figure(row.ours)} {row.unit}",
        limit,
        ratio,
        _bar(row),
        {True: "yes", False: "NO", None: "–"}[row.is_met],
        f"{row.spread:.0%}" if row.spread else "–",
    )


def _bar(row: Row) -> str:
    if row.judge is Judge.NONE:
        return "–"
    wanted = f"{row.bar:.0%}" if row.bar_is_ratio else figure(row.bar)
    return f"{row.judge} {wanted}"


def figure(value: float) -> str:
    """A number with as many digits as mean something."""
    if math.isnan(value):
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value % 1 else f"{value:.0f}"
