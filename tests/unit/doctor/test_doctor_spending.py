"""What the doctor tells of spending: this month's, in the account's zone, beside the budget."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from support.settings import LEAST_FILE, from_file
from support.stores import NOON, Desk, turn_id_of
from yingda.clock import VirtualClock
from yingda.doctor.spending import check_spending
from yingda.store.cost_base import Charge, Cost
from yingda.store.runs import Outcome

UNIT = 1_000_000_000
#: The month of `NOON` in Shanghai.
MONTH = "2024-01"


async def spend(folder: Path, *charges: tuple[str, int], month: str = MONTH) -> None:
    desk = Desk("sqlite", folder)
    await desk.open()
    claim = await desk.claim(turn_id_of(await desk.ask("m:1")))
    priced = tuple(Charge(currency=name, price_nano=units * UNIT) for name, units in charges)
    outcome = Outcome(answer="a", cost=Cost(month=month, charges=priced))
    await desk.store.finish(claim.turn.id, claim.turn.run_no, outcome, NOON)
    await desk.close()


async def codes(folder: Path, budget: str) -> Sequence[tuple[str, str]]:
    text = LEAST_FILE.replace("provider =", f"{budget}\nprovider =")
    settings = from_file(folder, f'{text}[store]\ndata_dir = "{folder}"\n')
    found = await check_spending(settings, VirtualClock(NOON))
    assert all(each.subject == "shop" for each in found)
    return [(each.code, each.said.en) for each in found]


@pytest.mark.parametrize(
    ("spent", "budget", "expected"),
    [
        ([("CNY", 1)], "", ["spending_unbound"]),
        ([], "", []),
        ([], "monthly_budget = 10", ["spending_within"]),
        ([("CNY", 7)], "monthly_budget = 10", ["spending_within"]),
        ([("CNY", 8)], "monthly_budget = 10", ["spending_much"]),
        ([("CNY", 10)], "monthly_budget = 10", ["spending_all"]),
        ([("USD", 99)], "monthly_budget = 10", ["spending_within", "spending_uncounted"]),
        ([("USD", 99)], 'monthly_budget = 10\nbudget_currency = "USD"', ["spending_all"]),
    ],
)
async def test_spending_is_told_beside_the_budget(
    tmp_path: Path, spent: list[tuple[str, int]], budget: str, expected: list[str]
) -> None:
    await spend(tmp_path, *spent)
    found = await codes(tmp_path, budget)
    assert [code for code, _ in found] == expected
    assert all(MONTH in said for _, said in found)


async def test_last_month_s_spending_is_past(tmp_path: Path) -> None:
    await spend(tmp_path, ("CNY", 99), month="2023-12")
    assert [code for code, _ in await codes(tmp_path, "monthly_budget = 10")] == ["spending_within"]


async def test_without_a_database_or_with_a_strange_one_nothing_is_told(tmp_path: Path) -> None:
    assert await codes(tmp_path, "monthly_budget = 10") == []
    (tmp_path / "yingda.sqlite3").write_bytes(b"no database at all, but long enough" * 9)
    assert await codes(tmp_path, "monthly_budget = 10") == []
