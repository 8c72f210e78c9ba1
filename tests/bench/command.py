"""The command line that the benches of rows share: which are asked for, and what they told."""

import argparse
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from bench.machine import describe
from bench.report import Report, Row, missed, table, to_json


def options_of(prog: str, names: Collection[str]) -> argparse.Namespace:
    """`row`, the names that were given, or all of them; `json`, where to write to, or None."""
    parser = argparse.ArgumentParser(prog=prog)
    parser.add_argument("--row", action="append", choices=sorted(names))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    options.row = options.row or list(names)
    return options


def measured(
    options: argparse.Namespace, measure: Callable[[str, dict[str, object]], list[Row]]
) -> int:
    """Measure each row that is asked for, and tell; the exit status is 1 when a bar is missed."""
    machine = describe()
    rows: list[Row] = []
    details: dict[str, object] = {}
    for name in options.row:
        sys.stderr.write(f"{name} …\n")
        rows += measure(name, details)
    sys.stdout.write("".join(f"{key}: {value}\n" for key, value in machine.items()))
    sys.stdout.write(f"\n{table(rows)}\n")
    if options.json:
        options.json.write_bytes(
            to_json(Report(machine=machine, rows=tuple(rows), details=details))
        )
    return 1 if missed(rows) else 0
