"""The decision: what an attempt that waits for a turn does next.

One pure function over a frozen view; the table of its cases is its test. It looks at no text
and knows no reply: `passive` writes what is decided here.
"""

from enum import StrEnum

import msgspec

from yingda.wechat.limits import ATTEMPTS, WINDOW_S

#: From this age of its window on, an attempt that is not answered is either left to be cut or
#: answered with what exists. Our choice: half a second for the reply's way back.
DECIDE_AFTER_S = 4.5
#: A push of this age, when an attempt of it arrives, gets no further attempt after this one.
#: Our choice: WeChat's third attempt begins about 10 s after the first (measured by others).
LAST_ATTEMPT_AGE_S = 9.0
#: Until this age of its window a cut attempt is kept open, so that WeChat is the one to close it.
#: Our choice: WeChat's clock starts before ours does.
LET_GO_AFTER_S = 6.5


class Step(StrEnum):
    """What an attempt does next."""

    #: Reply with the turn's outcome, as far as it fits.
    ANSWER = "answer"
    #: Wait for the turn, but decide again at `until_s`.
    WAIT = "wait"
    #: Write nothing until WeChat cuts the connection and comes again; spends patience.
    HOLD = "hold"
    #: Reply that the push was accepted, and show nothing: its parts are sent by themselves.
    ACKNOWLEDGE = "acknowledge"
    #: Reply with the next closed part of the unfinished answer, and how to get the rest.
    OFFER = "offer"
    #: Reply that the answer is not ready, and how to get it.
    PROMISE = "promise"
    #: End the request: WeChat is no longer there.
    LET_GO = "let_go"


class AttemptView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the decision depends on."""

    #: The turn has ended: there is an answer, or a failure to tell.
    turn_has_ended: bool
    #: How old the push was when this attempt arrived.
    push_age_s: float
    #: How many attempts of the push have reached us, this one included.
    attempt_no: int = 1
    #: How long ago this attempt arrived.
    window_age_s: float
    #: This attempt was decided to be held already.
    is_held: bool = False
    #: One more deliberate time-out may be spent.
    has_patience: bool = True
    #: The unfinished answer has a closed part, long enough, that was not offered yet.
    has_part: bool = False
    #: The turn's parts are sent by themselves already.
    is_pushed: bool = False
    #: The account may send service messages, and the follower has one left.
    can_push: bool = False
    #: The process is being stopped: the next attempt may find nobody.
    is_draining: bool = False
    #: Too many attempts wait in this process already: this one must not.
    is_crowded: bool = False


class Decision(msgspec.Struct, frozen=True):
    """A step, and for how long it holds unless the turn ends before."""

    step: Step
    #: Seconds since the attempt arrived; for `WAIT` and `HOLD`.
    until_s: float = 0.0


def choose(view: AttemptView) -> Decision:
    """Decide at an attempt's arrival, when its turn ends, and when a decision's time is up.

    `can_push` and `has_patience` only matter where this says to hold or to promise, `has_part`
    where it says to promise: they cost something to find out, so ask without and then, if need
    be, with them.
    """
    if view.turn_has_ended:
        # Past its window nobody reads this connection; the next attempt gets the answer.
        if view.window_age_s < WINDOW_S or not view.is_held:
            return Decision(Step.ACKNOWLEDGE if view.is_pushed else Step.ANSWER)
        return _let_go(view)
    if view.is_crowded:
        return _last_chance(view)
    if view.is_held:
        # Nobody may be there for the attempt that this one was held for.
        if view.is_draining and view.window_age_s < WINDOW_S:
            return _last_chance(view)
        return _let_go(view)
    if view.window_age_s < DECIDE_AFTER_S:
        return Decision(Step.WAIT, DECIDE_AFTER_S)
    is_pushing = view.is_pushed or view.can_push
    if not is_pushing and _another_attempt_will_come(view) and view.has_patience:
        # Past its window, as after a slow disk, it is cut already: leave it to WeChat.
        return Decision(Step.HOLD, WINDOW_S) if view.window_age_s < WINDOW_S else _let_go(view)
    return _last_chance(view)


def _last_chance(view: AttemptView) -> Decision:
    if view.is_pushed or view.can_push:
        # Also in a stop: whoever comes next goes on with it.
        return Decision(Step.ACKNOWLEDGE)
    return Decision(Step.OFFER if view.has_part else Step.PROMISE)


def _another_attempt_will_come(view: AttemptView) -> bool:
    # Attempts may have been lost on the way, so their number can only tell that none is left:
    # where connections broke early or came doubled, the last one comes before its age says so.
    is_last = view.push_age_s >= LAST_ATTEMPT_AGE_S or view.attempt_no >= ATTEMPTS
    return not is_last and not view.is_draining


def _let_go(view: AttemptView) -> Decision:
    if view.window_age_s < LET_GO_AFTER_S:
        return Decision(Step.HOLD, LET_GO_AFTER_S)
    return Decision(Step.LET_GO)
