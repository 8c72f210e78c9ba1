"""Who waits for which turn, and is woken when it ends.

In this process only, and never the truth: whoever is woken, or begins to wait, looks the turn up
in the store.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Board:
    """Wakes the attempts that wait for a turn."""

    def __init__(self) -> None:
        self._waiting: dict[int, set[Callable[[], None]]] = {}

    @contextmanager
    def watch(self, turn_id: int, wake: Callable[[], None]) -> Iterator[None]:
        """Have `wake` called when the turn ends; look the turn up after entering."""
        watchers = self._waiting.setdefault(turn_id, set())
        watchers.add(wake)
        try:
            yield
        finally:
            watchers.discard(wake)
            if not watchers and self._waiting.get(turn_id) is watchers:
                del self._waiting[turn_id]

    def announce_end(self, turn_id: int) -> None:
        """The turn has ended, and the store says how."""
        for wake in tuple(self._waiting.get(turn_id, ())):
            wake()
