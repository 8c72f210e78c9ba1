"""Measure, print a table, and write JSON where asked.

    python -m bench.many [--row NAME]... [--json FILE]

Ends with status 1 when a bar is missed.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.jobs.postgres import Database, database
from bench.machine import describe, raise_handle_limit
from bench.many import rows as measures
from bench.report import Report, Row, missed, table, to_json

#: Every row by name; a function measures it, and adds what has no row of its own to the details.
_ROWS: Mapping[str, Callable[[Database, dict[str, object]], list[Row]]] = {
    "turns": measures.turns,
    "starts": measures.starts,
    "held": measures.held,
    "join": measures.join,
    "share": measures.share,
}
#: Thousands of streams, on both of their sides.
_HANDLES = 12_000


def main() -> int:
    """Measure what was named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m bench.many")
    parser.add_argument("--row", action="append", choices=sorted(_ROWS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    raise_handle_limit(_HANDLES)
    machine = describe()
    rows: list[Row] = []
    details: dict[str, object] = {}
    with database() as server:
        for name in options.row or _ROWS:
            sys.stderr.write(f"{name} …\n")
            rows += _ROWS[name](server, details)
    sys.stdout.write("".join(f"{key}: {value}\n" for key, value in machine.items()))
    sys.stdout.write(f"\n{table(rows)}\n")
    if options.json:
        options.json.write_bytes(
            to_json(Report(machine=machine, rows=tuple(rows), details=details))
        )
    return 1 if missed(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
