"""What every store keeps to about accounts that may push; see `test_store_contract`."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.stores import ANN, NOON, OPEN, SHOP, Desk, new_push, question, turn_id_of
from yingda.store.base import ChosenReply
from yingda.store.entries import Entered, NewPush, PushKind
from yingda.store.push_base import Grant, NewPart, PartFate, PushRight, Quota
from yingda.store.runs import Outcome
from yingda.turn.model import Cursor, Notice, PushEnd

BEN = "o_ben"
LATER = NOON + 10
SENT, DOUBTFUL, REFUSED = PartFate.SENT, PartFate.DOUBTFUL, PartFate.REFUSED


def grant(key: str = "m:1", *, openid: str = ANN, count: int = 5, at: float = NOON) -> Grant:
    return Grant(account=SHOP, openid=openid, key=key, count=count, at=at, until=at + 3600)


class Pushing(Desk):
    """A desk whose account may push."""

    async def asked(
        self, key: str = "m:1", *, openid: str = ANN, count: int = 5, created_at: float = NOON
    ) -> int:
        """A question whose turn is pushed."""
        push = new_push(key, openid=openid)
        own = grant(key, openid=openid, count=count)
        granting = NewPush(
            account=push.account,
            openid=openid,
            key=key,
            kind=PushKind.QUESTION,
            created_at=created_at,
            received_at=NOON,
            grant=own,
        )
        entered = await self.store.enter_question(granting, question(key))
        assert await self.acknowledge(entered) == b"success"
        return turn_id_of(entered)

    async def acknowledge(self, push: Entered, at: float = LATER) -> bytes | None:
        chosen = ChosenReply(reply=b"success", chosen_at=at, pushes=turn_id_of(push))
        return await self.store.choose_reply(push.push_id, chosen)

    async def part(
        self, turn_id: int, start: int, end: int, *, completes: bool = False, at: float = LATER
    ) -> int | None:
        turn = (await self.store.outlook(turn_id)).turn
        new = NewPart(
            turn_id=turn_id,
            run_no=turn.run_no,
            revision=turn.revision,
            start=Cursor(start),
            end=Cursor(end),
            completes=completes,
            shown=f"{start}-{end}" if turn.is_pending else None,
            is_live=turn.is_pending,
            chosen_at=at,
        )
        return await self.store.choose_part(new)

    async def sent(self, turn_id: int, start: int, end: int, *, completes: bool = False) -> None:
        await self.settled(turn_id, start, end, SENT, completes=completes)

    async def settled(
        self, turn_id: int, start: int, end: int, fate: PartFate, *, completes: bool = False
    ) -> None:
        part_id = await self.part(turn_id, start, end, completes=completes)
        assert part_id is not None
        await self.store.settle_part(part_id, fate)

    async def left(self, openid: str = ANN, at: float = LATER) -> int:
        quota = await self.store.quota(SHOP, openid)
        return 0 if quota is None else quota.left_at(at)

    async def is_pushed(self, turn_id: int) -> bool:
        return (await self.store.outlook(turn_id)).turn.is_pushed


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pushing]:
    opened = Pushing(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


# Rights and quotas


async def test_the_right_that_was_learnt_last_is_kept_by_account(desk: Pushing) -> None:
    assert await desk.store.push_right(SHOP) is None
    for is_allowed in (True, False):
        right = PushRight(is_allowed=is_allowed, learnt_at=NOON, fingerprint="f")
        await desk.store.keep_push_right(SHOP, right)
        await desk.reopen()
        assert await desk.store.push_right(SHOP) == right
    assert await desk.store.push_right("other") is None


async def test_the_last_grant_counts_and_none_is_added_up(desk: Pushing) -> None:
    await desk.store.grant_quota(grant("m:1", count=5))
    await desk.store.grant_quota(grant("e:1", count=3, at=NOON + 1))
    expected = Quota(left=3, expires_at=NOON + 3601, acted_at=NOON + 1)
    assert await desk.store.quota(SHOP, ANN) == expected
    assert await desk.store.quota(SHOP, BEN) is None


async def test_a_push_that_comes_late_grants_nothing_over_the_one_behind_it(
    desk: Pushing,
) -> None:
    # Whoever took it first died, and another process takes it after the follower's next message.
    turn_id = await desk.asked("m:2", created_at=NOON + 1)
    await desk.end(turn_id, "whole")
    await desk.sent(turn_id, 0, 3)
    assert await desk.left() == 4
    await desk.asked("m:1", created_at=NOON)
    assert await desk.left() == 4
    await desk.asked("m:3", created_at=NOON + 1)
    assert await desk.left() == 5


async def test_a_repeat_of_a_push_grants_nothing_anew(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.claim(turn_id)
    await desk.sent(turn_id, 0, 5)
    await desk.store.grant_quota(grant("m:1"))
    await desk.asked("m:1")
    assert await desk.left() == 4


async def test_a_grant_runs_out(desk: Pushing) -> None:
    await desk.store.grant_quota(grant())
    assert (await desk.left(at=NOON + 3599), await desk.left(at=NOON + 3600)) == (5, 0)


async def test_who_left_may_be_sent_nothing_and_no_turn_is_pushed(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.leave("m:2")
    assert await desk.store.quota(SHOP, ANN) is None
    assert await desk.store.next_pushed(SHOP, ANN) is None
    assert await desk.part(turn_id, 0, 5) is None


async def test_a_turn_is_told_of_once_for_one_message_and_pushed_no_more(desk: Pushing) -> None:
    turn_id = await desk.asked()
    assert await desk.store.tell_instead(turn_id, LATER)
    assert not await desk.store.tell_instead(turn_id, LATER)
    assert await desk.left() == 4
    assert not await desk.is_pushed(turn_id)
    assert (await desk.store.outlook(turn_id)).turn.promised_at == LATER


async def test_without_a_message_nothing_is_told_and_the_turn_stays_pushed(desk: Pushing) -> None:
    turn_id = await desk.asked()
    assert not await desk.store.tell_instead(turn_id, NOON + 400_000)
    assert await desk.is_pushed(turn_id)
    assert await desk.left() == 5


# Turns that are pushed


async def test_an_acknowledged_turn_is_pushed_also_after_a_crash(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.reopen()
    assert (await desk.store.recover()).to_push == ((SHOP, ANN),)
    assert await desk.store.next_pushed(SHOP, ANN) == turn_id
    assert (await desk.ask("m:1")).reply == b"success"


async def test_without_a_message_left_no_turn_is_pushed(desk: Pushing) -> None:
    entered = await desk.ask("m:1")
    assert await desk.acknowledge(entered) is None
    await desk.store.grant_quota(grant())
    assert await desk.acknowledge(entered, at=NOON + 3600) is None
    assert (await desk.ask("m:1")).reply is None
    assert await desk.acknowledge(entered, at=NOON + 3599) == b"success"


async def test_an_ended_turn_is_only_pushed_on(desk: Pushing) -> None:
    entered = await desk.answered("m:1")
    await desk.store.grant_quota(grant())
    assert await desk.acknowledge(entered) is None
    pushed = await desk.asked("m:2")
    await desk.end(pushed)
    assert await desk.acknowledge(await desk.pick_up("m:3", pushed)) == b"success"


async def test_the_oldest_pushed_turn_comes_first(desk: Pushing) -> None:
    first, second = await desk.asked("m:1"), await desk.asked("m:2")
    await desk.end(first)
    await desk.end(second)
    assert await desk.part(second, 0, 5) is None
    await desk.sent(first, 0, 5, completes=True)
    assert await desk.store.next_pushed(SHOP, ANN) == second
    assert await desk.part(second, 0, 5) is not None


async def test_what_is_pushed_is_announced_by_no_reply(desk: Pushing) -> None:
    first = await desk.asked("m:1")
    other = await desk.ask("m:2")
    await desk.end(first)
    assert (await desk.store.outlook(turn_id_of(other))).other_unread is None
    await desk.store.end_push(first, PushEnd.QUOTA)
    unread = (await desk.store.outlook(turn_id_of(other))).other_unread
    assert unread is not None
    assert unread.id == first


async def test_nothing_more_of_a_turn_is_sent_whose_push_has_ended(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.end(turn_id)
    await desk.store.end_push(turn_id, PushEnd.REFUSED)
    assert await desk.part(turn_id, 0, 5) is None
    assert await desk.state_of(turn_id) == (0, 0, True)


async def test_a_follower_who_cannot_be_reached_is_sent_nothing_of_any_turn(desk: Pushing) -> None:
    turns = [await desk.asked("m:1"), await desk.asked("m:2")]
    other = await desk.asked("m:1", openid=BEN)
    await desk.store.end_pushes(SHOP, ANN, PushEnd.NOT_FOLLOWING)
    assert [await desk.is_pushed(turn_id) for turn_id in turns] == [False, False]
    assert await desk.left() == 0
    assert await desk.is_pushed(other)


# Parts


async def test_a_part_moves_the_cursor_and_costs_one_message_before_it_is_sent(
    desk: Pushing,
) -> None:
    turn_id = await desk.asked()
    await desk.claim(turn_id)
    assert await desk.part(turn_id, 0, 5) is not None
    assert await desk.state_of(turn_id) == (5, 1, False)
    assert await desk.left() == 4


async def test_while_a_part_is_under_way_no_other_one_is_chosen(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.end(turn_id)
    both = await asyncio.gather(desk.part(turn_id, 0, 5), desk.part(turn_id, 0, 5))
    assert sorted(both, key=lambda part: part is None)[1] is None
    assert await desk.part(turn_id, 5, 8) is None
    assert await desk.left() == 4


@pytest.mark.parametrize(("start", "at"), [(1, LATER), (0, NOON + 3600)])
async def test_a_part_that_does_not_fit_changes_nothing(
    desk: Pushing, start: int, at: float
) -> None:
    turn_id = await desk.asked()
    await desk.end(turn_id)
    assert await desk.part(turn_id, start, 5, at=at) is None
    assert await desk.state_of(turn_id) == (0, 0, True)
    assert await desk.left() == 5


async def test_when_the_quota_is_used_up_nothing_is_chosen(desk: Pushing) -> None:
    turn_id = await desk.asked(count=1)
    await desk.end(turn_id)
    await desk.sent(turn_id, 0, 5)
    assert await desk.part(turn_id, 5, 8) is None
    assert await desk.state_of(turn_id) == (5, 1, True)


async def test_the_last_part_ends_the_push_once_it_is_sent(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.end(turn_id)
    part_id = await desk.part(turn_id, 0, 8, completes=True)
    assert part_id is not None
    assert await desk.is_pushed(turn_id)
    await desk.store.settle_part(part_id, SENT)
    assert not await desk.is_pushed(turn_id)
    assert await desk.state_of(turn_id) == (8, 1, False)


@pytest.mark.parametrize("fate", [DOUBTFUL, REFUSED])
async def test_what_did_not_surely_arrive_is_to_be_sent_again(
    desk: Pushing, fate: PartFate
) -> None:
    turn_id = await desk.asked()
    await desk.end(turn_id)
    await desk.sent(turn_id, 0, 5)
    await desk.settled(turn_id, 5, 8, fate, completes=True)
    assert await desk.state_of(turn_id) == (5, 1, True)
    assert await desk.is_pushed(turn_id)


async def test_the_part_in_doubt_is_known_with_how_often_it_was_sent(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.claim(turn_id)
    assert (await desk.store.push_look(turn_id)).in_doubt is None
    for times in (1, 2):
        await desk.settled(turn_id, 0, 5, DOUBTFUL)
        in_doubt = (await desk.store.push_look(turn_id)).in_doubt
        assert in_doubt is not None
        assert (in_doubt.times, in_doubt.end, in_doubt.shown) == (times, Cursor(5), "0-5")
    await desk.sent(turn_id, 0, 5)
    assert (await desk.store.push_look(turn_id)).in_doubt is None


async def test_a_part_that_was_refused_is_not_in_doubt(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.claim(turn_id)
    await desk.settled(turn_id, 0, 5, REFUSED)
    assert (await desk.store.push_look(turn_id)).in_doubt is None


async def test_a_part_under_way_at_a_crash_is_in_doubt_afterwards(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.end(turn_id)
    await desk.part(turn_id, 0, 8, completes=True)
    await desk.reopen()
    recovered = await desk.store.recover()
    assert (recovered.doubtful_count, recovered.to_push) == (1, ((SHOP, ANN),))
    assert await desk.state_of(turn_id) == (0, 0, True)
    in_doubt = (await desk.store.push_look(turn_id)).in_doubt
    assert in_doubt is not None
    assert (in_doubt.times, in_doubt.shown) == (1, None)


async def test_a_message_that_was_not_sent_can_be_given_back(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.end(turn_id)
    part_id = await desk.part(turn_id, 0, 5)
    assert part_id is not None
    await desk.store.settle_part(part_id, REFUSED, gives_back=True)
    assert await desk.left() == 5
    part_id = await desk.part(turn_id, 0, 5)
    assert part_id is not None
    await desk.store.grant_quota(grant("m:2", at=LATER + 1))
    await desk.store.settle_part(part_id, REFUSED, gives_back=True)
    assert await desk.left() == 5


async def test_a_refusal_can_empty_the_quota(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.end(turn_id)
    part_id = await desk.part(turn_id, 0, 5)
    assert part_id is not None
    await desk.store.settle_part(part_id, REFUSED, empties=True)
    assert await desk.left() == 0


async def test_a_settled_part_stays_as_it_is(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.end(turn_id)
    part_id = await desk.part(turn_id, 0, 5)
    assert part_id is not None
    await desk.store.settle_part(part_id, SENT)
    await desk.store.settle_part(part_id, DOUBTFUL)
    assert await desk.state_of(turn_id) == (5, 1, True)


async def test_a_pickup_and_a_part_never_carry_the_same(desk: Pushing) -> None:
    turn_id = await desk.asked()
    await desk.end(turn_id)
    pickup = await desk.pick_up("m:2", turn_id)
    reply, part = await asyncio.gather(desk.offer(pickup, 0, 5), desk.part(turn_id, 0, 5))
    assert (reply is None) != (part is None)


async def test_an_answer_made_anew_says_so_only_if_some_of_it_may_have_arrived(
    desk: Pushing,
) -> None:
    for key, fate, notice in (("m:1", REFUSED, None), ("m:2", DOUBTFUL, Notice.REGENERATED)):
        turn_id = await desk.asked(key)
        await desk.claim(turn_id)
        await desk.settled(turn_id, 0, 5, fate)
        claim = await desk.claim(turn_id)
        await desk.store.begin_anew(turn_id, claim.turn.run_no)
        assert (await desk.store.outlook(turn_id)).turn.notice is notice
        assert (await desk.store.push_look(turn_id)).in_doubt is None
        await desk.store.finish(turn_id, claim.turn.run_no, Outcome(answer="x"), NOON)
        await desk.store.end_push(turn_id, PushEnd.DONE)
