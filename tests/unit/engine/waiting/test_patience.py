"""What is spent on waiting: bounds, what comes back, and the estimate that it is weighed by."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.house import account
from support.stores import NOON, Desk, turn_id_of
from yingda.clock import VirtualClock
from yingda.engine.waiting.patience import SPAN_S, Hold, Patience, chance, left_s
from yingda.store.runs import Outcome

EIGHT = [1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 30.0]

# The estimate


@pytest.mark.parametrize(
    ("latencies_s", "left", "elapsed", "expected"),
    [
        # Too few to tell, or none that took so long.
        ([], 10.0, 4.5, None),
        ([1.0] * 7, 10.0, 0.5, None),
        ([1.0] * 64, 10.0, 4.5, None),
        (EIGHT, 10.0, 0.0, 6 / 8),
        # Of the four that take longer than 4.5 s, three end within 10 s more.
        (EIGHT, 10.0, 4.5, 3 / 4),
        (EIGHT, 5.0, 9.5, 1 / 2),
        (EIGHT, 5.0, 12.0, 0.0),
        (EIGHT, 0.0, 4.5, 0.0),
        ([60.0] * 64, 10.0, 4.5, 0.0),
        ([7.0] * 64, 10.0, 4.5, 1.0),
        # At the very end of the span it is in time.
        ([14.5] * 8, 10.0, 4.5, 1.0),
    ],
)
def test_the_chance_is_that_of_the_latest_answers_which_took_at_least_as_long(
    latencies_s: list[float], left: float, elapsed: float, expected: float | None
) -> None:
    assert chance(latencies_s, left_s=left, elapsed_s=elapsed) == expected


@pytest.mark.parametrize(
    ("latencies_s", "left", "elapsed", "ahead", "expected"),
    [
        ([4.0] * 8, 10.0, 0.0, 1, 1.0),
        ([4.0] * 8, 10.0, 0.0, 2, 0.0),
        # The one in front is nearly done.
        ([4.0] * 8, 5.0, 3.5, 1, 1.0),
        ([4.0] * 8, 4.0, 3.0, 1, 0.0),
        # Half of them take 2 s, half 6 s: sums are 4, 8, 8 and 12 s.
        ([2.0, 6.0] * 4, 8.0, 0.0, 1, 3 / 4),
        ([2.0, 6.0] * 4, 6.0, 0.0, 1, 1 / 4),
    ],
)
def test_a_turn_behind_others_has_to_wait_for_those_too(
    latencies_s: list[float], left: float, elapsed: float, ahead: int, expected: float
) -> None:
    estimate = chance(latencies_s, left_s=left, elapsed_s=elapsed, ahead=ahead)
    assert estimate == pytest.approx(expected)


SPANS_S = st.floats(0.1, 60.0)


@given(st.lists(SPANS_S, min_size=8, max_size=64), SPANS_S, SPANS_S, st.integers(0, 3))
def test_a_chance_is_between_none_and_certainty_and_grows_with_the_time_left(
    latencies_s: list[float], left: float, elapsed: float, ahead: int
) -> None:
    short = chance(latencies_s, left_s=min(left, 15.0), elapsed_s=elapsed, ahead=ahead)
    long = chance(latencies_s, left_s=min(left, 15.0) + 1, elapsed_s=elapsed, ahead=ahead)
    if short is None or long is None:
        assert short is long
    else:
        assert 0.0 <= short <= long + 1e-9 <= 1.0 + 2e-9


@pytest.mark.parametrize(
    ("push_age", "attempt_no", "expected"),
    [(0.0, 1, 10.0), (5.0, 2, 5.0), (10.0, 3, 0.0), (5.0, 1, 5.0), (1.0, 2, 5.0), (14.0, 1, 0.0)],
)
def test_what_is_left_reaches_to_the_last_attempts_decision(
    push_age: float, attempt_no: int, expected: float
) -> None:
    assert left_s(push_age, attempt_no, 4.5) == pytest.approx(expected)


# The purse


class Purse:
    """Patience on a real store, and followers who wait."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.clock = VirtualClock()
        self.patience = Patience(desk.store, self.clock)
        self._asked = 0

    async def try_hold(
        self, openid: str, limit: int | None = 20, name: str = "shop", provider: str = "scripted"
    ) -> Hold | None:
        self._asked += 1
        entered = await self.desk.ask(
            f"m:{self._asked}", account=name, openid=openid, limit=999, provider=provider
        )
        outlook = await self.desk.store.outlook(turn_id_of(entered))
        who = account(name=name, patience=limit, provider=provider)
        return await self.patience.try_hold(who, outlook, 10.0)


@pytest.fixture
async def purse(tmp_path: Path) -> AsyncIterator[Purse]:
    desk = Desk("sqlite", tmp_path)
    await desk.open()
    yield Purse(desk)
    await desk.close()


async def held(purse: Purse, count: int, limit: int | None, **who: str) -> int:
    """How many of so many followers were held for."""
    return sum([await purse.try_hold(f"o_{n}", limit, **who) is not None for n in range(count)])


@pytest.mark.parametrize(("limit", "expected"), [(0, 0), (1, 1), (2, 1), (3, 2), (20, 10)])
async def test_one_provider_causes_at_most_half_of_them_but_one(
    purse: Purse, limit: int, expected: int
) -> None:
    assert await held(purse, 25, limit) == expected


async def test_all_providers_together_cause_no_more_than_the_account_has(purse: Purse) -> None:
    counts = [await held(purse, 9, 7, provider=name) for name in ("one", "two", "three")]
    assert counts == [4, 3, 0]


async def test_a_follower_causes_at_most_four_and_accounts_are_apart(purse: Purse) -> None:
    spent = [await purse.try_hold("o_ann", 100) for _ in range(6)]
    assert [each is not None for each in spent] == [True] * 4 + [False] * 2
    assert await purse.try_hold("o_ben", 100) is not None
    assert await purse.try_hold("o_ann", 100, name="school") is not None


async def test_without_limit_nothing_is_counted_and_no_one_is_refused(purse: Purse) -> None:
    assert [await purse.try_hold("o_ann", None) for _ in range(30)] == [Hold()] * 30
    assert await purse.try_hold("o_ann", 1) is not None


async def test_no_more_is_spent_in_any_span_than_there_is(purse: Purse) -> None:
    spent_at: list[float] = []
    for number in range(100):
        if await purse.try_hold(f"o_{number}", 6) is not None:
            spent_at.append(purse.clock.now())
        await purse.clock.advance(10)
    fourths = zip(spent_at, spent_at[3:], strict=False)
    assert all(late - early >= SPAN_S for early, late in fourths)
    assert len(spent_at) == 12


async def test_the_record_keeps_what_was_spent_and_the_estimate(purse: Purse) -> None:
    for number in range(8):
        entered = await purse.desk.ask(f"slow:{number}", openid=f"o_slow{number}")
        claim = await purse.desk.claim(turn_id_of(entered))
        await purse.desk.store.finish(claim.turn.id, 1, Outcome(answer="x"), NOON + 61)
    assert await purse.desk.store.latencies("dify", 64) == (60.0,) * 8
    assert await purse.try_hold("o_ann", provider="dify") is None
    assert await purse.try_hold("o_ann", provider="other") is not None
