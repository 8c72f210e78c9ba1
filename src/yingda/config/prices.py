"""What tokens cost, as every provider's settings have it; and how money is written.

A part of `config.providers`.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from yingda.config.fields import Line, Refused, no_bool

DEFAULT_CURRENCY: Final = "CNY"
#: ISO 4217.
_CURRENCY = re.compile(r"[A-Z]{3}")


def currency(value: str) -> str:
    """A currency's three letters; case makes no difference."""
    value = value.upper()
    if _CURRENCY.fullmatch(value) is None:
        raise Refused("currency")
    return value


Currency = Annotated[Line, AfterValidator(currency)]
#: Exact: TOML's 0.1 is a tenth.
Money = Annotated[Decimal, BeforeValidator(no_bool), Field(allow_inf_nan=False)]
#: For a million tokens. The most is our choice: a thousand times what the dearest model costs.
_Price = Annotated[Money, Field(ge=0, le=1_000_000)]


@dataclass(frozen=True, kw_only=True)
class Priced:
    """A provider whose tokens have a price; without one, what it names itself counts."""

    #: Of what goes in and what comes out.
    price_in_per_million: _Price | None = None
    price_out_per_million: _Price | None = None
    #: Of what goes in and had been read before; None is as much as the rest.
    price_cached_in_per_million: _Price | None = None
    #: Of these prices.
    currency: Currency = DEFAULT_CURRENCY
