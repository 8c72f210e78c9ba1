"""What every store keeps to about what runs cost, and the sums it tells."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from support.stores import ANN, NOON, OPEN, SHOP, Desk, new_push, question, turn_id_of
from yingda.errors import FailureKind
from yingda.store.base import Store
from yingda.store.cost_base import Allowance, Charge, Cost, Span, Spent, UsageKey
from yingda.store.entries import Bound, PushKind
from yingda.store.runs import Claim, Ended, Outcome, RunIds

BOB = "o_bob"
NOVEMBER, DECEMBER = "2026-11", "2026-12"
ALL = Span(account=SHOP, since=NOON - 86_400, until=NOON + 86_400)


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(request.param, tmp_path)
    await desk.open()
    yield desk
    await desk.close()


def cost(price_nano: int = 7, month: str = NOVEMBER, currency: str = "CNY", **more: object) -> Cost:
    own = Cost(
        month=month,
        prompt_tokens=100,
        cached_prompt_tokens=40,
        completion_tokens=10,
        total_tokens=110,
        total_price="0.000000007",
        currency=currency,
        price_nano=price_nano,
        first_text_at=NOON + 1.5,
        charges=(Charge(currency=currency, price_nano=price_nano),),
    )
    return msgspec.structs.replace(own, **more)


async def begun(desk: Desk, key: str, *, openid: str = ANN, at: float = NOON) -> Claim:
    return await desk.claim(turn_id_of(await desk.ask(key, openid=openid, at=at)))


async def ended(
    store: Store,
    claim: Claim,
    own: Cost | None = None,
    *,
    failure: FailureKind | None = None,
    at: float = NOON + 2,
) -> Ended | None:
    outcome = Outcome(answer="a", failure=failure, cost=own)
    return await store.finish(claim.turn.id, claim.turn.run_no, outcome, at)


# Once


async def test_a_run_s_cost_counts_for_its_account_s_month(desk: Desk) -> None:
    first = await ended(desk.store, await begun(desk, "m:1"), cost(7))
    second = await ended(desk.store, await begun(desk, "m:2"), cost(5))
    assert first is not None
    assert second is not None
    assert first.spent == (Spent(month=NOVEMBER, currency="CNY", price_nano=7, added_nano=7),)
    assert second.spent[0].price_nano == 12
    assert desk.spent(NOVEMBER) == {"CNY": 12}
    assert desk.spent(NOVEMBER, account="school") == {}


async def test_two_ends_of_one_run_count_once(desk: Desk) -> None:
    claim = await begun(desk, "m:1")
    ends = await asyncio.gather(*(ended(desk.store, claim, cost(7)) for _ in range(5)))
    assert sum(each is not None for each in ends) == 1
    assert desk.spent(NOVEMBER) == {"CNY": 7}


async def test_a_worker_that_was_taken_for_dead_counts_nothing(desk: Desk) -> None:
    dead = await begun(desk, "m:1")
    alive = await desk.claim(dead.turn.id)
    assert await ended(desk.store, dead, cost(100)) is None
    await ended(desk.store, alive, cost(7))
    assert desk.spent(NOVEMBER) == {"CNY": 7}


async def test_runs_that_end_at_the_same_time_all_count(desk: Desk) -> None:
    claims = [await begun(desk, f"m:{n}", openid=f"o_{n}") for n in range(20)]
    ends = await asyncio.gather(*(ended(desk.store, each, cost(7)) for each in claims))
    totals = sorted(each.spent[0].price_nano for each in ends if each is not None)
    assert totals == [7 * n for n in range(1, 21)]
    assert desk.spent(NOVEMBER) == {"CNY": 140}


async def test_a_month_and_a_currency_each_have_their_own_sum(desk: Desk) -> None:
    await ended(desk.store, await begun(desk, "m:1"), cost(7))
    await ended(desk.store, await begun(desk, "m:2"), cost(5, DECEMBER))
    both = (Charge(currency="CNY", price_nano=1), Charge(currency="USD", price_nano=3))
    await ended(desk.store, await begun(desk, "m:3"), cost(3, currency="USD", charges=both))
    assert desk.spent(NOVEMBER) == {"CNY": 8, "USD": 3}
    assert desk.spent(DECEMBER) == {"CNY": 5}


async def test_a_failure_counts_and_a_run_without_a_price_leaves_no_sum(desk: Desk) -> None:
    await ended(desk.store, await begun(desk, "m:1"), None)
    await ended(desk.store, await begun(desk, "m:2"), Cost(month=NOVEMBER, total_tokens=9))
    assert desk.spent(NOVEMBER) == {}
    await ended(desk.store, await begun(desk, "m:3"), cost(7), failure=FailureKind.EMPTY)
    assert desk.spent(NOVEMBER) == {"CNY": 7}


async def test_a_cancelled_run_counts_once_however_often_it_is_told(desk: Desk) -> None:
    claim = await begun(desk, "m:1")
    turn_id, run_no = claim.turn.id, claim.turn.run_no
    await desk.store.enter_stop(new_push("m:stop", kind=PushKind.OTHER), lambda _: b"stopped")
    assert await ended(desk.store, claim, cost(7)) is None
    told = [
        await desk.store.keep_cut_run(turn_id, run, RunIds(), text="", at=NOON, cost=cost(7))
        for run in (run_no, run_no, run_no + 1)
    ]
    assert [len(each) for each in told] == [1, 0, 0]
    assert desk.spent(NOVEMBER) == {"CNY": 7}
    (sums,) = desk.sums(UsageKey.ACCOUNT, ALL)
    assert (sums.cancelled, sums.prices_nano, sums.completion_tokens) == (1, {"CNY": 7}, 10)


async def test_a_cancelled_run_counts_even_if_its_follower_had_everything_erased(
    desk: Desk,
) -> None:
    claim = await begun(desk, "m:1")
    turn_id, run_no = claim.turn.id, claim.turn.run_no
    await desk.leave("m:bye")
    while await desk.store.erase(NOON + 1, accepting=b"", provider_at=NOON):
        pass
    await desk.store.keep_cut_run(turn_id, run_no, RunIds(), text="", at=NOON, cost=cost(7))
    assert desk.spent(NOVEMBER) == {"CNY": 7}


# The budget


def allowance(price_nano: int, month: str = NOVEMBER, currency: str = "CNY") -> Allowance:
    return Allowance(month=month, currency=currency, price_nano=price_nano, until=NOON + 9)


async def test_questions_are_taken_until_the_allowance_is_spent(desk: Desk) -> None:
    for key, spent in (("m:1", 0), ("m:2", 7)):
        taken = await desk.ask_bound(key, allowance=allowance(14))
        assert taken.turn is not None, spent
        await ended(desk.store, await desk.claim(taken.turn.id), cost(7))
    refused = await desk.ask_bound("m:3", allowance=allowance(14))
    assert refused.turn is None
    assert refused.reply == b"budget: 0"
    again = await desk.ask_bound("m:3", allowance=allowance(99))
    assert (again.is_new, again.reply) == (False, b"budget: 0")
    assert (await desk.ask_bound("m:4", allowance=allowance(15))).turn is not None


@pytest.mark.parametrize("other", [allowance(7, DECEMBER), allowance(7, currency="USD")])
async def test_another_month_or_currency_uses_nothing_up(desk: Desk, other: Allowance) -> None:
    await ended(desk.store, await begun(desk, "m:1"), cost(7))
    assert (await desk.ask_bound("m:2", allowance=other)).turn is not None
    assert (await desk.ask_bound("m:3", allowance=allowance(7))).turn is None


async def test_the_budget_is_told_before_any_other_bound_with_its_end(desk: Desk) -> None:
    await ended(desk.store, await begun(desk, "m:1"), cost(7))
    told: list[tuple[Bound, float]] = []

    def refuse(refusal: object) -> bytes:
        told.append((getattr(refusal, "bound"), getattr(refusal, "until")))  # noqa: B009 untyped
        return b"no"

    await desk.ask("m:2", limit=0)
    await desk.ask_bound("m:3", queue_limit=0, allowance=allowance(7), refuse=refuse)
    assert told == [(Bound.BUDGET, NOON + 9)]


async def test_what_was_taken_before_still_runs_and_is_still_fetched(desk: Desk) -> None:
    first, second = await begun(desk, "m:1"), await desk.ask("m:2")
    end = await ended(desk.store, first, cost(7))
    assert end is not None
    assert end.to_run == turn_id_of(second)
    assert (await desk.ask_bound("m:3", allowance=allowance(7))).turn is None
    await ended(desk.store, await desk.claim(turn_id_of(second)), cost(7))
    assert (await desk.pick_up("m:p", turn_id_of(second))).turn is not None
    assert desk.spent(NOVEMBER) == {"CNY": 14}


# Sums


async def test_sums_tell_counts_tokens_prices_and_times(desk: Desk) -> None:
    for n in range(1, 21):
        claim = await begun(desk, f"m:{n}")
        own = cost(n, first_text_at=NOON + 1 + n / 10)
        await ended(desk.store, claim, own, at=NOON + 1 + n)
    failing = await begun(desk, "m:f")
    await ended(
        desk.store, failing, cost(3, currency="USD"), failure=FailureKind.BUSY, at=NOON + 99
    )
    (sums,) = desk.sums(UsageKey.ACCOUNT, ALL)
    assert (sums.name, sums.turns, sums.failed, sums.cancelled) == (SHOP, 21, 1, 0)
    assert (sums.prompt_tokens, sums.cached_prompt_tokens) == (2100, 840)
    assert sums.completion_tokens == 210
    assert sums.prices_nano == {"CNY": 210, "USD": 3}
    # The tenth and the nineteenth of twenty.
    times = (
        *(sums.first_text_p50_s, sums.first_text_p95_s),
        *(sums.answer_p50_s, sums.answer_p95_s),
    )
    assert times == pytest.approx((1.0, 1.9, 10, 19))


async def test_what_tells_no_time_and_no_price_is_counted_all_the_same(desk: Desk) -> None:
    await ended(desk.store, await begun(desk, "m:1"), None)
    (sums,) = desk.sums(UsageKey.ACCOUNT, ALL)
    assert (sums.turns, sums.prices_nano, sums.prompt_tokens) == (1, {}, 0)
    assert (sums.first_text_p50_s, sums.answer_p50_s) == (None, 1.0)


async def test_open_turns_and_those_outside_of_the_span_are_no_part_of_it(desk: Desk) -> None:
    await desk.ask("m:open", openid=BOB)
    for n, at in enumerate((NOON - 1, NOON, NOON + 9, NOON + 10)):
        await ended(desk.store, await begun(desk, f"m:{n}"), cost(), at=at)
    (sums,) = desk.sums(UsageKey.ACCOUNT, Span(account=SHOP, since=NOON, until=NOON + 10))
    assert sums.turns == 2
    assert desk.sums(UsageKey.ACCOUNT, Span(account="school", since=0, until=NOON * 2)) == ()
    assert desk.sums(UsageKey.ACCOUNT) == ()


async def test_sums_by_day_follow_the_edges_that_are_handed_in(desk: Desk) -> None:
    days = [
        Span(number=n, account=SHOP, since=NOON + 100 * n, until=NOON + 100 * (n + 1))
        for n in range(3)
    ]
    for n, at in enumerate((NOON, NOON + 99.9, NOON + 200)):
        await ended(desk.store, await begun(desk, f"m:{n}"), cost(), at=at)
    found = desk.sums(UsageKey.DAY, *days)
    assert [(each.number, each.turns) for each in found] == [(0, 2), (2, 1)]


async def test_sums_by_provider_go_to_whoever_answered(desk: Desk) -> None:
    claim = await begun(desk, "m:1")
    ids = RunIds(provider="second")
    await desk.store.note_run(claim.turn.id, claim.turn.run_no, ids)
    await ended(desk.store, claim, cost(7))
    await ended(desk.store, await begun(desk, "m:2"), cost(5))
    found = desk.sums(UsageKey.PROVIDER, ALL)
    assert {each.name: each.prices_nano["CNY"] for each in found} == {"dify": 5, "second": 7}


async def test_sums_by_follower_show_the_pseudonym_beside_the_openid(desk: Desk) -> None:
    for key, openid in (("m:1", ANN), ("m:2", BOB), ("m:3", BOB)):
        await ended(desk.store, await begun(desk, key, openid=openid), cost())
    elsewhere = await desk.store.enter_question(
        new_push("m:4", account="school", openid=BOB), question("m:4")
    )
    await ended(desk.store, await desk.claim(turn_id_of(elsewhere)), cost())
    found = desk.sums(UsageKey.FOLLOWER, ALL, msgspec.structs.replace(ALL, account="school"))
    told = [(each.name, each.openid, each.pseudonym, each.turns) for each in found]
    assert sorted(told) == [
        ("school", BOB, "wx-pseudonym", 1),
        (SHOP, ANN, "wx-pseudonym", 1),
        (SHOP, BOB, "wx-pseudonym", 2),
    ]
