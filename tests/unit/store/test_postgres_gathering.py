"""What begins or ends at one time shares a transaction, and nobody notices but by the speed."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec
import pytest

from support.stores import NOON, OPEN, SHOP, new_push, question, turn_id_of
from yingda.errors import StoreAway, StoreError
from yingda.postgres.trips import Errand, Row, Trips
from yingda.store import running
from yingda.store.cost_base import Charge, Cost
from yingda.store.postgres import PostgresStore
from yingda.store.postgres_gathering import Gathering
from yingda.store.runs import Claim, Outcome
from yingda.store.steps import Steps, execute

MANY = 24
COST = Cost(month="2026-11", total_tokens=1, charges=(Charge(currency="CNY", price_nano=7),))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[PostgresStore]:
    opened = await OPEN["postgres"](tmp_path)
    assert isinstance(opened, PostgresStore)
    yield opened
    await opened.close()


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Errand]]:
    """The statements of each trip that was made."""
    made: list[Sequence[Errand]] = []
    take = Trips.take

    async def noted(self: Trips, errands: Sequence[Errand]) -> list[list[Row]]:
        made.append(errands)
        return await take(self, errands)

    monkeypatch.setattr(Trips, "take", noted)
    return made


async def asked(store: PostgresStore, openid: str, account: str = SHOP) -> int:
    push = new_push(f"m:{openid}", account=account, openid=openid)
    return turn_id_of(await store.enter_question(push, question("q")))


async def many(store: PostgresStore) -> list[int]:
    return [await asked(store, f"o_{n}") for n in range(MANY)]


async def claimed(store: PostgresStore, turn_ids: Sequence[int]) -> list[Claim | None]:
    return await asyncio.gather(*(store.claim(turn_id, NOON) for turn_id in turn_ids))


def commits(trips: Sequence[Sequence[Errand]]) -> int:
    return sum(errand.sql == "COMMIT" for errands in trips for errand in errands)


async def test_what_comes_at_one_time_shares_a_transaction(
    store: PostgresStore, trips: list[Sequence[Errand]]
) -> None:
    turn_ids = await many(store)
    trips.clear()
    claims = await claimed(store, turn_ids)
    assert [claim and claim.turn.id for claim in claims] == turn_ids
    assert (len(trips), commits(trips)) == (2, 1)
    ended = await asyncio.gather(
        *(store.finish(n, 1, Outcome(answer=f"answer {n}"), NOON) for n in turn_ids)
    )
    assert [each and each.turn.answer for each in ended] == [f"answer {n}" for n in turn_ids]
    assert commits(trips) == 2


async def test_what_comes_alone_waits_for_nobody(
    store: PostgresStore, trips: list[Sequence[Errand]]
) -> None:
    turn_ids = await many(store)
    trips.clear()
    for turn_id in turn_ids[:2]:
        await store.claim(turn_id, NOON)
    assert (len(trips), commits(trips)) == (4, 2)


async def test_one_that_is_refused_takes_nobody_along(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn_ids = await many(store)
    claim = running.claim

    def sometimes(turn_id: int, at: float) -> Steps[Claim | None]:
        if turn_id == turn_ids[5]:
            yield from execute("UPDATE turn SET state = NULL WHERE id = :id", id=turn_id)
        if turn_id == turn_ids[6]:
            raise KeyError(turn_id)
        return (yield from claim(turn_id, at))

    monkeypatch.setattr(running, "claim", sometimes)
    found = await asyncio.gather(
        *(store.claim(turn_id, NOON) for turn_id in turn_ids), return_exceptions=True
    )
    assert isinstance(found[5], StoreError)
    assert isinstance(found[6], KeyError)
    whole = [each for each in found if isinstance(each, Claim)]
    assert [each.turn.run_no for each in whole] == [1] * (MANY - 2)


async def test_turns_of_one_follower_are_claimed_one_after_the_other(store: PostgresStore) -> None:
    turn_ids = [await asked(store, "o_ann")]
    turn_ids.append(turn_id_of(await store.enter_question(new_push("m:2"), question("second"))))
    first, second = await claimed(store, turn_ids)
    assert first is not None
    # It waits for the first, which is asked before it.
    assert second is None


async def test_a_database_that_is_away_is_asked_once_for_all_of_them() -> None:
    class Away:
        calls = 0

        async def write_all(self, *_: object) -> list[object]:
            self.calls += 1
            await asyncio.sleep(0)
            raise StoreAway("away")

    away = Away()
    gathering = Gathering(away, 10, 6.0)  # type: ignore[arg-type] # all that it needs
    told = await asyncio.gather(
        *(gathering.write(n, lambda: running.claim(1, NOON)) for n in range(5)),
        return_exceptions=True,
    )
    assert [type(each) for each in told] == [StoreAway] * 5
    assert away.calls == 1


async def test_whoever_waits_no_longer_is_left_out_and_the_end_takes_the_others_along() -> None:
    class Slow:
        def __init__(self) -> None:
            self.sizes: list[int] = []

        async def write_all(self, operations: Sequence[object], _: object) -> list[object]:
            self.sizes.append(len(operations))
            await asyncio.sleep(3600)
            return []

    slow = Slow()
    gathering = Gathering(slow, 2, 6.0)  # type: ignore[arg-type] # all that it needs
    begun = [
        asyncio.ensure_future(gathering.write(n, lambda: running.claim(1, NOON))) for n in range(3)
    ]
    begun[1].cancel()
    await asyncio.sleep(0.01)
    late = asyncio.ensure_future(gathering.write(9, lambda: running.claim(1, NOON)))
    await asyncio.sleep(0.01)
    await gathering.close()
    assert slow.sizes == [2]
    done = await asyncio.gather(*begun, late, return_exceptions=True)
    assert [type(each) for each in done] == [asyncio.CancelledError] * 4


async def test_rows_that_others_change_as_well_come_last_and_in_one_order(
    store: PostgresStore, trips: list[Sequence[Errand]]
) -> None:
    accounts = [f"shop_{n}" for n in (2, 0, 3, 1)]
    turn_ids = [await asked(store, "o_ann", account) for account in accounts]
    await claimed(store, turn_ids)
    # One with more to do before it comes to what it costs.
    again = Outcome(answer="b", replaced_answer="a", conversation_was_reset=True)
    outcomes = [again, *[Outcome(answer="a")] * (len(accounts) - 1)]
    trips.clear()
    ended = await asyncio.gather(
        *(
            store.finish(turn_id, 1, msgspec.structs.replace(outcome, cost=COST), NOON)
            for turn_id, outcome in zip(turn_ids, outcomes, strict=True)
        )
    )
    spent = [
        (trip, errand.values[0])
        for trip, errands in enumerate(trips)
        for errand in errands
        if "INSERT INTO spending" in errand.sql
    ]
    # Else two transactions could each hold what the other wants.
    assert spent == [(2, f"shop_{n}") for n in range(4)]
    assert [each and each.spent[0].price_nano for each in ended] == [7] * 4


async def test_what_hangs_is_cut_and_keeps_nobody_else_waiting() -> None:
    class Hung:
        def __init__(self) -> None:
            self.is_hung = True

        async def write_all(self, operations: Sequence[object], _: object) -> list[object]:
            if self.is_hung:
                await asyncio.sleep(3600)
            return [None] * len(operations)

    hung = Hung()
    gathering = Gathering(hung, 2, 0.05)  # type: ignore[arg-type] # all that it needs
    told = await asyncio.gather(
        *(gathering.write(n, lambda: running.claim(1, NOON)) for n in range(3)),
        return_exceptions=True,
    )
    assert [type(each) for each in told] == [StoreAway] * 3
    hung.is_hung = False
    assert await gathering.write(4, lambda: running.claim(1, NOON)) is None


async def test_what_is_wanted_as_the_last_one_ends_is_done_too() -> None:
    class Quick:
        async def write_all(self, operations: Sequence[object], _: object) -> list[object]:
            return [None] * len(operations)

    gathering = Gathering(Quick(), 2, 6.0)  # type: ignore[arg-type] # all that it needs
    for pauses in range(6):
        first = asyncio.ensure_future(gathering.write(1, lambda: running.claim(1, NOON)))
        for _ in range(pauses):
            await asyncio.sleep(0)
        async with asyncio.timeout(1):
            await gathering.write(2, lambda: running.claim(1, NOON))
            await first


async def test_an_answer_in_two_currencies_is_ended_by_itself(
    store: PostgresStore, trips: list[Sequence[Errand]]
) -> None:
    turn_ids = await many(store)
    await claimed(store, turn_ids)
    charges = (*COST.charges, Charge(currency="USD", price_nano=1))
    both = msgspec.structs.replace(COST, charges=charges)
    trips.clear()
    ended = await asyncio.gather(
        *(
            store.finish(turn_id, 1, Outcome(answer="a", cost=cost), NOON)
            for turn_id, cost in zip(turn_ids[:4], (COST, both, COST, both), strict=True)
        )
    )
    assert sorted(len(each.spent) for each in ended if each) == [1, 1, 2, 2]
    assert commits(trips) == 3
