"""What tokens cost: whose price counts, and that no fraction is lost."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.engine.accounts.pricing import NANO, PriceTable, amount, nano_of, price_of
from yingda.providers.base import Usage
from yingda.store.cost_base import Charge

TABLE = PriceTable(currency="CNY", prompt=Decimal(2), completion=Decimal("8.5"))
CACHED = PriceTable(
    currency="CNY", prompt=Decimal(2), completion=Decimal(8), cached_prompt=Decimal("0.2")
)
BLENDED = PriceTable(currency="CNY", prompt=Decimal(3), completion=Decimal(3))
FREE = PriceTable(currency="CNY", prompt=Decimal(0), completion=Decimal(0))
TOKENS = Usage(prompt_tokens=1000, completion_tokens=100, total_tokens=1100)


def named(price: str | None, currency: str | None = "USD", tokens: int = 1000) -> Usage:
    return Usage(prompt_tokens=tokens, total_price=price, currency=currency)


def cny(price_nano: int) -> Charge:
    return Charge(currency="CNY", price_nano=price_nano)


def usd(price_nano: int) -> Charge:
    return Charge(currency="USD", price_nano=price_nano)


@pytest.mark.parametrize(
    ("usage", "table", "expected"),
    [
        (TOKENS, TABLE, cny(2_850_000)),
        (TOKENS, None, None),
        (Usage(), TABLE, None),
        # Prompt and completion are not told apart: nobody knows the price.
        (Usage(total_tokens=50), TABLE, None),
        (Usage(total_tokens=50), BLENDED, cny(150_000)),
        (Usage(total_tokens=-50), BLENDED, None),
        (Usage(prompt_tokens=-1, completion_tokens=5), TABLE, None),
        (TOKENS, FREE, cny(0)),
        # What was read before is cheaper, where the table says so; it is a part of the prompt.
        (Usage(prompt_tokens=1000, cached_prompt_tokens=400), CACHED, cny(1_280_000)),
        (Usage(prompt_tokens=1000, cached_prompt_tokens=400), TABLE, cny(2_000_000)),
        (Usage(prompt_tokens=10, cached_prompt_tokens=400), CACHED, cny(2_000)),
        # The provider's own price.
        (named("0.0012"), None, usd(1_200_000)),
        (named("0.0012"), TABLE, usd(1_200_000)),
        (named(" 0.0012 ", " usd "), None, usd(1_200_000)),
        (named("1E-7"), None, usd(100)),
        # Of a model that Dify has no price of, it says that it costs nothing.
        (named("0"), TABLE, cny(2_000_000)),
        (named("0.0"), None, usd(0)),
        (named("0", tokens=0), TABLE, usd(0)),
        # Odd prices are none.
        (named("free"), None, None),
        (named("-1"), None, None),
        (named("NaN"), None, None),
        (named("Infinity"), None, None),
        (named("1E+999999999"), None, None),
        (named("1E-999999999"), None, usd(0)),
        (named("9001"), None, None),
        (named("1", None), None, None),
        (named("1", "dollars"), TABLE, cny(2_000_000)),
        (named(None), None, None),
    ],
)
def test_the_provider_s_own_price_counts_and_else_the_table_s(
    usage: Usage, table: PriceTable | None, expected: Charge | None
) -> None:
    assert price_of(usage, table) == expected


@pytest.mark.parametrize(
    ("price_nano", "shown"),
    [
        (0, "0.00"),
        (1, "0.000000001"),
        (1_200_000, "0.0012"),
        (1_500_000_000, "1.50"),
        (12_345_678_901, "12.345678901"),
    ],
)
def test_an_amount_is_shown_whole(price_nano: int, shown: str) -> None:
    assert amount(price_nano) == shown


@given(st.integers(0, 10**18))
def test_an_amount_that_is_shown_is_the_amount(price_nano: int) -> None:
    assert nano_of(Decimal(amount(price_nano))) == price_nano


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_price_is_off_by_half_a_billionth_at_most(
    tokens: int, out_tokens: int, price_millionths: int
) -> None:
    price = Decimal(price_millionths) / 10**6
    table = PriceTable(currency="CNY", prompt=price, completion=price)
    charge = price_of(Usage(prompt_tokens=tokens, completion_tokens=out_tokens), table)
    exact = price * (tokens + out_tokens) * NANO / 10**6
    assert charge is None or abs(charge.price_nano - exact) <= Decimal("0.5")
