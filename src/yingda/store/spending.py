"""Counts what accounts spend, and tells it. Each function is part of a transaction's work.

Counting belongs to the transaction that ends a run, so that it happens once. Knows no prices and
no budgets.
"""

from collections.abc import Mapping

import msgspec

from yingda.store.cost_base import Allowance, Cost, Spent
from yingda.store.steps import Contended, Steps, fetch, fetch_one

#: What a turn's row keeps of its cost.
COST_VALUES = """
    prompt_tokens = :prompt_tokens, cached_prompt_tokens = :cached_prompt_tokens,
        completion_tokens = :completion_tokens, total_tokens = :total_tokens,
        total_price = :total_price, currency = :currency, price_nano = :price_nano,
        first_text_at = :first_text_at
"""
_ADD = """
    INSERT INTO spending (account, month, currency, price_nano, answers)
    VALUES (:account, :month, :currency, :added_nano, :answers)
    ON CONFLICT (account, month, currency) DO UPDATE SET
        price_nano = spending.price_nano + excluded.price_nano,
        answers = spending.answers + excluded.answers
    RETURNING price_nano
"""
_SPENT = """
    SELECT price_nano FROM spending
    WHERE account = :account AND month = :month AND currency = :currency
"""
_SPENT_IN = """
    SELECT currency, price_nano FROM spending WHERE account = :account AND month = :month
"""
# A run whose turn was cancelled ends nothing, and may be told of more than once: the first counts.
_KEEP_CUT_COST = f"""
    UPDATE turn SET {COST_VALUES}
    WHERE id = :id AND run_no = :run_no AND state = 'cancelled' AND total_tokens IS NULL
    RETURNING account
"""
_NOTHING = Cost(month="")


def cost_values(cost: Cost | None) -> dict[str, object]:
    """The values of `COST_VALUES`."""
    values = msgspec.structs.asdict(cost or _NOTHING)
    del values["month"], values["charges"]
    return values


def spend(account: str, cost: Cost | None, *, answers: int) -> Steps[tuple[Spent, ...]]:
    """Add a run's cost to its account's month."""
    if cost is None:
        return ()
    spent: list[Spent] = []
    # In one order, whoever counts: else two would wait for each other's row.
    for charge in sorted(cost.charges, key=lambda charge: charge.currency):
        values = {
            "account": account,
            "month": cost.month,
            "currency": charge.currency,
            "added_nano": charge.price_nano,
            "answers": answers,
        }
        rows = yield Contended(_ADD, values)
        spent.append(
            Spent(
                month=cost.month,
                currency=charge.currency,
                price_nano=rows[0][0],
                added_nano=charge.price_nano,
            )
        )
    return tuple(spent)


def spend_on_cut_run(turn_id: int, run_no: int, cost: Cost | None) -> Steps[tuple[Spent, ...]]:
    """The same for a run whose turn was cancelled, if it is not counted yet."""
    if cost is None or cost.total_tokens is None:
        return ()
    row = yield from fetch_one(_KEEP_CUT_COST, id=turn_id, run_no=run_no, **cost_values(cost))
    return () if row is None else (yield from spend(row[0], cost, answers=0))


def is_used_up(account: str, allowance: Allowance) -> Steps[bool]:
    """Whether nothing is left of what the account may spend this month."""
    row = yield from fetch_one(
        _SPENT, account=account, month=allowance.month, currency=allowance.currency
    )
    return row is not None and row[0] >= allowance.price_nano


def spent_in(account: str, month: str) -> Steps[Mapping[str, int]]:
    """Currency → billionths that the account's answers cost in this month."""
    rows = yield from fetch(_SPENT_IN, account=account, month=month)
    return {row[0]: row[1] for row in rows}
