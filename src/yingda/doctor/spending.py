"""What each account spent this month, beside its budget.

Reads the database, with or without a server that holds it; what is the matter with the file is
`store`'s to tell.
"""

import asyncio
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from yingda.clock import Clock
from yingda.config import AccountSettings, Settings
from yingda.databases import look_at
from yingda.doctor.base import Finding, Findings, Subject
from yingda.doctor.texts import finding
from yingda.engine.accounts.budgeting import Budget, month_of
from yingda.engine.accounts.pricing import amount
from yingda.errors import StoreError
from yingda.wiring import budget_of


async def check_spending(settings: Settings, clock: Clock) -> Findings:
    """A finding for each account that has a budget or spent anything."""
    return await asyncio.to_thread(_check, settings, clock.now())


def _check(settings: Settings, now: float) -> Findings:
    try:
        with look_at(settings) as seen:
            if seen is None:
                return ()
            found: list[Finding] = []
            for account in settings.accounts:
                month = month_of(now, ZoneInfo(account.time_zone))
                found += _told(account, month, dict(seen.spent_in(account.name, month)))
    except StoreError:
        return ()
    return tuple(found)


def _told(account: AccountSettings, month: str, spent: dict[str, int]) -> Findings:
    budget = budget_of(account)
    if budget is None:
        prices = _prices(spent)
        return (_say("spending_unbound", account, month=month, spent=prices),) if prices else ()
    own_nano = spent.pop(budget.currency, 0)
    values = {
        "month": month,
        "spent": f"{amount(own_nano)} {budget.currency}",
        "budget": f"{amount(budget.price_nano)} {budget.currency}",
    }
    told = _say(_code(own_nano, budget), account, **values)
    if not spent:
        return (told,)
    other = _say("spending_uncounted", account, month=month, spent=_prices(spent))
    return (told, other)


def _code(spent_nano: int, budget: Budget) -> str:
    if spent_nano >= budget.price_nano:
        return "spending_all"
    return "spending_much" if spent_nano >= budget.warning_nano else "spending_within"


def _prices(spent: Mapping[str, int]) -> str:
    return " + ".join(f"{amount(price)} {currency}" for currency, price in sorted(spent.items()))


def _say(code: str, account: AccountSettings, **values: object) -> Finding:
    return finding(Subject.SPENDING, code, account.name, **values)
