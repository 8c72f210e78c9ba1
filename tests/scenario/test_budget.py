"""What answers cost, and what happens when an account has spent its month's budget."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from support.house import House, account, open_house
from support.scripted_provider import Script
from yingda.engine.accounts.budgeting import Budget
from yingda.engine.accounts.pricing import PriceTable
from yingda.errors import ProviderTimeout
from yingda.providers.base import Usage
from yingda.simulator.phone import Phone
from yingda.texts import Texts

TEXTS = Texts()
SHANGHAI = ZoneInfo("Asia/Shanghai")
BUDGET = Budget(price=Decimal(10), currency="CNY", warning_share=Decimal("0.8"))
#: A million tokens of each kind, so that prices can be read off the table.
MILLION = Usage(prompt_tokens=1_000_000, completion_tokens=1_000_000, total_tokens=2_000_000)
UNIT = 1_000_000_000


def table(prompt: int, completion: int, currency: str = "CNY") -> PriceTable:
    return PriceTable(currency=currency, prompt=Decimal(prompt), completion=Decimal(completion))


def told(logs: list[Any], event: str) -> list[Mapping[str, Any]]:
    return [entry for entry in logs if entry["event"] == event]


async def priced(house: House, prices: PriceTable) -> None:
    """Come back with a price table, and every answer a million tokens long."""
    house.prices["scripted"] = prices
    house.provider.default = Script(usage=MILLION)
    await house.restart()


async def test_a_spent_budget_refuses_the_next_question_and_nothing_else(tmp_path: Path) -> None:
    async with open_house(tmp_path, budget=BUDGET, patience=0) as house:
        await priced(house, table(2, 3))
        phone = house.phone()
        assert "回答" in (await house.run(phone.say("一"))).text
        # Two at once: both were taken while half of it was left.
        house.provider.default = Script(usage=MILLION, after_s=6)
        await house.run(phone.say("二"))
        await house.run(phone.say("三"))
        await house.pass_s(60)
        refused = await house.run(phone.say("四"))
        month_end = dt.datetime.fromtimestamp(house.clock.now(), SHANGHAI)
        first = (month_end.replace(day=1) + dt.timedelta(days=32)).replace(day=1).date()
        assert TEXTS.say("budget_used", date=first.isoformat(), word="1") in refused.text
        assert house.provider.count("四") == 0
        assert house.provider.count("三") == 1
        for word in ("1", "1"):
            assert "好的，这是回答。" in (await house.run(phone.say(word))).text
        assert (await house.run(phone.say("/clear"))).text == TEXTS.say("cleared")


async def test_a_new_month_of_the_account_s_zone_takes_questions_again(tmp_path: Path) -> None:
    zone = ZoneInfo("America/New_York")
    async with open_house(tmp_path, budget=BUDGET, time_zone=zone) as house:
        await priced(house, table(6, 6))
        phone = house.phone()
        assert "回答" in (await house.run(phone.say("一"))).text
        assert "额度" in (await house.run(phone.say("二"))).text
        now = dt.datetime.fromtimestamp(house.clock.now(), zone)
        first = (now.replace(day=1) + dt.timedelta(days=32)).replace(day=1).date()
        begins = dt.datetime.combine(first, dt.time(), zone).timestamp()
        await house.pass_s(begins - house.clock.now() - 60)
        assert "额度" in (await house.run(phone.say("三"))).text
        await house.pass_s(61)
        assert "回答" in (await house.run(phone.say("四"))).text


async def test_the_budget_binds_all_followers_of_one_account_and_no_other_account(
    tmp_path: Path,
) -> None:
    accounts = (account(budget=BUDGET), account(name="school", budget=BUDGET))
    async with open_house(tmp_path, *accounts) as house:
        await priced(house, table(10, 0))
        await house.run(house.phone("o_ann").say("一"))
        assert "额度" in (await house.run(house.phone("o_bob").say("二"))).text
        elsewhere = Phone(house.platform_for("school"), "o_bob")
        assert "回答" in (await house.run(elsewhere.say("三"))).text
        assert house.rows("SELECT account, price_nano, answers FROM spending") == [
            ("default", 10 * UNIT, 1),
            ("school", 10 * UNIT, 1),
        ]


async def test_each_warning_is_logged_once_a_month(tmp_path: Path) -> None:
    async with open_house(tmp_path, budget=BUDGET) as house:
        await priced(house, table(2, 2))
        with capture_logs() as logs:
            for n in range(5):
                await house.run(house.phone(f"o_{n}").say("问"))
                await house.restart()
        (nearly,) = told(logs, "budget_nearly_used")
        (used,) = told(logs, "budget_used")
        assert (nearly["spent"], nearly["budget"], nearly["account"]) == (
            "8.00",
            "10.00",
            "default",
        )
        assert (used["spent"], used["log_level"]) == ("12.00", "warning")


async def test_another_currency_uses_nothing_up_and_is_told_once(tmp_path: Path) -> None:
    async with open_house(tmp_path, budget=BUDGET) as house:
        await priced(house, table(50, 50, "USD"))
        with capture_logs() as logs:
            for n in range(3):
                assert "回答" in (await house.run(house.phone(f"o_{n}").say("问"))).text
        (other,) = told(logs, "budget_other_currency")
        assert (other["currency"], other["budget_currency"]) == ("USD", "CNY")


async def test_answers_without_a_price_are_told_once_under_a_budget(tmp_path: Path) -> None:
    async with open_house(tmp_path, budget=BUDGET) as house:
        house.provider.default = Script(usage=MILLION)
        with capture_logs() as logs:
            for n in range(3):
                await house.run(house.phone(f"o_{n}").say("问"))
        assert [entry["provider"] for entry in told(logs, "answer_without_price")] == ["scripted"]


async def test_a_price_of_nothing_without_a_table_is_told_as_none_and_in_no_currency(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, budget=BUDGET) as house:
        free = Usage(prompt_tokens=9, total_tokens=9, total_price="0.0", currency="USD")
        house.provider.default = Script(usage=free)
        with capture_logs() as logs:
            for n in range(3):
                await house.run(house.phone(f"o_{n}").say("问"))
        assert [entry["provider"] for entry in told(logs, "answer_without_price")] == ["scripted"]
        assert told(logs, "budget_other_currency") == []


@pytest.mark.parametrize("tokens", [10**30, 2**63, -(10**30)])
async def test_no_figure_of_a_provider_keeps_an_answer_from_its_end(
    tmp_path: Path, tokens: int
) -> None:
    async with open_house(tmp_path) as house:
        await priced(house, table(1, 1))
        usage = Usage(
            prompt_tokens=tokens,
            cached_prompt_tokens=tokens,
            completion_tokens=tokens,
            total_tokens=tokens,
        )
        house.provider.default = Script(usage=usage)
        assert "好的，这是回答。" in (await house.run(house.phone().say("问"))).text
        believed = max(0, min(tokens, 10**12))
        assert house.rows("SELECT state, prompt_tokens, total_tokens FROM turn") == [
            ("answered", believed, believed)
        ]


async def test_the_end_of_a_turn_tells_who_answered_how_fast_and_at_what_price(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        await priced(house, table(1, 2))
        house.provider.default = Script(usage=MILLION, after_s=1.5, during_s=1, chunks=4)
        with capture_logs() as logs:
            await house.run(house.phone().say("问"))
        (entry,) = told(logs, "turn_ended")
        assert (entry["provider"], entry["price"], entry["currency"]) == ("scripted", "3.00", "CNY")
        assert (entry["prompt_tokens"], entry["completion_tokens"]) == (1_000_000, 1_000_000)
        assert entry["first_text_s"] == pytest.approx(1.5)
        assert entry["took_s"] == pytest.approx(2.5)
        assert "问" not in str(logs)


async def test_what_a_found_answer_cost_counts_after_a_crash(tmp_path: Path) -> None:
    async with open_house(tmp_path, budget=BUDGET) as house:
        await priced(house, table(10, 10))
        house.provider.default = Script(usage=MILLION, after_s=60, found="找到的回答。")
        phone = house.phone()
        await house.interrupted(phone.say("一"), 2, house.restart())
        await house.pass_s(30)
        assert house.provider.count("一") == 1
        assert house.rows("SELECT price_nano, answers FROM spending") == [(20 * UNIT, 1)]
        assert "额度" in (await house.run(phone.say("二"))).text


async def test_a_failed_turn_costs_what_it_cost(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await priced(house, table(1, 1))
        timeout = ProviderTimeout("slow")
        house.provider.default = Script(metered=MILLION, fail=timeout, fail_after_chars=2)
        await house.run(house.phone().say("问"))
        assert house.rows("SELECT state, price_nano, total_tokens FROM turn") == [
            ("failed", 2 * UNIT, 2_000_000)
        ]
        assert house.rows("SELECT price_nano, answers FROM spending") == [(2 * UNIT, 0)]


async def test_a_stopped_turn_costs_what_it_had_cost_by_then(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        await priced(house, table(1, 1))
        house.provider.default = Script(metered=MILLION, during_s=60, chunks=2)
        phone = house.phone()
        await house.run(phone.say("问"))
        await house.run(phone.say("/stop"))
        await house.pass_s(1)
        assert house.rows("SELECT state, price_nano FROM turn") == [("cancelled", 2 * UNIT)]
        assert house.rows("SELECT price_nano, answers FROM spending") == [(2 * UNIT, 0)]
