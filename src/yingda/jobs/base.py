"""The jobs seam."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

Run = Callable[[int], Awaitable[None]]


class Jobs(Protocol):
    """Runs turns in the background. Only the first turn of a conversation ever has a job.

    Each turn waits in a lane, that of its provider. A lane keeps the order of arrival, may have
    a bound of its own, and hinders no other lane while it waits for a place.
    """

    def start(self, run: Run) -> None:
        """Begin to take jobs; `run` gets a turn's id, and must not raise."""

    def defer(self, turn_id: int, lane: str) -> None:
        """Have the turn run as soon as its lane has a place; a turn that has a job keeps that one.

        Also while that job is running: a turn is never run twice at once, nor once more for it.
        Nothing is missed, for a run ends with its turn, and ending it defers the next one.
        """

    def leave_lane(self, turn_id: int) -> None:
        """The running turn asks its lane's provider no more: its place is free."""

    async def adopt(self, heads: Sequence[tuple[int, str]]) -> int:
        """Have each of these turns run that has no job yet; how many those were.

        Each comes with its lane. Raises StoreError.
        """

    async def waiting_before(self, turn_id: int) -> int:
        """How many turns of its lane come first, at most; 0 for one that waits for no place.

        Turns that were withdrawn meanwhile may still be counted. Raises StoreError.
        """

    def cancel(self, turn_id: int) -> None:
        """Interrupt the turn's job if it runs here; one that waits need not be run any more."""

    async def drain(self, timeout_s: float) -> None:
        """Take no more jobs, let running ones end, and interrupt those that take too long.

        What was not run stays as it is in the store, and is found there at the next start.
        """

    async def close(self) -> None:
        """Let go of everything; what still runs is interrupted."""
