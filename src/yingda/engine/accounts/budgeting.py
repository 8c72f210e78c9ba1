"""What an account may spend in a month of its time zone. Pure.

Knows months and bounds. Who counts what is spent is the store, in the transaction that spends it.
"""

import datetime as dt
from decimal import Decimal
from enum import Enum

import msgspec

from yingda.engine.accounts.pricing import nano_of
from yingda.store.cost_base import Allowance, Spent


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What an account may spend in a month, and the share of it at which the operator is warned."""

    price: Decimal
    currency: str
    warning_share: Decimal

    @property
    def price_nano(self) -> int:
        """The budget in billionths."""
        return nano_of(self.price)

    @property
    def warning_nano(self) -> int:
        """Where the operator is warned, in billionths."""
        return nano_of(self.price * self.warning_share)


class Crossing(Enum):
    """What an operator is told of."""

    #: The share at which he wants to be warned.
    WARNING = "warning"
    #: Nothing is left.
    USED = "used"
    #: The month's first answer whose price does not count.
    OTHER_CURRENCY = "other_currency"


def month_of(at: float, zone: dt.tzinfo) -> str:
    """The month that `at` lies in there, such as `2026-11`."""
    # Each run asks; a format for times takes three times as long (measured).
    today = dt.datetime.fromtimestamp(at, zone)
    return f"{today.year:04}-{today.month:02}"


def next_month_at(at: float, zone: dt.tzinfo) -> float:
    """When the month after it begins there, in Unix seconds."""
    today = dt.datetime.fromtimestamp(at, zone).date()
    # No month has over 31 days, and from the first of one, 31 days on lies in it or the next.
    first = (today.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
    return dt.datetime.combine(first, dt.time(), zone).timestamp()


def allowance_at(at: float, budget: Budget | None, zone: dt.tzinfo) -> Allowance | None:
    """What may be spent in the month of `at`; None is without limit."""
    if budget is None:
        return None
    return Allowance(
        month=month_of(at, zone),
        currency=budget.currency,
        price_nano=budget.price_nano,
        until=next_month_at(at, zone),
    )


def crossed(budget: Budget, spent: Spent) -> Crossing | None:
    """What this spending has come to; each comes once in a month."""
    before_nano = spent.price_nano - spent.added_nano
    if spent.currency != budget.currency:
        return Crossing.OTHER_CURRENCY if spent.added_nano and not before_nano else None
    if before_nano < budget.price_nano <= spent.price_nano:
        return Crossing.USED
    if before_nano < budget.warning_nano <= spent.price_nano:
        return Crossing.WARNING
    return None
