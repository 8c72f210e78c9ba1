"""One timer for all the streams whose text waits to be given on.

Knows only whom to call and when. A timer for each stream wakes an idle process once more for
each of them, which costs about as much as handing every chunk on by itself.
"""

from collections.abc import Callable

from yingda.clock import Clock


class Gathering:
    """Calls everyone who asked, together, `gather_s` seconds after the first of them asked."""

    def __init__(self, clock: Clock, gather_s: float) -> None:
        self._clock = clock
        self._gather_s = gather_s
        self._waiting: list[Callable[[], None]] = []

    def join(self, callback: Callable[[], None]) -> None:
        """Call this with the others; it must bear to be called after it is of no use."""
        if not self._waiting:
            self._clock.call_later(self._gather_s, self._ring)
        self._waiting.append(callback)

    def _ring(self) -> None:
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback()
