"""What a run cost, and what the operator has to know of it.

Knows the providers' price tables and the accounts' budgets. Counts nothing: the store does.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import structlog

from yingda.clock import Clock
from yingda.engine.accounts.accounts import Account, Accounts
from yingda.engine.accounts.budgeting import Budget, Crossing, crossed, month_of
from yingda.engine.accounts.pricing import PriceTable, amount, price_of
from yingda.engine.running_turn import RunningTurn
from yingda.providers.base import Usage
from yingda.store.cost_base import Charge, Cost, Spent
from yingda.store.runs import Ended, Outcome

_log = structlog.get_logger()

#: Tokens of one run that are believed, of each kind. Our choice: thousands of the longest contexts
#: there are, and a million runs at it still fit the database's whole numbers.
_MOST_TOKENS = 10**12


class Costs:
    """Works out the cost of each run."""

    def __init__(self, accounts: Accounts, prices: Mapping[str, PriceTable], clock: Clock) -> None:
        self._accounts = accounts
        self._prices = prices
        self._clock = clock
        #: Account and provider of those that were told to have no price.
        self._told: set[tuple[str, str]] = set()

    def counted(self, running: RunningTurn, outcome: Outcome) -> Outcome:
        """The outcome with what the run cost."""
        return msgspec.structs.replace(outcome, cost=self.of(running))

    def of(self, running: RunningTurn) -> Cost | None:
        """What the run has cost so far; None when its account is gone."""
        name = running.claim.turn.account
        account = self._accounts.get(name)
        if account is None:
            return None
        month = month_of(self._clock.now(), account.time_zone)
        if not running.usages:
            return Cost(month=month, first_text_at=running.first_text_at)
        charges = self._charges(account, running.usages)
        # The row of a turn has room for one currency: that of whoever answered.
        own = charges[-1] if charges else None
        used = [usage for _, usage in running.usages]
        return Cost(
            month=month,
            prompt_tokens=_believed(each.prompt_tokens for each in used),
            cached_prompt_tokens=_believed(each.cached_prompt_tokens for each in used),
            completion_tokens=_believed(each.completion_tokens for each in used),
            total_tokens=_believed(_total(each) for each in used),
            total_price=None if own is None else amount(own.price_nano),
            currency=None if own is None else own.currency,
            price_nano=None if own is None else own.price_nano,
            first_text_at=running.first_text_at,
            charges=charges,
        )

    def tell(self, account_name: str, spent: Sequence[Spent]) -> None:
        """Log what a budget has come to; once each, whichever process it happens in."""
        account = self._accounts.get(account_name)
        budget = None if account is None else account.budget
        if budget is None:
            return
        for each in spent:
            _tell(account_name, budget, each)

    def _charges(self, account: Account, usages: Sequence[tuple[str, Usage]]) -> tuple[Charge, ...]:
        """One for each currency, that of whoever was asked last at the end."""
        sums: dict[str, int] = {}
        for provider, usage in usages:
            charge = price_of(usage, self._prices.get(provider))
            if charge is None or (not charge.price_nano and provider not in self._prices):
                # Nothing is what Dify names as the price of a model whose price it does not know.
                self._tell_unpriced(account, provider)
            if charge is not None:
                before_nano = sums.pop(charge.currency, 0)
                sums[charge.currency] = before_nano + charge.price_nano
        return tuple(Charge(currency=name, price_nano=nano) for name, nano in sums.items())

    def _tell_unpriced(self, account: Account, provider: str) -> None:
        if account.budget is None or (account.name, provider) in self._told:
            return
        self._told.add((account.name, provider))
        _log.warning(
            "answer_without_price",
            account=account.name,
            provider=provider,
            mend="set price_in_per_million and price_out_per_million of this provider: what has"
            " no price does not count for the budget",
        )


def _tell(account: str, budget: Budget, spent: Spent) -> None:
    figures = _figures(budget, spent)
    match crossed(budget, spent):
        case Crossing.WARNING:
            _log.warning("budget_nearly_used", account=account, **figures)
        case Crossing.USED:
            _log.warning("budget_used", account=account, **figures)
        case Crossing.OTHER_CURRENCY:
            _log.warning("budget_other_currency", account=account, **figures)


def figures_of(outcome: Outcome, ended: Ended) -> dict[str, object]:
    """What the log tells of a turn's cost."""
    cost, turn = outcome.cost, ended.turn
    if cost is None:
        return {}
    has_times = cost.first_text_at is not None and turn.run_started_at is not None
    waited_s = (cost.first_text_at or 0.0) - (turn.run_started_at or 0.0)
    return {
        "prompt_tokens": cost.prompt_tokens,
        "completion_tokens": cost.completion_tokens,
        "price": cost.total_price,
        "currency": cost.currency,
        "first_text_s": round(waited_s, 3) if has_times else None,
    }


def _figures(budget: Budget, spent: Spent) -> dict[str, object]:
    return {
        "month": spent.month,
        "spent": amount(spent.price_nano),
        "currency": spent.currency,
        "budget": amount(budget.price_nano),
        "budget_currency": budget.currency,
    }


def _believed(tokens: Iterable[int]) -> int:
    """Their sum. What a provider tells is kept with the answer, which no figure may hinder."""
    return min(sum(max(0, each) for each in tokens), _MOST_TOKENS)


def _total(usage: Usage) -> int:
    return usage.total_tokens or usage.prompt_tokens + usage.completion_tokens
