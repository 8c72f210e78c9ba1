"""Whether a provider is well enough to be asked: a circuit breaker as a table of states.

Pure: time is handed in, and so is what others learnt of the provider. Knows which failures say that
it is ill; refuses to know who asks whom instead.
"""

from enum import StrEnum

import msgspec

from yingda.errors import FailureKind

#: Failures in a row after which a provider is left alone. Our choice: one or two are hiccups, and
#: each of the five may have cost a follower the whole of a deadline.
FAILURES = 5
#: How long it is left alone at first, in seconds. Our choice: a provider that restarts is back by
#: then, and no follower remembers the last answer as a failure for longer.
OPEN_S = 30.0
#: Each test that fails doubles the wait, so many times. Our choice: eight times is four minutes,
#: for every test costs somebody a deadline.
_DOUBLINGS = 3
#: The longest wait that a provider may ask for, in seconds. Our choice: an hour, so that a header
#: that was written wrongly shuts nobody out for a day.
_LONGEST_S = 3600.0
#: What says that the provider is ill. What is wrong with a question, with our settings or with the
#: content says nothing about the next question.
_ILL = frozenset(
    {
        FailureKind.QUOTA,
        FailureKind.TIMEOUT,
        FailureKind.UNAVAILABLE,
        FailureKind.INCOMPLETE,
    }
)
#: What may happen before the provider was reached: it tells neither way. No more does a provider
#: that is busy and names no time: it answers others meanwhile, says so at once, and to leave it
#: alone would keep out those whom it could take a second later.
_UNTOLD = frozenset({FailureKind.PICTURE, FailureKind.VOICE, FailureKind.INTERNAL})


class BreakerRules(msgspec.Struct, frozen=True, kw_only=True):
    """When one provider is left alone, and for how long."""

    #: Failures in a row; 0 never leaves it alone.
    failures: int = FAILURES
    open_s: float = OPEN_S

    @property
    def longest_s(self) -> float:
        """How long it can be left alone at the most."""
        return max(_LONGEST_S, self.open_s * 2.0**_DOUBLINGS)


class BreakerState(StrEnum):
    """Whether the provider is asked."""

    #: As ever.
    CLOSED = "closed"
    #: Not at all.
    OPEN = "open"
    #: One question tries whether it is well again.
    HALF_OPEN = "half_open"


class Ticket(msgspec.Struct, frozen=True):
    """The right to ask once; what comes of it is told by it."""

    #: The state that it was given in: what was asked before the last change tells nothing.
    era: int
    is_test: bool = False


class Breaker:
    """One provider's state. Times are seconds of one clock that never goes back."""

    def __init__(self, rules: BreakerRules) -> None:
        self._rules = rules
        self._state = BreakerState.CLOSED
        self._era = 0
        self._failures = 0
        self._until_s = 0.0
        self._is_tested = False
        #: How many tests failed in a row.
        self.doublings = 0
        #: What it failed with last.
        self.last_kind = FailureKind.UNAVAILABLE

    @property
    def state(self) -> BreakerState:
        """The state after all that was told so far."""
        return self._state

    def open_for_s(self, now_s: float) -> float:
        """How long it is still left alone; 0 when it may be asked or tested."""
        return max(0.0, self._until_s - now_s) if self._state is BreakerState.OPEN else 0.0

    def ticket(self, now_s: float) -> Ticket | None:
        """The right to ask now; None when it is left alone, or somebody tests it already."""
        if self._state is BreakerState.OPEN and now_s >= self._until_s:
            self._turn(BreakerState.HALF_OPEN)
        if self._state is BreakerState.CLOSED:
            return Ticket(self._era)
        if self._state is BreakerState.OPEN or self._is_tested:
            return None
        self._is_tested = True
        return Ticket(self._era, is_test=True)

    def is_current(self, ticket: Ticket) -> bool:
        """Whether what comes of it still tells something."""
        return ticket.era == self._era

    def answered(self, ticket: Ticket) -> None:
        """The provider did as it was asked."""
        if not self.is_current(ticket):
            return
        self._failures = 0
        if ticket.is_test:
            self.doublings = 0
            self._turn(BreakerState.CLOSED)

    def failed(
        self, ticket: Ticket, kind: FailureKind, now_s: float, *, retry_after_s: float | None = None
    ) -> None:
        """It did not. `retry_after_s` is how long it wants to be left alone, if it said so."""
        asked_s = min(max(retry_after_s or 0.0, 0.0), _LONGEST_S)
        is_busy, is_ill = kind is FailureKind.BUSY, kind in _ILL
        if kind in _UNTOLD or (is_busy and not asked_s):
            return self.untold(ticket)
        if not is_ill and not is_busy:
            return self.answered(ticket)
        if not self.is_current(ticket) or not self._rules.failures:
            return None
        self.last_kind = kind
        self._failures += is_ill
        own_s = self._own_wait_s(is_test=ticket.is_test) if is_ill else 0.0
        if own_s or asked_s:
            self._until_s = now_s + max(own_s, asked_s)
            self._turn(BreakerState.OPEN)
        return None

    def _own_wait_s(self, *, is_test: bool) -> float:
        if is_test:
            self.doublings = min(self.doublings + 1, _DOUBLINGS)
        elif self._failures < self._rules.failures:
            return 0.0
        return self._rules.open_s * 2.0**self.doublings

    def untold(self, ticket: Ticket) -> None:
        """The question was withdrawn: another one may test."""
        if self.is_current(ticket) and ticket.is_test:
            self._is_tested = False

    def opened_elsewhere(self, for_s: float, now_s: float) -> None:
        """Others learnt that it is to be left alone so long; 0 has it tested by the next one."""
        if self._rules.failures:
            self._until_s = now_s + min(for_s, self._rules.longest_s)
            self._turn(BreakerState.OPEN)

    def closed_elsewhere(self) -> None:
        """Others learnt that it is well."""
        self.doublings = 0
        if self._state is not BreakerState.CLOSED:
            self._turn(BreakerState.CLOSED)

    def _turn(self, state: BreakerState) -> None:
        self._state = state
        self._era += 1
        self._is_tested = False
        if state is not BreakerState.HALF_OPEN:
            self._failures = 0
