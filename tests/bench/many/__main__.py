"""Measure, print a table, and write JSON where asked.

    python -m bench.many [--row NAME]... [--json FILE]

Ends with status 1 when a bar is missed.
"""

import sys
from collections.abc import Callable, Mapping

from bench.command import measured, options_of
from bench.jobs.postgres import Database, database
from bench.machine import raise_handle_limit
from bench.many import rows as measures
from bench.report import Row

#: Every row by name; a function measures it, and adds what has no row of its own to the details.
_ROWS: Mapping[str, Callable[[Database, dict[str, object]], list[Row]]] = {
    "turns": measures.turns,
    "starts": measures.starts,
    "held": measures.held,
    "join": measures.join,
    "question": measures.question,
}
#: Thousands of streams, on both of their sides.
_HANDLES = 12_000


def main() -> int:
    """Measure what was named, or everything."""
    options = options_of("python -m bench.many", _ROWS)
    raise_handle_limit(_HANDLES)
    with database() as server:
        return measured(options, lambda name, details: _ROWS[name](server, details))


if __name__ == "__main__":
    sys.exit(main())
