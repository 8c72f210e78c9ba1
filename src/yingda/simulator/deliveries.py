"""One push on its way, and what became of it, as frozen values.

Knows what can happen to a push and what is kept of it. Refuses to make anything happen.
"""

import msgspec

from yingda.simulator.verdict import Outcome, Verdict


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """What happens between WeChat and the server while one push is delivered."""

    #: Attempts (from 1) whose reply is lost: the connection closes before its body is read.
    lost_replies: frozenset[int] = frozenset()
    #: Whether the first two attempts are made at the same time.
    is_doubled: bool = False
    #: Seconds until each attempt reaches the server, the first one first; 0 for the rest. They
    #: count in the attempt's window.
    delays_s: tuple[float, ...] = ()

    def delay_s(self, number: int) -> float:
        """Seconds until attempt `number` (from 1) reaches the server."""
        return self.delays_s[number - 1] if number <= len(self.delays_s) else 0.0


#: Nothing is lost, doubled or late.
CLEAR_WAY = Way()


class Attempt(msgspec.Struct, frozen=True):
    """One POST of a push; times are the clock's monotonic seconds."""

    #: From 1.
    number: int
    started_s: float
    ended_s: float
    verdict: Verdict

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        return self.verdict.outcome

    @property
    def status(self) -> int:
        """The HTTP status, 0 when none came."""
        return self.verdict.status


class Delivered(msgspec.Struct, frozen=True):
    """What became of one push."""

    #: What the follower sees: texts with their markup, or a description of anything else.
    shown: tuple[str, ...]
    attempts: tuple[Attempt, ...]
    #: Seconds from the first attempt to the reply, or to the end of the last attempt.
    delay_s: float
    is_failure_line: bool
    #: The attempt that decided, from 1; 0 when the account was blocked and none was made.
    decided_by: int

    @property
    def text(self) -> str:
        """All that is shown, "" when nothing is."""
        return "\n".join(self.shown)

    @property
    def deciding(self) -> Attempt:
        """The attempt that decided what is shown; raises LookupError when none was made."""
        if not self.decided_by:
            raise LookupError("the account was blocked")
        return self.attempts[self.decided_by - 1]


class Counters(msgspec.Struct, frozen=True):
    """What the platform has counted so far."""

    pushes: int
    attempts: int
    #: Within the last five minutes.
    recent_timeouts: int
    failure_lines: int
