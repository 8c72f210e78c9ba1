"""Measure, print a table, and write JSON where asked.

    python -m bench [--row NAME]... [--json FILE]

Ends with status 1 when a bar is missed.
"""

import sys
from collections.abc import Callable, Mapping

from bench.callback_rows import start, text
from bench.command import measured, options_of
from bench.held_rows import held
from bench.load_rows import load
from bench.report import Row
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
    options = options_of("python -m bench", _ROWS)
    return measured(options, lambda name, details: _ROWS[name](details))


if __name__ == "__main__":
    sys.exit(main())
