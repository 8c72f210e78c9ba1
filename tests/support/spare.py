"""A house with more than one provider: `scripted`, and a `spare` one that stands in for it."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.house import House, open_house
from support.scripted_provider import Script, ScriptedProvider
from yingda.engine.accounts.accounts import Account
from yingda.engine.asking.candidates import Standby
from yingda.engine.intake.admission import Capacity
from yingda.providers.breaker import BreakerRules

BACKED_UP = Standby(fallbacks={"scripted": ("spare",)})


@asynccontextmanager
async def house_with_spare(
    folder: Path,
    *accounts: Account,
    standby: Standby = BACKED_UP,
    capacity: Capacity | None = None,
    **changes: Any,
) -> AsyncIterator[tuple[House, ScriptedProvider]]:
    """The house, and the other provider, whose answer says that it is the spare one."""
    async with open_house(
        folder, *accounts, standby=standby, capacity=capacity, **changes
    ) as house:
        spare = ScriptedProvider(house.clock, Script(text="备用的回答。"))
        house.providers["spare"] = spare
        await house.restart()
        yield house, spare


def backed_up_with(**rules: BreakerRules) -> Standby:
    """The spare stands in, and these are the rules of who is left alone."""
    breakers: Mapping[str, BreakerRules] = rules
    return Standby(fallbacks=BACKED_UP.fallbacks, breakers=breakers)
