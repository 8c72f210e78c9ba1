"""What prices and budgets demand of each other, checked on the tables as they were written."""

from collections.abc import Iterator

from yingda.config.fields import folded
from yingda.config.prices import DEFAULT_CURRENCY
from yingda.config.routing import asked_by
from yingda.config.sources import Sources, Table
from yingda.config.texts import Problem, problem

_IN, _OUT, _CACHED = "price_in_per_million", "price_out_per_million", "price_cached_in_per_million"
#: The kinds whose answers come with a price of their own. Dify service API, `metadata.usage`.
_NAMING_PRICES = frozenset({"dify"})


def price_problems(sources: Sources) -> Iterator[Problem]:
    """Price tables of which a half is missing: it would count as nothing."""
    for name, provider in sources.providers.items():
        given = [key for key in (_IN, _OUT, _CACHED) if key in provider]
        for other in (_IN, _OUT):
            if given and other not in provider:
                label = sources.label("providers", name, given[0])
                yield problem("price_alone", label, other=sources.label("providers", name, other))


def budget_warnings(sources: Sources) -> Iterator[Problem]:
    """Budgets that some provider of the account cannot use up."""
    for name, account in sources.accounts.items():
        if "monthly_budget" in account:
            for provider in asked_by(sources, account):
                if provider in sources.providers:
                    yield from _budget_warnings(sources, name, account, provider)


def _budget_warnings(
    sources: Sources, name: str, account: Table, provider: str
) -> Iterator[Problem]:
    table = sources.providers[provider]
    budget_label = sources.label("accounts", name, "monthly_budget")
    if _IN not in table:
        if folded(table.get("kind")) not in _NAMING_PRICES:
            price_label = sources.label("providers", provider, _IN)
            yield problem("budget_without_price", budget_label, other=price_label)
        return
    if _currency(table.get("currency")) != _currency(account.get("budget_currency")):
        currency_label = sources.label("providers", provider, "currency")
        yield problem("budget_other_currency", budget_label, other=currency_label)


def _currency(value: object) -> str:
    return DEFAULT_CURRENCY if value is None else str(value).strip().upper()
