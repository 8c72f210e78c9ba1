"""The seam of the comparison: what the gateway asks of a job engine.

One engine runs in a process. A job is a turn's id, and an engine may bring it more than once.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import psycopg
from psycopg.rows import TupleRow

Connection = psycopg.AsyncConnection[TupleRow]
#: Runs a turn to its end. The second argument is its run number where the engine has claimed it.
Run = Callable[[int, int | None], Awaitable[None]]

#: Design section 5: a worker shows that it lives every 2 s, and counts as dead after 6 s.
BEAT_S = 2.0
DEAD_AFTER_S = 6.0
#: How long a job may wait whose notification was lost. Our choice, alike for all.
POLL_S = 2.0
#: Connections that an engine may use beside the one that listens, alike for all.
CONNECTIONS = 4


class Engine(Protocol):
    """A job engine on one database."""

    #: Milliseconds that each fetch took which brought a job, as the worker sees it.
    fetch_ms: list[float]

    @property
    def tables(self) -> Sequence[str]:
        """The tables that are its own; jobs stand in the first."""

    @property
    def lose(self) -> str:
        """The statement that takes all that waits for a live worker, as a fetch does.

        It stands for a fetch that the database did and whose reply was lost with the connection.
        """

    async def install(self) -> None:
        """Make its tables in a fresh database."""

    async def defer(self, connection: Connection, turn_id: int) -> None:
        """Have the turn run, in the transaction that the connection is in."""

    async def work(self, run: Run, concurrency: int) -> None:
        """Take jobs until cancelled. Raises what the engine raises when it gives up."""
