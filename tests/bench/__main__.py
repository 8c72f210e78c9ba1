"""Measure, print a table, and write JSON where asked.

    python -m bench [--row NAME]... [--json FILE]

Ends with status 1 when a bar is missed.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.callback_rows import start, text
from bench.held_rows import held
from bench.load_rows import load
from bench.machine import describe
from bench.report import Report, Row, missed, table, to_json
from bench.stream_rows import stream
from bench.turn_rows import turns

#: Every row by name; a function measures it, and adds what has no row of its own to the details.
_ROWS: Mapping[str, Callable[[dict[str, object]], list[Row]]] = {
    "start": start,
    "text": text,
    "stream": stream,
    "held": held,
    "turns": turns,
    "load": load,
}


def main() -> int:
    """Measure what was named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--row", action="append", choices=sorted(_ROWS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    machine = describe()
    rows: list[Row] = []
    details: dict[str, object] = {}
    for name in options.row or _ROWS:
        sys.stderr.write(f"{name} …\n")
        rows += _ROWS[name](details)
    sys.stdout.write("".join(f"{key}: {value}\n" for key, value in machine.items()))
    sys.stdout.write(f"\n{table(rows)}\n")
    if options.json:
        options.json.write_bytes(
            to_json(Report(machine=machine, rows=tuple(rows), details=details))
        )
    return 1 if missed(rows) else 0


if __name__ == "__main__":
    sys.exit(main())
