"""The jobs seam."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

Run = Callable[[int], Awaitable[None]]

#: Turns that may run at once in a process. Our choice: a stream costs some 22 KB (measured), and
#: the provider is the one to say when it has too much.
CONCURRENCY: Final = 1000
#: No lane has a bound.
UNBOUNDED: Final[Mapping[str, int]] = MappingProxyType({})


class Jobs(Protocol):
    """Runs turns in the background. Only the first turn of a conversation ever has a job.

    Each turn waits in a lane, that of its provider. A lane may have a bound of its own, and one
    that waits for a place hinders no other. Where one process runs the jobs, a lane keeps the order
    of arrival, and lanes take turns; where several share them, each takes what came first, of
    whatever lane, and two may pass each other by as much as one fetch brings. A bound then holds
    for all of them together.
    """

    def start(self, run: Run) -> None:
        """Begin to take jobs; `run` gets a turn's id, and must not raise."""

    def defer(self, turn_id: int, lane: str) -> None:
        """Have the turn run as soon as its lane has a place; a turn that has a job keeps that one.

        Also while that job is running: a turn is never run twice at once, nor once more for it.
        Nothing is missed, for a run ends with its turn, and ending it defers the next one. Where
        jobs stand in the database, the transaction that made the turn due has written it there.
        """

    async def adopt(self, heads: Sequence[tuple[int, str]]) -> int:
        """Defer each of these turns, given with its lane, that has no job; returns how many.

        Raises StoreError.
        """

    def leave_lane(self, turn_id: int) -> None:
        """The running turn asks its lane's provider no more: its place is free."""

    async def waiting_before(self, turn_id: int) -> int:
        """How many turns of its lane come first, at most; 0 for one that waits for no place.

        Turns that were withdrawn meanwhile may still be counted. Raises StoreError.
        """

    def cancel(self, turn_id: int) -> None:
        """Withdraw the turn's job, or interrupt it where it runs, if that is in this process."""

    async def drain(self, timeout_s: float) -> None:
        """Take no more jobs, let running ones end, and interrupt those that take too long.

        What was not run stays as it is in the store; another process that shares the jobs goes on
        with it at once, or it is found there at the next start.
        """

    async def close(self) -> None:
        """Let go of what it holds; running jobs are interrupted."""
