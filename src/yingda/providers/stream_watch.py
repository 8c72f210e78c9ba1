"""The deadlines of one streamed answer, on one timer.

Knows when a stream has been silent or running for too long. Knows no provider and no HTTP: it
calls the function it is given, which is expected to make the pending read fail. The timer is
set again only when it rings, so that a piece of text costs two assignments and no timer.
"""

import math
from collections.abc import Callable
from enum import StrEnum

from yingda.clock import Clock, Timer


class Expiry(StrEnum):
    """Which deadline passed."""

    FIRST_EVENT = "first_event"
    READ = "read"
    TOTAL = "total"
    #: Not a failure: the wait for a closing event is over.
    SETTLED = "settled"


class StreamWatch:
    """Calls `on_expiry` once, when the first of its deadlines passes.

    `first_due_s` and `total_due_s` are readings of the clock's `monotonic`; `read_s` is a span
    between any bytes, in seconds.
    """

    __slots__ = (
        "_clock",
        "_first_due_s",
        "_on_expiry",
        "_read_s",
        "_reading_since_s",
        "_settled_due_s",
        "_timer",
        "_total_due_s",
        "expired",
    )

    def __init__(
        self,
        clock: Clock,
        on_expiry: Callable[[], None],
        *,
        first_due_s: float,
        read_s: float,
        total_due_s: float,
    ) -> None:
        self.expired: Expiry | None = None
        self._clock = clock
        self._on_expiry = on_expiry
        self._first_due_s = first_due_s
        self._read_s = read_s
        self._total_due_s = total_due_s
        self._settled_due_s = math.inf
        #: Infinite while nobody reads: a slow consumer is not a silent provider.
        self._reading_since_s = math.inf
        self._timer: Timer | None = None
        self._set_timer(clock.monotonic())

    def read_begins(self) -> None:
        """A read waits for bytes from now on."""
        self._reading_since_s = self._clock.monotonic()

    def read_ends(self) -> None:
        """Bytes came."""
        self._reading_since_s = math.inf

    def first_event_came(self) -> None:
        """The deadline for the first event is kept."""
        self._first_due_s = math.inf

    def settle(self, grace_s: float) -> None:
        """Wait for closing events for `grace_s` seconds at the most."""
        now_s = self._clock.monotonic()
        self._settled_due_s = now_s + grace_s
        self.stop()
        self._set_timer(now_s)

    def stop(self) -> None:
        """Let all deadlines rest."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _dues(self, now_s: float) -> tuple[tuple[float, Expiry], ...]:
        read_due_s = min(self._reading_since_s, now_s) + self._read_s
        return (
            (self._settled_due_s, Expiry.SETTLED),
            (self._total_due_s, Expiry.TOTAL),
            (self._first_due_s, Expiry.FIRST_EVENT),
            (read_due_s, Expiry.READ),
        )

    def _set_timer(self, now_s: float) -> None:
        due_s, _ = min(self._dues(now_s), key=_due)
        self._timer = self._clock.call_later(max(due_s - now_s, 0.0), self._ring)

    def _ring(self) -> None:
        now_s = self._clock.monotonic()
        due_s, expiry = min(self._dues(now_s), key=_due)
        # Timers may ring a rounding error early; half a millisecond is our choice.
        if due_s <= now_s + 0.0005:
            self._timer = None
            self.expired = expiry
            self._on_expiry()
        else:
            self._set_timer(now_s)


def _due(due: tuple[float, Expiry]) -> float:
    return due[0]
