"""What every kind of provider may have: who stands in for it, and when it is left alone."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from yingda.config.fields import Line, Seconds, WholeNumber
from yingda.providers.breaker import FAILURES, OPEN_S


@dataclass(frozen=True, kw_only=True)
class Stood:
    """Settings of each provider, whatever its kind."""

    #: The providers that are asked when this one cannot answer, in this order.
    fallback: tuple[Line, ...] = ()
    #: Failures in a row, and seconds, after and for which it is not asked. The reasons for the
    #: defaults stand in `providers.breaker`; the bounds are our choice.
    breaker_failures: Annotated[WholeNumber, Field(ge=0, le=1000)] = FAILURES
    breaker_open_s: Annotated[Seconds, Field(ge=1, le=3600)] = OPEN_S
