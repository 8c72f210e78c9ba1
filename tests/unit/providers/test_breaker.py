"""A provider that is ill is left alone, tried by one question, and asked again once it is well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.errors import FailureKind
from yingda.providers.breaker import Breaker, BreakerRules, BreakerState, Ticket

RULES = BreakerRules(failures=3, open_s=30.0)
ILL = [
    FailureKind.QUOTA,
    FailureKind.TIMEOUT,
    FailureKind.UNAVAILABLE,
    FailureKind.INCOMPLETE,
]
UNTOLD = [FailureKind.BUSY, FailureKind.PICTURE, FailureKind.VOICE, FailureKind.INTERNAL]


def fail(breaker: Breaker, at_s: float, *, times: int = 1, after_s: float | None = None) -> None:
    for _ in range(times):
        breaker.failed(ticket(breaker, at_s), FailureKind.TIMEOUT, at_s, retry_after_s=after_s)


def ticket(breaker: Breaker, at_s: float) -> Ticket:
    found = breaker.ticket(at_s)
    assert found is not None, "it may be asked"
    return found


def opened(at_s: float = 0.0) -> Breaker:
    breaker = Breaker(RULES)
    fail(breaker, at_s, times=3)
    return breaker


def test_failures_in_a_row_open_it_for_a_while() -> None:
    breaker = Breaker(RULES)
    fail(breaker, 0.0, times=2)
    assert breaker.state is BreakerState.CLOSED
    fail(breaker, 1.0)
    assert (breaker.state, breaker.open_for_s(1.0)) == (BreakerState.OPEN, 30.0)
    assert (breaker.ticket(30.9), breaker.open_for_s(31.0)) == (None, 0.0)


def test_an_answer_between_them_begins_the_count_anew() -> None:
    breaker = Breaker(RULES)
    fail(breaker, 0.0, times=2)
    breaker.answered(ticket(breaker, 0.0))
    fail(breaker, 0.0, times=2)
    assert breaker.state is BreakerState.CLOSED


@pytest.mark.parametrize("kind", FailureKind)
def test_only_what_says_that_the_provider_is_ill_counts(kind: FailureKind) -> None:
    breaker = Breaker(RULES)
    for _ in range(3):
        breaker.failed(ticket(breaker, 0.0), kind, 0.0)
    assert (breaker.state is BreakerState.OPEN) == (kind in ILL)


def test_one_question_tries_it_while_the_others_go_past() -> None:
    breaker = opened()
    assert ticket(breaker, 30.0).is_test
    assert breaker.state is BreakerState.HALF_OPEN
    assert breaker.ticket(30.0) is None


def test_a_try_that_is_answered_closes_it_and_the_count_begins_anew() -> None:
    breaker = opened()
    breaker.answered(ticket(breaker, 30.0))
    fail(breaker, 31.0, times=2)
    assert breaker.state is BreakerState.CLOSED


def test_each_try_that_fails_doubles_the_wait_up_to_eight_times() -> None:
    breaker, at_s, waits_s = opened(), 0.0, []
    for _ in range(5):
        at_s += breaker.open_for_s(at_s)
        fail(breaker, at_s)
        waits_s.append(breaker.open_for_s(at_s))
    assert waits_s == [60.0, 120.0, 240.0, 240.0, 240.0]
    breaker.answered(ticket(breaker, at_s + 240.0))
    fail(breaker, at_s, times=3)
    assert breaker.open_for_s(at_s) == 30.0


@pytest.mark.parametrize("kind", UNTOLD)
def test_a_try_that_tells_nothing_lets_another_one_try(kind: FailureKind) -> None:
    breaker = opened()
    breaker.failed(ticket(breaker, 30.0), kind, 30.0)
    assert (breaker.state, ticket(breaker, 30.0).is_test) == (BreakerState.HALF_OPEN, True)


def test_a_try_that_was_withdrawn_lets_another_one_try() -> None:
    breaker = opened()
    breaker.untold(ticket(breaker, 30.0))
    assert ticket(breaker, 30.0).is_test


def test_what_was_asked_before_it_opened_tells_nothing_about_the_try() -> None:
    breaker = Breaker(RULES)
    early, also = ticket(breaker, 0.0), ticket(breaker, 0.0)
    fail(breaker, 0.0, times=3)
    breaker.answered(early)
    assert breaker.open_for_s(0.0) == 30.0
    tried = ticket(breaker, 30.0)
    breaker.failed(also, FailureKind.TIMEOUT, 40.0)
    assert breaker.open_for_s(40.0) == 0.0
    breaker.answered(tried)
    assert not ticket(breaker, 40.0).is_test


@pytest.mark.parametrize(
    ("asked_s", "expected_s"), [(7.0, 7.0), (90.0, 90.0), (86_400.0, 3600.0), (-5.0, 0.0)]
)
def test_a_provider_that_names_a_time_is_left_alone_for_it_at_once(
    asked_s: float, expected_s: float
) -> None:
    breaker = Breaker(RULES)
    fail(breaker, 0.0, after_s=asked_s)
    assert breaker.open_for_s(0.0) == expected_s


def test_a_busy_provider_that_names_a_time_is_left_alone_for_it_and_counts_as_no_failure() -> None:
    breaker = Breaker(RULES)
    fail(breaker, 0.0, times=2)
    breaker.failed(ticket(breaker, 0.0), FailureKind.BUSY, 0.0, retry_after_s=4.0)
    assert (breaker.open_for_s(0.0), breaker.last_kind) == (4.0, FailureKind.BUSY)
    assert ticket(breaker, 4.0).is_test


def test_no_time_that_a_provider_names_shortens_our_own() -> None:
    breaker = Breaker(RULES)
    fail(breaker, 0.0, times=2)
    fail(breaker, 0.0, after_s=5.0)
    assert breaker.open_for_s(0.0) == 30.0


def test_without_a_number_of_failures_it_never_opens() -> None:
    breaker = Breaker(BreakerRules(failures=0))
    fail(breaker, 0.0, times=99, after_s=60.0)
    assert breaker.state is BreakerState.CLOSED


# What others learnt


def test_one_that_others_found_ill_is_left_alone_and_tested() -> None:
    breaker = Breaker(RULES)
    breaker.opened_elsewhere(20.0, 5.0)
    assert (breaker.ticket(24.0), breaker.open_for_s(24.0)) == (None, 1.0)
    assert ticket(breaker, 25.0).is_test


def test_one_that_is_due_already_is_tested_by_the_next_question() -> None:
    breaker = Breaker(RULES)
    breaker.opened_elsewhere(0.0, 5.0)
    assert ticket(breaker, 5.0).is_test


def test_one_that_others_found_well_is_asked_as_ever_and_waits_begin_anew() -> None:
    breaker = opened()
    fail(breaker, 30.0)
    breaker.closed_elsewhere()
    assert not ticket(breaker, 31.0).is_test
    fail(breaker, 31.0, times=3)
    assert breaker.open_for_s(31.0) == 30.0


def test_that_others_found_it_well_leaves_the_count_of_one_that_is_well_here() -> None:
    breaker = Breaker(RULES)
    fail(breaker, 0.0, times=2)
    breaker.closed_elsewhere()
    fail(breaker, 0.0)
    assert breaker.state is BreakerState.OPEN


@pytest.mark.parametrize("is_well", [True, False])
def test_what_was_asked_before_others_told_of_it_tells_nothing(*, is_well: bool) -> None:
    breaker = opened()
    tried = ticket(breaker, 30.0)
    if is_well:
        breaker.closed_elsewhere()
    else:
        breaker.opened_elsewhere(60.0, 30.0)
    assert not breaker.is_current(tried)
    breaker.failed(tried, FailureKind.TIMEOUT, 31.0)
    breaker.answered(tried)
    assert breaker.open_for_s(31.0) == (0.0 if is_well else 59.0)


def test_the_tests_of_others_count_for_how_long_it_is_left_alone() -> None:
    breaker = Breaker(RULES)
    breaker.opened_elsewhere(0.0, 0.0)
    breaker.doublings = 1
    fail(breaker, 0.0)
    assert (breaker.open_for_s(0.0), breaker.doublings) == (120.0, 2)


def test_no_time_of_others_is_longer_than_the_rules_allow() -> None:
    breaker = Breaker(RULES)
    breaker.opened_elsewhere(1e9, 0.0)
    assert breaker.open_for_s(0.0) == RULES.longest_s == 3600.0
    assert BreakerRules(open_s=3600.0).longest_s == 8 * 3600.0


def test_one_that_is_never_left_alone_heeds_no_others() -> None:
    breaker = Breaker(BreakerRules(failures=0))
    breaker.opened_elsewhere(60.0, 0.0)
    assert not ticket(breaker, 0.0).is_test


@given(
    st.lists(st.tuples(st.sampled_from(["ask", "ill", "well", "untold"]), st.floats(0, 60))),
)
def test_no_more_than_one_question_tries_it_at_a_time_and_none_while_it_is_open(
    steps: list[tuple[str, float]],
) -> None:
    breaker, at_s = opened(), 0.0
    trying: Ticket | None = None
    for step, pause_s in steps:
        at_s += pause_s
        if step == "ask":
            found = breaker.ticket(at_s)
            assert found is None or not breaker.open_for_s(at_s)
            if found is not None and found.is_test:
                assert trying is None
                trying = found
        elif trying is not None:
            if step == "ill":
                breaker.failed(trying, FailureKind.TIMEOUT, at_s)
            elif step == "well":
                breaker.answered(trying)
            else:
                breaker.untold(trying)
            trying = None
