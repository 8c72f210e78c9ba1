"""Compare job engines on PostgreSQL under the gateway's workload, in turns, and print tables.

    python -m bench.job_engines [--row NAME]... [--repeats N] [--json FILE]

Figures are medians of the repeats. The machine's other work disturbs all alike, for engines take
turns: read each line across, not down.
"""

import argparse
import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import msgspec

from bench.jobs import chaos_rows, load_rows
from bench.jobs.kinds import COMPARED
from bench.jobs.load_rows import Figures
from bench.jobs.postgres import Database, database
from bench.machine import describe
from bench.report import figure
from bench.stats import median

Measure = Callable[[str, Database], Awaitable[Figures]]

#: Every row by name. What breaks something is done twice: it is a question of yes or no.
_ROWS: Mapping[str, tuple[Measure, int]] = {
    "idle": (load_rows.idle, 3),
    "echo": (load_rows.echo, 3),
    "chain": (load_rows.chain, 3),
    "held": (load_rows.held_by_one, 2),
    "held5": (load_rows.held_by_five, 2),
    "kill": (chaos_rows.kill, 2),
    "pause": (chaos_rows.pause, 2),
    "blows": (chaos_rows.two_blows, 1),
    "lost": (chaos_rows.lost_fetch, 1),
    "restart": (chaos_rows.restart, 2),
    "deaf": (chaos_rows.deaf, 2),
}
_ALSO = {"idle": ("pgqueuer-stock",), "blows": ("pgqueuer-owning",)}

Measured = dict[str, list[Figures]]


def main() -> None:
    """Measure what was named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m bench.job_engines")
    parser.add_argument("--row", action="append", choices=sorted(_ROWS))
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    machine = describe()
    sys.stdout.write("".join(f"{key}: {value}\n" for key, value in machine.items()))
    measured: dict[str, Measured] = {}
    with database() as server:
        for row in options.row or _ROWS:
            measure, repeats = _ROWS[row]
            measured[row] = asyncio.run(_in_turns(row, measure, options.repeats or repeats, server))
            sys.stdout.write(f"\n{row}\n\n{_table(measured[row])}\n")
            sys.stdout.flush()
    if options.json:
        whole = {"machine": machine, "rows": measured}
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=2))


async def _in_turns(row: str, measure: Measure, repeats: int, server: Database) -> Measured:
    names = (*COMPARED, *_ALSO.get(row, ()))
    measured: Measured = {name: [] for name in names}
    for repeat in range(repeats):
        # Back and forth, so that none always follows the same one.
        for name in names if repeat % 2 == 0 else reversed(names):
            sys.stderr.write(f"{row}: {name} …\n")
            measured[name].append(await measure(name, server))
    return measured


def _table(measured: Measured) -> str:
    """A line for each figure, a column for each engine; behind each median its outermost ones."""
    names = list(measured)
    lines = [f"| figure | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    for key in measured[names[0]][0]:
        cells = [_cell([figures[key] for figures in measured[name]]) for name in names]
        lines.append(f"| {key} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(values: list[float]) -> str:
    whole = figure(median(values))
    return (
        whole
        if min(values) == max(values)
        else f"{whole} ({figure(min(values))}–{figure(max(values))})"
    )


if __name__ == "__main__":
    main()
