"""Whether a question is taken, decided in the transaction that would take it.

So replicas share every bound, and a repeat counts once. What was taken is read off the turns
themselves: nothing has to be counted up or down beside them, and erasing a turn's text or clearing
a conversation resets nothing. Knows the bounds; how a refusal is worded is the caller's.
"""

import math

from yingda.store.entries import Bound, NewPush, NewQuestion, Refusal
from yingda.store.spending import is_used_up
from yingda.store.steps import Steps, fetch, fetch_one

#: The span in which `rate_per_minute` counts.
MINUTE_S = 60.0
#: A count of the open turns is good for this long. Our choice: what other processes open
#: meanwhile goes over the bound, and one count a second of 10 000 turns costs a thousandth of a
#: core at most (measured: 0.05 µs a turn).
_COUNT_IS_GOOD_S = 1.0
#: How long a full house stays full before it is counted anew, for each turn of the bound. Our
#: choice: then counting takes less than a hundredth of the time, and 10 000 wait 0.1 s for it.
_RECOUNT_PER_TURN_S = 1e-5

# Numbers count a follower's questions without a gap, so one look at the index tells when the n-th
# newest came, however many there are.
_NTH_NEWEST = """
    SELECT entered_at FROM turn
    WHERE account = :account AND openid = :openid AND number <= 1 - :n + (
        SELECT max(number) FROM turn WHERE account = :account AND openid = :openid
    )
    ORDER BY number DESC LIMIT 1
"""
_COUNT_ALL_OPEN = """
    SELECT count(*) FROM (
        SELECT 1 FROM turn WHERE state IN ('queued', 'running') LIMIT :limit
    ) open_turn
"""


class OpenTurns:
    """How many more turns may be opened in all before they have to be counted again.

    One for each process. It is no part of the truth: a transaction that is undone, or a turn that
    ends, makes the next count come early and never late.
    """

    def __init__(self) -> None:
        self._room = 0
        self._counted_at = -math.inf

    def admit(self, limit: int, now: float) -> Steps[bool]:
        """Whether one more turn may be opened; if so, it is taken for opened."""
        # A clock that was set back makes a count old as well.
        age_s = abs(now - self._counted_at)
        is_stale = age_s > _COUNT_IS_GOOD_S
        if is_stale or (not self._room and age_s >= limit * _RECOUNT_PER_TURN_S):
            open_turns = (yield from fetch(_COUNT_ALL_OPEN, limit=limit))[0][0]
            self._room = limit - open_turns
            self._counted_at = now
        if not self._room:
            return False
        self._room -= 1
        return True


def refusal(
    new: NewPush, question: NewQuestion, own_open: int, open_turns: OpenTurns
) -> Steps[Refusal | None]:
    """Why the question is not taken; None when it is.

    `own_open` is how many turns of this follower are open.
    """
    who = {"account": new.account, "openid": new.openid}
    # First, for whoever is told another reason comes back before anything is taken.
    allowance = question.allowance
    if allowance is not None and (yield from is_used_up(new.account, allowance)):
        return Refusal(bound=Bound.BUDGET, until=allowance.until)
    # One runs, the others wait behind it; those of a cleared conversation count as well.
    if own_open > question.queue_limit:
        return Refusal(bound=Bound.QUEUE, open_turns=own_open)
    if question.daily_questions is not None:
        asked_at = yield from fetch_one(_NTH_NEWEST, n=question.daily_questions, **who)
        if asked_at is not None and asked_at[0] >= question.day_began_at:
            return Refusal(bound=Bound.DAY)
    if question.rate_per_minute is not None:
        asked_at = yield from fetch_one(_NTH_NEWEST, n=question.rate_per_minute, **who)
        # A turn of the future was entered before the clock was set back; it holds nobody up.
        if asked_at is not None and 0 <= new.received_at - asked_at[0] < MINUTE_S:
            return Refusal(bound=Bound.RATE, until=asked_at[0] + MINUTE_S)
    if question.max_open_turns is not None:
        has_room = yield from open_turns.admit(question.max_open_turns, new.received_at)
        if not has_room:
            return Refusal(bound=Bound.OPEN_TURNS)
    return None
