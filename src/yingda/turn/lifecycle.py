"""What may happen to a turn, as a table.

The store takes from it which states a claim or an end may start from. Only the conditions of
partial indexes spell pending states out, as a database wants its own words there; a test holds
them against this table.
"""

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """Where a turn stands."""

    #: Accepted and durable; waits for its place in the conversation.
    QUEUED = "queued"
    #: A provider is being asked.
    RUNNING = "running"
    #: The whole answer is in the store.
    ANSWERED = "answered"
    #: It ended without a whole answer; the reason, and what text came, are in the store.
    FAILED = "failed"
    #: It was withdrawn before it ended; nothing more is sent for it.
    CANCELLED = "cancelled"


class Happening(StrEnum):
    """What may happen to a turn."""

    #: A worker takes it on, or takes it over from a worker that died; the run number goes up.
    CLAIM = "claim"
    ANSWER = "answer"
    FAIL = "fail"
    CANCEL = "cancel"


TRANSITIONS: Mapping[State, Mapping[Happening, State]] = {
    State.QUEUED: {
        Happening.CLAIM: State.RUNNING,
        Happening.FAIL: State.FAILED,
        Happening.CANCEL: State.CANCELLED,
    },
    State.RUNNING: {
        Happening.CLAIM: State.RUNNING,
        Happening.ANSWER: State.ANSWERED,
        Happening.FAIL: State.FAILED,
        Happening.CANCEL: State.CANCELLED,
    },
    State.ANSWERED: {},
    State.FAILED: {},
    State.CANCELLED: {},
}

#: The states that something still has to happen to.
PENDING = frozenset(state for state, happenings in TRANSITIONS.items() if happenings)


def sources(happening: Happening) -> frozenset[State]:
    """The states in which `happening` may happen."""
    return frozenset(s for s, happenings in TRANSITIONS.items() if happening in happenings)
