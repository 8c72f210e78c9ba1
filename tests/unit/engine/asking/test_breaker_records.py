"""What becomes of a provider's record by what one of many processes has learnt."""

import pytest
from msgspec.structs import replace

from yingda.engine.asking import breaker_records as records
from yingda.engine.asking.breaker_records import TRIAL_S
from yingda.errors import FailureKind
from yingda.store.breaker_base import BreakerRecord

NOON = 1_704_100_000.0
LATEST = NOON + 3600
WELL = BreakerRecord(provider="dify", version=4, fingerprint="f")
OPEN = replace(WELL, open_until=NOON + 30, kind=FailureKind.TIMEOUT, doublings=1)
DUE = replace(OPEN, open_until=NOON - 1)
TESTED = replace(DUE, tested_until=NOON + 60)
#: Whoever tested it is dead.
LEFT = replace(DUE, tested_until=NOON)
#: Written before the clock was set back by a day.
STRANGE = replace(OPEN, open_until=NOON + 86_400)
OF_STRANGE_TEST = replace(DUE, tested_until=NOON + 86_400)


@pytest.mark.parametrize(
    ("record", "until", "expected_until"),
    [
        (WELL, NOON + 30, NOON + 30),
        (OPEN, NOON + 90, NOON + 90),
        (OPEN, NOON + 30, None),
        (OPEN, NOON + 4, None),
        (DUE, NOON + 30, NOON + 30),
        (TESTED, NOON + 30, NOON + 30),
        (STRANGE, NOON + 30, NOON + 30),
    ],
)
def test_one_that_fails_is_left_alone_unless_it_is_already_for_longer(
    record: BreakerRecord, until: float, expected_until: float | None
) -> None:
    found = records.opened(record, until=until, kind=FailureKind.QUOTA, latest=LATEST)
    if expected_until is None:
        assert found is None
    else:
        assert found == replace(
            record, open_until=expected_until, tested_until=0.0, kind=FailureKind.QUOTA
        )


@pytest.mark.parametrize(
    ("record", "begins"),
    [
        (WELL, False),
        (OPEN, False),
        (DUE, True),
        (replace(OPEN, open_until=NOON), True),
        (TESTED, False),
        (LEFT, True),
        (STRANGE, True),
        (OF_STRANGE_TEST, True),
    ],
)
def test_one_question_tests_it_once_it_is_due_and_no_other_does(
    record: BreakerRecord, *, begins: bool
) -> None:
    found = records.trial_begun(record, at=NOON, latest=LATEST)
    assert (found is not None) == begins
    if found is not None:
        assert records.left_alone_until(found) == NOON + TRIAL_S
        assert (found.doublings, found.version) == (record.doublings, record.version)
        assert records.trial_begun(found, at=NOON, latest=LATEST) is None


@pytest.mark.parametrize(("trial", "counts"), [(4, True), (3, False), (5, False)])
def test_a_failed_test_leaves_it_alone_for_longer_unless_others_have_learnt_more_since(
    trial: int, *, counts: bool
) -> None:
    found = records.trial_failed(
        TESTED, trial=trial, until=NOON + 120, doublings=2, kind=FailureKind.QUOTA
    )
    expected = replace(
        TESTED, open_until=NOON + 120, tested_until=0.0, doublings=2, kind=FailureKind.QUOTA
    )
    assert found == (expected if counts else None)


@pytest.mark.parametrize(
    ("record", "closes"),
    [(TESTED, True), (LEFT, True), (DUE, True), (OPEN, False), (WELL, False)],
)
def test_an_answer_closes_it_unless_it_failed_since(record: BreakerRecord, *, closes: bool) -> None:
    found = records.trial_answered(record, at=NOON)
    assert found == (WELL if closes else None)


@pytest.mark.parametrize(("trial", "counts"), [(4, True), (3, False)])
def test_a_test_that_told_nothing_lets_others_test(trial: int, *, counts: bool) -> None:
    found = records.trial_withdrawn(TESTED, trial=trial)
    assert found == (DUE if counts else None)


def test_with_other_settings_nothing_was_learnt_and_the_record_can_be_changed() -> None:
    assert records.of_settings(OPEN, "f") == OPEN
    other = records.of_settings(OPEN, "g")
    assert other == BreakerRecord(provider="dify", version=OPEN.version, fingerprint="g")
    assert not records.is_open(other)
