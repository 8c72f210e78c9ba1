"""Months of a time zone, and the occasions on which an operator is told of the budget."""

import datetime as dt
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.engine.accounts.budgeting import (
    Budget,
    Crossing,
    allowance_at,
    crossed,
    month_of,
    next_month_at,
)
from yingda.store.cost_base import Allowance, Spent

ZONES = ["Asia/Shanghai", "America/New_York", "Pacific/Apia", "America/Sao_Paulo"]
BUDGET = Budget(price=Decimal(10), currency="CNY", warning_share=Decimal("0.8"))
UNIT = 1_000_000_000


def at(zone: str, *when: int) -> float:
    return dt.datetime(*when, tzinfo=ZoneInfo(zone)).timestamp()  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("zone", "when", "month", "ends"),
    [
        ("Asia/Shanghai", (2026, 11, 30, 23, 59), "2026-11", (2026, 12, 1)),
        ("Asia/Shanghai", (2026, 12, 1), "2026-12", (2027, 1, 1)),
        ("America/New_York", (2028, 1, 31, 12), "2028-01", (2028, 2, 1)),
        ("America/New_York", (2028, 2, 29, 23), "2028-02", (2028, 3, 1)),
    ],
)
def test_a_month_is_that_of_the_account_s_zone(
    zone: str, when: tuple[int, ...], month: str, ends: tuple[int, ...]
) -> None:
    assert month_of(at(zone, *when), ZoneInfo(zone)) == month
    assert next_month_at(at(zone, *when), ZoneInfo(zone)) == at(zone, *ends)


@given(st.floats(0, 4e9), st.sampled_from(ZONES))
def test_the_next_month_is_another_and_none_lies_between(when: float, name: str) -> None:
    zone = ZoneInfo(name)
    until = next_month_at(when, zone)
    assert 0 < until - when <= 31 * 86_400 + 7200
    assert month_of(until, zone) > month_of(when, zone) == month_of(until - 0.001, zone)


def test_an_account_without_a_budget_has_no_allowance_and_any_other_a_month_s() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    noon = at("Asia/Shanghai", 2026, 11, 22, 12)
    assert allowance_at(noon, None, zone) is None
    assert allowance_at(noon, BUDGET, zone) == Allowance(
        month="2026-11",
        currency="CNY",
        price_nano=10 * UNIT,
        until=at("Asia/Shanghai", 2026, 12, 1),
    )


@pytest.mark.parametrize(
    ("before", "added", "currency", "event"),
    [
        (0, 1, "CNY", None),
        (7, 1, "CNY", Crossing.WARNING),
        (8, 1, "CNY", None),
        (8, 0, "CNY", None),
        (9, 1, "CNY", Crossing.USED),
        (9, 9, "CNY", Crossing.USED),
        # One step over both is told as the graver one.
        (0, 10, "CNY", Crossing.USED),
        (10, 1, "CNY", None),
        (0, 1, "USD", Crossing.OTHER_CURRENCY),
        (1, 99, "USD", None),
        (0, 0, "USD", None),
    ],
)
def test_each_occasion_comes_once_in_a_month(
    before: int, added: int, currency: str, event: Crossing | None
) -> None:
    spent = Spent(
        month="2026-11",
        currency=currency,
        price_nano=(before + added) * UNIT,
        added_nano=added * UNIT,
    )
    assert crossed(BUDGET, spent) == event
