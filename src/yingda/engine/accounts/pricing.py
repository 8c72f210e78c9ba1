"""What tokens cost. Pure, and in decimal numbers throughout: a price is never a float.

Knows price tables and the prices that providers name. Knows no account and no month.
"""

import re
from decimal import Decimal, InvalidOperation

import msgspec

from yingda.providers.base import Usage
from yingda.store.cost_base import Charge

#: Billionths of a currency's unit: a token of the cheapest models costs some 100 of them.
NANO = 1_000_000_000
#: How many tokens a table's prices are for. Every vendor's price list.
TOKENS_PRICED = 1_000_000
#: What one run may cost, in any currency; more is a mistake and is not counted. Our choice: a
#: million runs at it would overflow the database's whole numbers.
_MOST = Decimal(9_000)
#: ISO 4217.
_CURRENCY = re.compile(r"[A-Z]{3}")


class PriceTable(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider's tokens cost, for a million each."""

    currency: str
    prompt: Decimal
    completion: Decimal
    #: Of prompt tokens that the provider had read before; None is as much as of any other.
    cached_prompt: Decimal | None = None


def price_of(usage: Usage, table: PriceTable | None) -> Charge | None:
    """What the provider says it costs, else what the table says; None when nobody knows.

    A price of nothing is a table's matter as well: it is what Dify tells of a model that it has
    no price of.
    """
    named = _named(usage)
    if table is None or (named is not None and named.price_nano):
        return named
    return _tabled(usage, table) or named


def amount(price_nano: int) -> str:
    """A price as a decimal number, with the two places of every bill and as many as it needs."""
    whole, rest = divmod(price_nano, NANO)
    return f"{whole}.{f'{rest:09}'.rstrip('0').ljust(2, '0')}"


def nano_of(price: Decimal) -> int:
    """A price in billionths; half a billionth goes to the even one."""
    return int((price * NANO).to_integral_value())


def _named(usage: Usage) -> Charge | None:
    currency = (usage.currency or "").strip().upper()
    if usage.total_price is None or _CURRENCY.fullmatch(currency) is None:
        return None
    try:
        price = Decimal(usage.total_price.strip())
    except InvalidOperation:
        return None
    return _charge(currency, price)


def _tabled(usage: Usage, table: PriceTable) -> Charge | None:
    tokens = (usage.prompt_tokens, usage.completion_tokens, usage.cached_prompt_tokens)
    if min(tokens) < 0:
        return None
    if max(tokens) == 0:
        return _blended(usage.total_tokens, table)
    cached = min(usage.cached_prompt_tokens, usage.prompt_tokens)
    cached_price = table.prompt if table.cached_prompt is None else table.cached_prompt
    price = (
        table.prompt * (usage.prompt_tokens - cached)
        + cached_price * cached
        + table.completion * usage.completion_tokens
    ) / TOKENS_PRICED
    return _charge(table.currency, price)


def _blended(tokens: int, table: PriceTable) -> Charge | None:
    """Of tokens that are not told apart, as with Dify's workflows, where one price fits all."""
    if tokens <= 0 or table.prompt != table.completion:
        return None
    return _charge(table.currency, table.prompt * tokens / TOKENS_PRICED)


def _charge(currency: str, price: Decimal) -> Charge | None:
    # Compared before anything is done with it: a number may have a million digits.
    if not price.is_finite() or not 0 <= price <= _MOST:
        return None
    return Charge(currency=currency, price_nano=nano_of(price))
