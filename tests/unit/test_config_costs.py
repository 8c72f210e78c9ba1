"""Prices and budgets as settings: exact, whole, and fitting each other."""

from decimal import Decimal
from pathlib import Path

import pytest

from support.settings import LEAST, LEAST_FILE, from_file, problems_of, written
from yingda.config import EchoProvider, load
from yingda.engine.accounts.pricing import PriceTable
from yingda.wiring import budget_of, price_tables_of

BUDGET = LEAST_FILE.replace("provider =", "monthly_budget = 100.1\nprovider =")
PRICES = "price_in_per_million = 0.1\nprice_out_per_million = 8\n"


def test_prices_are_exact_and_become_a_table(tmp_path: Path) -> None:
    settings = from_file(
        tmp_path, LEAST_FILE + PRICES + 'price_cached_in_per_million = "0.02"\ncurrency = "usd"\n'
    )
    assert price_tables_of(settings.providers) == {
        "assistant": PriceTable(
            currency="USD",
            prompt=Decimal("0.1"),
            completion=Decimal(8),
            cached_prompt=Decimal("0.02"),
        )
    }


def test_without_prices_there_is_no_table_and_without_a_budget_no_bound(tmp_path: Path) -> None:
    settings = from_file(tmp_path, LEAST_FILE)
    assert price_tables_of({"echo": EchoProvider(), **settings.providers}) == {}
    assert budget_of(settings.accounts[0]) is None


def test_a_budget_comes_from_the_file_or_from_variables(tmp_path: Path) -> None:
    budget = budget_of(from_file(tmp_path, BUDGET).accounts[0])
    assert budget is not None
    assert (budget.price_nano, budget.warning_nano) == (100_100_000_000, 80_080_000_000)
    variables = {
        "YINGDA_MONTHLY_BUDGET": "9.99",
        "YINGDA_BUDGET_CURRENCY": "usd",
        "YINGDA_BUDGET_WARNING": "0.5",
    }
    budget = budget_of(load({**LEAST, **variables}).accounts[0])
    assert budget is not None
    assert (budget.price, budget.currency) == (Decimal("9.99"), "USD")
    assert budget.warning_share == Decimal("0.5")


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("price_in_per_million = 1", "price_in_per_million"),
        ("price_out_per_million = 1", "price_out_per_million"),
        ("price_cached_in_per_million = 1", "price_cached_in_per_million"),
        (PRICES + "price_cached_in_per_million = -1", "price_cached_in_per_million"),
        (PRICES.replace("8", '"much"'), "price_out_per_million"),
        (PRICES.replace("8", "nan"), "price_out_per_million"),
        (PRICES.replace("8", "true"), "price_out_per_million"),
        (PRICES.replace("8", "[1]"), "price_out_per_million"),
        ('currency = "yuan"', "currency"),
    ],
)
def test_prices_that_cannot_be_used_are_told(tmp_path: Path, line: str, key: str) -> None:
    found = problems_of({}, config_path=written(tmp_path, LEAST_FILE + line + "\n"))
    assert {each.key for each in found} == {f"providers.assistant.{key}"}


@pytest.mark.parametrize("value", ["0", "-1", "a lot", "1e12", "NaN"])
def test_a_budget_that_cannot_be_used_is_told(value: str) -> None:
    (found,) = problems_of({**LEAST, "YINGDA_MONTHLY_BUDGET": value})
    assert found.key == "YINGDA_MONTHLY_BUDGET"


@pytest.mark.parametrize(
    ("text", "mends"),
    [
        # Dify names prices itself.
        (BUDGET, []),
        (BUDGET + PRICES, []),
        (BUDGET + PRICES + 'currency = " cny "\n', []),
        (BUDGET + PRICES + 'currency = "USD"\n', ["providers.assistant.currency"]),
        (LEAST_FILE + PRICES + 'currency = "USD"\n', []),
        (BUDGET.replace('"dify"', '"echo"'), ["providers.assistant.price_in_per_million"]),
    ],
)
def test_a_budget_that_cannot_be_used_up_is_a_warning(
    tmp_path: Path, text: str, mends: list[str]
) -> None:
    text = (
        text
        if "echo" not in text
        else "\n".join(line for line in text.splitlines() if not line.startswith("api_key"))
    )
    warnings = from_file(tmp_path, text).warnings
    assert [each.key for each in warnings] == ["accounts.shop.monthly_budget"] * len(mends)
    for warning, mend in zip(warnings, mends, strict=True):
        assert mend in warning.mend.en


@pytest.mark.parametrize(
    "line",
    [
        'models = { Smart = "assistant", Local = "bare" }',
        "split = { assistant = 9, bare = 1 }",
        'rules = [{ prefix = "/x", ask = true, provider = "bare" }]',
    ],
)
def test_a_budget_is_weighed_against_everybody_who_may_be_asked(tmp_path: Path, line: str) -> None:
    bare = '[providers.bare]\nkind = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n'
    text = BUDGET.replace("provider =", f"{line}\nprovider =") + bare
    (warning,) = from_file(tmp_path, text).warnings
    assert "providers.bare.price_in_per_million" in warning.mend.en


def test_a_budget_is_weighed_against_stand_ins(tmp_path: Path) -> None:
    bare = '[providers.bare]\nkind = "openai"\nbase_url = "http://127.0.0.1:9/v1"\nmodel = "m"\n'
    (warning,) = from_file(tmp_path, BUDGET + 'fallback = ["bare"]\n' + bare).warnings
    assert "providers.bare.price_in_per_million" in warning.mend.en
