import itertools

import msgspec
import pytest

from yingda.delivery.choose import (
    DECIDE_AFTER_S,
    LAST_ATTEMPT_AGE_S,
    LET_GO_AFTER_S,
    AttemptView,
    Decision,
    Step,
    choose,
)
from yingda.wechat.limits import WINDOW_S

ANSWER = Decision(Step.ANSWER)
WAIT = Decision(Step.WAIT, DECIDE_AFTER_S)
HOLD = Decision(Step.HOLD, WINDOW_S)
HOLD_OPEN = Decision(Step.HOLD, LET_GO_AFTER_S)
PROMISE = Decision(Step.PROMISE)
OFFER = Decision(Step.OFFER)
ACKNOWLEDGE = Decision(Step.ACKNOWLEDGE)
LET_GO = Decision(Step.LET_GO)

FIRST_S, SECOND_S, THIRD_S = 0.0, 5.0, 10.0

TABLE = [
    # ended, push age, window age, held, patience, draining → decision
    (True, FIRST_S, 0.0, False, True, False, ANSWER),
    (True, THIRD_S, 4.6, False, False, True, ANSWER),
    (True, FIRST_S, 4.9, True, True, False, ANSWER),
    (True, FIRST_S, 5.0, True, True, False, HOLD_OPEN),
    (True, FIRST_S, 6.5, True, True, False, LET_GO),
    # A reply that was slow to be chosen is still sent: whoever waits, gets it.
    (True, THIRD_S, 5.2, False, True, False, ANSWER),
    (False, FIRST_S, 0.0, False, True, False, WAIT),
    (False, FIRST_S, 4.4, False, False, False, WAIT),
    (False, THIRD_S, 4.4, False, True, False, WAIT),
    (False, FIRST_S, 4.4, False, True, True, WAIT),
    (False, FIRST_S, 4.5, False, True, False, HOLD),
    (False, SECOND_S, 4.5, False, True, False, HOLD),
    (False, 8.99, 4.5, False, True, False, HOLD),
    (False, LAST_ATTEMPT_AGE_S, 4.5, False, True, False, PROMISE),
    (False, THIRD_S, 4.5, False, True, False, PROMISE),
    (False, FIRST_S, 5.2, False, True, False, HOLD_OPEN),
    (False, FIRST_S, 4.5, False, False, False, PROMISE),
    (False, SECOND_S, 4.5, False, False, False, PROMISE),
    (False, FIRST_S, 4.5, False, True, True, PROMISE),
    (False, FIRST_S, 4.9, True, True, False, HOLD_OPEN),
    (False, FIRST_S, 4.7, True, False, True, PROMISE),
    (False, FIRST_S, 5.0, True, False, True, HOLD_OPEN),
    (False, FIRST_S, 6.4, True, False, True, HOLD_OPEN),
    (False, FIRST_S, 6.5, True, True, False, LET_GO),
]


@pytest.mark.parametrize("push_age_s", [FIRST_S, SECOND_S, THIRD_S])
@pytest.mark.parametrize("window_age_s", [0.0, 4.4, 4.5])
def test_an_attempt_for_which_there_is_no_room_waits_for_nothing_but_is_answered(
    push_age_s: float, window_age_s: float
) -> None:
    crowded = AttemptView(
        turn_has_ended=False, push_age_s=push_age_s, window_age_s=window_age_s, is_crowded=True
    )
    assert choose(crowded) == PROMISE
    assert choose(msgspec.structs.replace(crowded, turn_has_ended=True)) == ANSWER


@pytest.mark.parametrize(
    ("ended", "push_age_s", "window_age_s", "held", "patience", "draining", "expected"), TABLE
)
def test_the_decision_is_the_one_in_the_table(
    *,
    ended: bool,
    push_age_s: float,
    window_age_s: float,
    held: bool,
    patience: bool,
    draining: bool,
    expected: Decision,
) -> None:
    view = AttemptView(
        turn_has_ended=ended,
        push_age_s=push_age_s,
        window_age_s=window_age_s,
        is_held=held,
        has_patience=patience,
        is_draining=draining,
    )
    assert choose(view) == expected


def test_every_decision_to_wait_ends_later_than_it_is_made() -> None:
    """Or an attempt would turn in circles."""
    for window_age_s in (0.0, 4.4, 4.5, 4.9, 5.0, 6.4, 6.5, 9.0):
        for held in (False, True):
            for ended in (False, True):
                view = AttemptView(
                    turn_has_ended=ended,
                    push_age_s=0.0,
                    window_age_s=window_age_s,
                    is_held=held,
                )
                decision = choose(view)
                if decision.step in {Step.WAIT, Step.HOLD}:
                    assert decision.until_s > window_age_s


@pytest.mark.parametrize("attempt_no", [1, 2])
def test_an_early_attempt_is_held_while_another_one_is_left(attempt_no: int) -> None:
    view = AttemptView(
        turn_has_ended=False, push_age_s=0.0, window_age_s=4.5, attempt_no=attempt_no
    )
    assert choose(view) == HOLD


def test_the_third_attempt_that_was_seen_is_never_held_however_early_it_came() -> None:
    view = AttemptView(turn_has_ended=False, push_age_s=5.0, window_age_s=4.5, attempt_no=3)
    assert choose(view) == PROMISE


def test_the_last_attempt_is_never_held_whatever_the_patience() -> None:
    for window_age_s in (4.5, 4.7, 5.0):
        view = AttemptView(turn_has_ended=False, push_age_s=THIRD_S, window_age_s=window_age_s)
        assert choose(view) == PROMISE


@pytest.mark.parametrize("draining", [False, True])
def test_a_part_that_is_settled_is_offered_wherever_a_promise_would_be_made(
    *, draining: bool
) -> None:
    view = AttemptView(
        turn_has_ended=False,
        push_age_s=THIRD_S,
        window_age_s=4.5,
        has_part=True,
        is_draining=draining,
    )
    assert choose(view) == OFFER
    assert choose(msgspec.structs.replace(view, window_age_s=4.4)) == WAIT
    assert choose(msgspec.structs.replace(view, turn_has_ended=True)) == ANSWER


PUSHING = [
    # ended, pushed, can push, window age, held, draining → decision
    (False, False, True, 4.4, False, False, WAIT),
    (False, False, True, 4.5, False, False, ACKNOWLEDGE),
    (False, False, True, 4.5, False, True, ACKNOWLEDGE),
    (False, False, True, 5.2, False, False, ACKNOWLEDGE),
    # It was paid for before WeChat told that the account may push.
    (False, False, True, 4.7, True, False, HOLD_OPEN),
    (False, False, True, 4.7, True, True, ACKNOWLEDGE),
    (True, False, True, 1.0, False, False, ANSWER),
    (False, True, False, 4.4, False, False, WAIT),
    (False, True, False, 4.5, False, False, ACKNOWLEDGE),
    # Its parts are on their way; a reply might come before the one before it.
    (True, True, False, 0.0, False, False, ACKNOWLEDGE),
    (True, True, False, 5.5, True, False, HOLD_OPEN),
]


@pytest.mark.parametrize(
    ("ended", "pushed", "can_push", "window_age_s", "held", "draining", "expected"), PUSHING
)
def test_an_account_that_may_push_acknowledges_where_it_would_hold_or_promise(
    *,
    ended: bool,
    pushed: bool,
    can_push: bool,
    window_age_s: float,
    held: bool,
    draining: bool,
    expected: Decision,
) -> None:
    view = AttemptView(
        turn_has_ended=ended,
        push_age_s=FIRST_S,
        window_age_s=window_age_s,
        is_held=held,
        is_pushed=pushed,
        can_push=can_push,
        is_draining=draining,
    )
    assert choose(view) == expected


STATES = ("queued", "running", "ended")
PUSH_AGES_S = (0.0, 5.0, 8.9, 9.0, 14.0)
WINDOW_AGES_S = (0.0, 4.4, 4.5, 4.9, 5.0, 6.4, 6.5, 9.0)
#: What was written and settled beyond the cursor, and whether it was offered before.
WRITTEN = ("nothing", "too little", "settled")
EITHER = (False, True)
EVERY = itertools.product(
    STATES,
    PUSH_AGES_S,
    WINDOW_AGES_S,
    EITHER,
    WRITTEN,
    EITHER,
    EITHER,
    EITHER,
    (1, 2, 3),
    ("passive", "can push", "is pushed"),
)


def by_the_rules(view: AttemptView) -> set[Step]:
    """The rules once more, each by itself: what is allowed where all that apply are kept."""
    allowed = set(Step)
    is_in_window = view.window_age_s < 5.0
    is_time = view.window_age_s >= 4.5
    will_come_again = view.push_age_s < 9.0 and view.attempt_no < 3 and not view.is_draining
    # Rule 1: ready means at once, for everyone who still listens.
    listens = is_in_window or not view.is_held
    ready = {Step.ACKNOWLEDGE if view.is_pushed else Step.ANSWER}
    allowed &= ready if view.turn_has_ended and listens else allowed - {Step.ANSWER}
    if view.turn_has_ended and not listens:
        allowed -= {Step.ACKNOWLEDGE}
    if view.turn_has_ended:
        allowed -= {Step.PROMISE, Step.OFFER}
    # Nothing but a wait before the time to decide.
    if not view.turn_has_ended and not is_time and not view.is_held:
        allowed &= {Step.WAIT}
    if is_time or view.is_held or view.turn_has_ended:
        allowed -= {Step.WAIT}
    # Rule 2: held only while WeChat comes again and patience is there; once held, it stays so,
    # unless a stop comes while somebody listens.
    # Rule 6: who may push accepts what would be held or promised else.
    is_pushing = view.can_push or view.is_pushed
    may_be_held = view.is_held or (will_come_again and view.has_patience and not is_pushing)
    may_be_held &= not (view.is_held and view.is_draining and is_in_window)
    if not view.turn_has_ended and not may_be_held:
        allowed -= {Step.HOLD, Step.LET_GO}
    if not view.turn_has_ended and may_be_held and (is_time or view.is_held):
        allowed &= {Step.HOLD, Step.LET_GO}
    # WeChat closes what it cut; we only after it surely has.
    allowed -= {Step.LET_GO} if view.window_age_s < 6.5 else {Step.HOLD}
    # Rule 3: at the last chance what exists, else a promise.
    allowed -= {Step.PROMISE} if view.has_part else {Step.OFFER}
    if not view.turn_has_ended:
        allowed -= {Step.PROMISE, Step.OFFER} if is_pushing else {Step.ACKNOWLEDGE}
    return allowed


def test_every_combination_of_what_can_be_is_decided_by_the_rules() -> None:
    count = 0
    for state, age_s, at_s, held, written, offered, patience, draining, attempt_no, way in EVERY:
        view = AttemptView(
            turn_has_ended=state == "ended",
            push_age_s=age_s,
            attempt_no=attempt_no,
            window_age_s=at_s,
            is_held=held,
            has_patience=patience,
            has_part=state == "running" and written == "settled" and not offered,
            is_pushed=way == "is pushed",
            can_push=way == "can push",
            is_draining=draining,
        )
        assert {choose(view).step} == by_the_rules(view), view
        count += 1
    assert count == 51840
