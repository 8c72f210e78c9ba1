"""What runs cost and what accounts have spent, as values of the store seam.

Amounts of money are whole billionths of their currency, so that sums never round. Months are text
such as `2026-11`, of the account's time zone: the store knows no zones.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """An amount of money."""

    #: Three capital letters (ISO 4217).
    currency: str
    price_nano: int


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a run cost in tokens, money and time; None where nobody told."""

    #: The month that it counts for.
    month: str
    prompt_tokens: int | None = None
    cached_prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    #: A decimal number as text.
    total_price: str | None = None
    currency: str | None = None
    price_nano: int | None = None
    #: When the first text came that can be read.
    first_text_at: float | None = None
    #: All that is to be paid, of every provider that was asked: one for each currency.
    charges: tuple[Charge, ...] = ()


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    """What an account has spent in a month, in one currency, after something was added."""

    month: str
    currency: str
    price_nano: int
    added_nano: int


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """What an account may spend in a month: once that much is spent, no question is taken."""

    month: str
    currency: str
    price_nano: int
    #: When the next month begins.
    until: float


class UsageKey(StrEnum):
    """What sums are told by."""

    DAY = "day"
    ACCOUNT = "account"
    PROVIDER = "provider"
    FOLLOWER = "follower"


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of one account's time: from `since`, and before `until`."""

    #: Which day it is, where sums are told by day.
    number: int = 0
    account: str
    since: float
    until: float


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over the turns that ended, answered or not."""

    #: The number of the span, for days.
    number: int
    #: The name of the account or provider; of a follower, the account's.
    name: str
    openid: str = ""
    #: What providers know the follower by.
    pseudonym: str = ""
    turns: int
    failed: int
    cancelled: int
    prompt_tokens: int
    cached_prompt_tokens: int
    completion_tokens: int
    #: Currency → billionths.
    prices_nano: Mapping[str, int]
    #: Of answered turns, from the beginning of the run that answered; None without any.
    first_text_p50_s: float | None = None
    first_text_p95_s: float | None = None
    answer_p50_s: float | None = None
    answer_p95_s: float | None = None
