"""What holds whoever else is at the same database: two processes, many connections each.

A store that one process has to itself, as SQLite's, is tested with two desks that share it.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from support.stores import ANN, NOON, OPEN, SHOP, Desk, new_push, question, turn_id_of
from yingda.errors import FailureKind
from yingda.providers.capabilities import Rating
from yingda.store.base import ChosenReply, NewHold, NewOffer, Store
from yingda.store.breaker_base import BreakerRecord
from yingda.store.cost_base import Charge, Cost
from yingda.store.entries import Effect, PushKind
from yingda.store.pruning_base import PruneSpot
from yingda.store.push_base import Grant, NewPart
from yingda.store.reaction_base import NewRating
from yingda.store.runs import Outcome
from yingda.turn.lifecycle import State
from yingda.turn.model import Cursor
from yingda.wechat.api_base import KeptToken

T = TypeVar("T")


class Pair:
    """Two processes on one database."""

    def __init__(self, desks: tuple[Desk, Desk]) -> None:
        self.desks = desks

    @property
    def one(self) -> Desk:
        return self.desks[0]

    async def race(self, count: int, work: Callable[[Desk, int], Awaitable[T]]) -> list[T]:
        """Do it so often at the same time, in turns by one process and the other."""
        return list(await asyncio.gather(*(work(self.desks[n % 2], n) for n in range(count))))


@pytest.fixture(params=OPEN)
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    first = Desk(request.param, tmp_path)
    await first.open()
    if request.param == "sqlite":
        yield Pair((first, first))
    else:
        second = Desk(request.param, tmp_path)
        await second.open()
        yield Pair((first, second))
        await second.close()
    await first.close()


async def test_one_push_is_one_turn_whoever_takes_its_attempts(pair: Pair) -> None:
    entered = await pair.race(30, lambda desk, n: desk.ask(f"m:{n % 3}", limit=99))
    for key in range(3):
        same = [each for n, each in enumerate(entered) if n % 3 == key]
        assert len({turn_id_of(each) for each in same}) == 1
        assert [each.is_new for each in same].count(True) == 1
    attempts = [await pair.one.store.repeat(SHOP, ANN, f"m:{key}") for key in range(3)]
    assert all(each is not None and each.attempts == 11 for each in attempts)


async def test_numbers_count_without_a_gap_and_one_alone_is_to_be_run(pair: Pair) -> None:
    entered = await pair.race(24, lambda desk, n: desk.ask(f"m:{n}", limit=99))
    turns = [each.turn for each in entered if each.turn]
    assert sorted(turn.number for turn in turns) == list(range(1, 25))
    assert sorted(turn.ahead for turn in turns) == list(range(24))
    assert len({turn.conversation_id for turn in turns}) == 1
    by_id = sorted(turns, key=lambda turn: turn.id)
    assert [turn.number for turn in by_id] == list(range(1, 25))
    assert [each.to_run for each in entered if each.to_run] == [by_id[0].id]


async def test_numbers_count_on_while_a_follower_s_old_turns_are_removed(pair: Pair) -> None:
    for n in range(6):
        turn_id = turn_id_of(await pair.one.ask(f"old:{n}", at=NOON - 1000))
        await pair.one.end(turn_id)
        await pair.one.store.mark_read((await pair.one.store.outlook(turn_id)).turn)

    async def ask_or_prune(desk: Desk, n: int) -> tuple[int, int]:
        if n % 3:
            turn = (await desk.ask(f"m:{n}", limit=99)).turn
            return (0 if turn is None else turn.number), 0
        spot: PruneSpot | None = PruneSpot()
        removed = 0
        while spot is not None:
            step = await desk.store.prune(NOON - 500, spot)
            spot, removed = step.spot, removed + step.turns
        return 0, removed

    done = await pair.race(18, ask_or_prune)
    assert sorted(number for number, _ in done if number) == list(range(7, 19))
    assert sum(removed for _, removed in done) == 6


async def test_no_more_wait_for_one_follower_than_the_limit_says(pair: Pair) -> None:
    entered = await pair.race(20, lambda desk, n: desk.ask(f"m:{n}", limit=4))
    assert len([each for each in entered if each.turn]) == 5


async def test_no_more_are_taken_in_a_day_than_the_limit_says(pair: Pair) -> None:
    entered = await pair.race(
        20, lambda desk, n: desk.ask_bound(f"m:{n}", daily_questions=7, day_began_at=NOON - 60)
    )
    assert len([each for each in entered if each.turn]) == 7


async def test_an_end_and_a_new_question_never_leave_a_turn_that_nobody_runs(pair: Pair) -> None:
    for n in range(12):
        openid = f"o_{n}"
        first = turn_id_of(await pair.one.ask("m:1", openid=openid))
        claim = await pair.one.claim(first)

        async def end(turn_id: int = first, run_no: int = claim.turn.run_no) -> int | None:
            ended = await pair.one.store.finish(turn_id, run_no, Outcome(answer="a"), NOON + 2)
            return ended.to_run if ended else None

        async def ask(openid: str = openid) -> tuple[int, int | None]:
            entered = await pair.desks[1].ask("m:2", openid=openid)
            return turn_id_of(entered), entered.to_run

        tasks = (end(), ask()) if n % 2 else (ask(), end())
        done = await asyncio.gather(*tasks)
        let_start, (second, to_run) = reversed(done) if n % 2 == 0 else done
        assert (let_start, to_run) in {(second, None), (None, second)}


async def test_of_many_claims_only_the_last_one_s_run_may_write(pair: Pair) -> None:
    turn_id = turn_id_of(await pair.one.ask("m:1"))
    claims = await pair.race(8, lambda desk, _: desk.store.claim(turn_id, NOON + 1))
    numbers = [claim.turn.run_no for claim in claims if claim]
    assert sorted(numbers) == list(range(1, 9))
    ended = await pair.race(
        8, lambda desk, n: desk.store.finish(turn_id, n + 1, Outcome(answer=f"{n}"), NOON + 2)
    )
    assert [each.turn.answer for each in ended if each] == ["7"]


async def test_a_turn_that_ends_while_it_is_claimed_anew_stays_ended_or_is_taken_over(
    pair: Pair,
) -> None:
    for n in range(10):
        turn_id = turn_id_of(await pair.one.ask("m:1", openid=f"o_{n}"))
        await pair.one.claim(turn_id)
        ended, claim = await asyncio.gather(
            pair.one.store.finish(turn_id, 1, Outcome(answer="first"), NOON + 2),
            pair.desks[1].store.claim(turn_id, NOON + 2),
        )
        # Never both: an answer that stands is not to be asked for again.
        assert (ended is None) is (claim is not None)
        turn = (await pair.one.store.outlook(turn_id)).turn
        assert turn.state is (State.ANSWERED if ended else State.RUNNING)


async def test_a_stop_and_an_end_are_both_told_of_what_happened(pair: Pair) -> None:
    for n in range(10):
        openid = f"o_{n}"
        turn_id = turn_id_of(await pair.one.ask("m:1", openid=openid))
        await pair.one.claim(turn_id)
        push = new_push("m:stop", openid=openid, kind=PushKind.OTHER)
        stopped, ended = await asyncio.gather(
            pair.desks[1].store.enter_stop(push, lambda turns: str(len(turns)).encode()),
            pair.one.store.finish(turn_id, 1, Outcome(answer="a"), NOON + 2),
        )
        assert (stopped.cancelled == (turn_id,)) is (ended is None)
        assert stopped.reply == (b"1" if ended is None else b"0")


async def test_a_push_gets_one_reply_and_the_cursor_moves_once(pair: Pair) -> None:
    entered = await pair.one.answered("m:1")
    turn_id = turn_id_of(entered)

    async def choose(desk: Desk, n: int) -> bytes | None:
        offer = NewOffer(
            turn_id=turn_id, run_no=1, start=Cursor(0), end=Cursor(n + 1), completes=False
        )
        chosen = ChosenReply(reply=f"to {n}".encode(), chosen_at=NOON + 3, offer=offer)
        return await desk.store.choose_reply(entered.push_id, chosen)

    replies = await pair.race(16, choose)
    (reply,) = set(replies)
    assert reply is not None
    chars, parts, _ = await pair.one.state_of(turn_id)
    assert (chars, parts) == (int(reply.split()[1]) + 1, 1)


async def test_two_pickups_never_offer_the_same_part(pair: Pair) -> None:
    turn_id = turn_id_of(await pair.one.answered("m:1"))
    picked = [await pair.one.pick_up(f"m:p{n}", turn_id) for n in range(8)]
    offered = await pair.race(8, lambda desk, n: desk.offer(picked[n], 0, 4))
    assert [each for each in offered if each is not None] == [b"0-4"]
    assert await pair.one.state_of(turn_id) == (4, 1, True)


async def test_sent_and_doubtful_at_the_same_time_leave_one_of_both(pair: Pair) -> None:
    for n in range(8):
        entered = await pair.one.ask("m:1", openid=f"o_{n}")
        turn_id = turn_id_of(entered)
        await pair.one.end(turn_id)
        await pair.one.offer(entered, 0, 4)
        await asyncio.gather(
            pair.one.store.mark_doubtful(entered.push_id),
            pair.desks[1].store.mark_sent(entered.push_id),
        )
        assert await pair.one.state_of(turn_id) in {(4, 1, True), (0, 0, True)}


async def test_patience_is_never_overspent(pair: Pair) -> None:
    turns = [turn_id_of(await pair.one.ask("m:1", openid=f"o_{n}")) for n in range(24)]

    def hold(n: int) -> NewHold:
        return NewHold(
            account=SHOP,
            provider="dify" if n % 4 else "echo",
            openid=f"o_{n}",
            turn_id=turns[n],
            at=NOON + n,
            span_s=300,
            account_limit=10,
            follower_limit=4,
            provider_limit=7,
            chance=0.9,
            is_hopeless=False,
        )

    held = await pair.race(24, lambda desk, n: desk.store.try_hold(hold(n)))
    granted = [n for n, hold_id in enumerate(held) if hold_id is not None]
    by_provider = Counter("dify" if n % 4 else "echo" for n in granted)
    # Who comes first is chance, and so is how many of the ten go to either.
    assert len(granted) == 10
    assert by_provider["dify"] <= 7


def grant(key: str, count: int) -> Grant:
    return Grant(account=SHOP, openid=ANN, key=key, count=count, at=NOON, until=NOON + 3600)


async def pushed(desk: Desk) -> int:
    """A turn of an account that pushes, answered and unread."""
    entered = await desk.ask("m:push")
    turn_id = turn_id_of(entered)
    await desk.store.choose_reply(
        entered.push_id, ChosenReply(reply=b"", chosen_at=NOON, pushes=turn_id)
    )
    await desk.end(turn_id, "a long answer")
    return turn_id


async def test_a_quota_is_never_overspent_and_no_part_is_chosen_twice(pair: Pair) -> None:
    await pair.one.store.grant_quota(grant("m:0", 3))
    turn_id = await pushed(pair.one)

    def part(n: int) -> NewPart:
        return NewPart(
            turn_id=turn_id,
            run_no=1,
            revision=0,
            start=Cursor(0),
            end=Cursor(n + 1),
            completes=False,
            shown=None,
            is_live=False,
            chosen_at=NOON + 5,
        )

    chosen = await pair.race(12, lambda desk, n: desk.store.choose_part(part(n)))
    assert len([each for each in chosen if each is not None]) == 1
    left = await pair.one.store.quota(SHOP, ANN)
    assert left is not None
    assert left.left == 2


async def test_a_grant_and_a_part_at_the_same_time_count_the_part_once(pair: Pair) -> None:
    await pair.one.store.grant_quota(grant("m:0", 3))
    turn_id = await pushed(pair.one)
    new = NewPart(
        turn_id=turn_id,
        run_no=1,
        revision=0,
        start=Cursor(0),
        end=Cursor(4),
        completes=False,
        shown=None,
        is_live=False,
        chosen_at=NOON + 5,
    )
    await asyncio.gather(
        pair.one.store.choose_part(new), pair.desks[1].store.grant_quota(grant("m:1", 5))
    )
    left = await pair.one.store.quota(SHOP, ANN)
    assert left is not None
    assert left.left == 4


async def test_one_of_many_gets_the_lease_and_only_it_keeps_a_token(pair: Pair) -> None:
    leases = await pair.race(
        16, lambda desk, _: desk.store.lease_token("wx1", at=NOON, until=NOON + 10)
    )
    (lease,) = [each for each in leases if each is not None]
    token = KeptToken(value="t", refresh_at=NOON, expires_at=NOON, forced_at=0, forced_count=0)
    kept = await pair.race(6, lambda desk, n: desk.store.keep_token("wx1", lease + n, token))
    assert kept == [True, False, False, False, False, False]


async def test_every_run_s_cost_is_counted(pair: Pair) -> None:
    cost = Cost(
        month="2026-11",
        total_tokens=1,
        charges=(Charge(currency="CNY", price_nano=7), Charge(currency="USD", price_nano=1)),
    )
    turns = [turn_id_of(await pair.one.ask("m:1", openid=f"o_{n}")) for n in range(20)]
    for turn_id in turns:
        await pair.one.claim(turn_id)

    async def end(desk: Desk, n: int) -> int:
        mixed = cost if n % 2 else msgspec.structs.replace(cost, charges=cost.charges[::-1])
        ended = await desk.store.finish(turns[n], 1, Outcome(answer="a", cost=mixed), NOON + 2)
        assert ended is not None
        return max(each.price_nano for each in ended.spent)

    told = await pair.race(20, end)
    assert sorted(told) == [7 * n for n in range(1, 21)]
    assert pair.one.spent("2026-11") == {"CNY": 140, "USD": 20}


async def test_a_secret_is_the_same_for_all_who_ask_first(pair: Pair) -> None:
    assert len(set(await pair.race(16, lambda desk, _: desk.store.secret("pseudonym")))) == 1


async def test_what_is_due_is_taken_on_by_one(pair: Pair) -> None:
    for n in range(12):
        entered = await pair.one.ask("m:1", openid=f"o_{n}")
        claim = await pair.one.claim(turn_id_of(entered))
        outcome = Outcome(answer="a", provider_conversation_id=f"c{n}")
        await pair.one.store.finish(turn_id_of(entered), claim.turn.run_no, outcome, NOON + 2)
        await pair.one.leave(f"m:leave{n}", openid=f"o_{n}")
    erased = await pair.race(
        30, lambda desk, _: desk.store.erase(NOON + 9, accepting=b"ok", provider_at=NOON + 9)
    )
    done = [each.erasure_id for each in erased if each and each.is_done]
    assert len(done) == len(set(done)) == 12
    assert sum(each.turns for each in erased if each) == 12

    async def claim_all(desk: Desk, _: int) -> list[int]:
        due = await desk.store.claim_deletions(NOON + 9, lease_until=NOON + 99, limit=2)
        return [each.id for each in due]

    taken = [each for some in await pair.race(20, claim_all) for each in some]
    taken += await claim_all(pair.one, 0)
    assert len(taken) == len(set(taken))
    rest = await pair.one.store.claim_deletions(NOON + 9, lease_until=NOON + 99, limit=99)
    assert len(taken) + len(rest) == 12


async def test_a_rating_is_told_by_one(pair: Pair) -> None:
    for n in range(8):
        entered = await pair.one.ask("m:1", openid=f"o_{n}")
        await pair.one.end(turn_id_of(entered), "a")
        await pair.one.offer(entered, 0, 1, completes=True)
        rating = NewRating(
            rating=Rating.LIKE, number=None, reply=lambda _: b"thanks", nothing=b"nothing"
        )
        rated = await pair.one.store.enter_rating(
            new_push("m:2", openid=f"o_{n}", kind=PushKind.OTHER), rating
        )
        assert rated.reply == b"thanks"

    async def claim(store: Store, limit: int) -> list[int]:
        due = await store.claim_ratings(NOON + 9, lease_until=NOON + 99, limit=limit)
        return [each.turn_id for each in due]

    claimed = await pair.race(10, lambda desk, _: claim(desk.store, 2))
    taken = [each for some in claimed for each in some]
    assert len(taken) == len(set(taken))
    assert len(taken) + len(await claim(pair.one.store, 99)) == 8


async def test_everything_at_once_ends_with_every_promise_kept(pair: Pair) -> None:
    """Two followers write, stop, clear and retry while two workers run what is to be run."""
    dice = random.Random(7)
    failure = FailureKind.BUSY

    async def run(desk: Desk, turn_id: int | None) -> None:
        while turn_id is not None:
            claim = await desk.store.claim(turn_id, NOON + 1)
            if claim is None:
                return
            outcome = Outcome(answer="a", failure=failure if dice.random() < 0.2 else None)
            ended = await desk.store.finish(turn_id, claim.turn.run_no, outcome, NOON + 2)
            turn_id = ended.to_run if ended else None

    async def write(desk: Desk, n: int) -> None:
        openid, kind = f"o_{n % 2}", dice.random()
        if kind < 0.1:
            push = new_push(f"m:{n}", openid=openid, kind=PushKind.OTHER)
            await desk.store.enter_stop(push, lambda turns: str(len(turns)).encode())
        elif kind < 0.2:
            push = new_push(f"m:{n}", openid=openid, kind=PushKind.OTHER)
            await desk.store.enter_reply(push, b"cleared", Effect.CLEAR)
        else:
            asked = await desk.store.enter_question(
                new_push(f"m:{n}", openid=openid), question(f"{n}", limit=99)
            )
            await run(pair.desks[(n + 1) % 2], asked.to_run)

    await pair.race(60, write)
    for openid in ("o_0", "o_1"):
        # Whatever was to be run was told to somebody, who ran it.
        assert (await pair.one.store.follower(SHOP, openid)).pending == ()


async def test_of_many_that_would_test_a_provider_one_does(pair: Pair) -> None:
    opened = BreakerRecord(provider="dify", open_until=NOON)
    assert await pair.one.store.change_breaker(opened)
    seen = await pair.one.store.breaker("dify")
    tested = msgspec.structs.replace(seen, tested_until=NOON + 90)
    done = await pair.race(20, lambda desk, _: desk.store.change_breaker(tested))
    assert Counter(done) == {True: 1, False: 19}
    assert (await pair.one.store.breaker("dify")).version == seen.version + 1
