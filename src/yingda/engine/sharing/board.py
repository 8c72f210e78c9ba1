"""Who waits for which turn, and is woken when it ends, in whichever process that is.

Never the truth: whoever is woken, or begins to wait, looks the turn up in the store. A signal may
be lost, so whoever waits for an end that is told elsewhere looks by himself now and then.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from yingda.engine.sharing.pieces import turn_in
from yingda.signals.base import Signals, Topic

#: How long whoever waits for nothing but an end goes without a look. Our choice: a lost signal is
#: rare, and a look costs two reads.
_TRUSTED_S = 5.0


class Board:
    """Wakes the attempts that wait for a turn."""

    def __init__(self, signals: Signals) -> None:
        self._signals = signals
        self._waiting: dict[int, set[Callable[[], None]]] = {}
        signals.hear(Topic.END, self._hear)
        signals.on_gap(self._wake_all)

    @property
    def is_deaf(self) -> bool:
        """Whether ends in other processes are not heard of for now; whoever waits is woken then."""
        return self._signals.is_deaf

    @property
    def trusted_s(self) -> float:
        """How long to wait for a wake before looking; an end in this very process wakes surely."""
        if self._signals.is_alone:
            return math.inf
        return 0.0 if self._signals.is_deaf else _TRUSTED_S

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
        """The turn has ended, and the store says how: wake who waits here, and tell the others."""
        self._wake(turn_id)
        self._signals.tell(Topic.END, str(turn_id))

    def _hear(self, body: str) -> None:
        turn_id = turn_in(body)
        if turn_id is not None:
            self._wake(turn_id)

    def _wake(self, turn_id: int) -> None:
        for wake in tuple(self._waiting.get(turn_id, ())):
            wake()

    def _wake_all(self) -> None:
        for turn_id in tuple(self._waiting):
            self._wake(turn_id)
