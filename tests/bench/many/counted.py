"""A real `yingda`, with what it asks of PostgreSQL counted, from outside, at seams of ours.

    python -m bench.many.counted LOG VERB [OPTION]...

Each line on its standard input has it tell its figures since the last one.
"""

import os
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import msgspec
from psycopg import AsyncRawCursor

from bench.world import say
from yingda.cli import main
from yingda.jobs.postgres_table import Fetched, JobTable
from yingda.postgres.trips import Errand, Row, Trips


class Figures(msgspec.Struct):
    """What was counted."""

    trips: int = 0
    statements: int = 0
    #: Also those that brought nothing.
    fetches: int = 0
    #: Milliseconds of each that brought a job, as this process sees it.
    fetch_ms: list[float] = msgspec.field(default_factory=list)
    #: Jobs that they brought.
    fetched: int = 0


class _Counter:
    def __init__(self) -> None:
        self.figures = Figures()
        self._take, self._execute = Trips.take, AsyncRawCursor.execute
        self._fetch = JobTable.fetch

    def begin(self) -> None:
        counter = self

        async def take(self: Trips, errands: Sequence[Errand]) -> list[list[Row]]:
            counter.figures.trips += 1
            counter.figures.statements += len(errands)
            return await counter._take(self, errands)

        async def execute(self: Any, *args: Any, **options: Any) -> Any:
            counter.figures.trips += 1
            counter.figures.statements += 1
            return await counter._execute(self, *args, **options)

        async def fetch(
            self: JobTable, most: int, limits: Mapping[str, int], stale_after: timedelta
        ) -> Sequence[Fetched]:
            began_s = time.perf_counter()
            found = await counter._fetch(self, most, limits, stale_after)
            counter.note(found, 1000 * (time.perf_counter() - began_s))
            return found

        patch.object(Trips, "take", take).start()
        patch.object(AsyncRawCursor, "execute", execute).start()
        patch.object(JobTable, "fetch", fetch).start()

    def note(self, found: Sequence[Fetched], took_ms: float) -> None:
        self.figures.fetches += 1
        if found:
            self.figures.fetch_ms.append(took_ms)
            self.figures.fetched += len(found)

    def tell(self) -> None:
        """Whenever the parent asks."""
        for _ in sys.stdin:
            figures, self.figures = self.figures, Figures()
            say(figures)


if __name__ == "__main__":
    os.dup2(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND), sys.stderr.fileno())
    counter = _Counter()
    counter.begin()
    threading.Thread(target=counter.tell, daemon=True).start()
    sys.argv = ["yingda", *sys.argv[2:]]
    main()
