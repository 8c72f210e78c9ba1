"""What every store keeps to where an operator keeps no more than some months."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import msgspec
import pytest

from support.stores import ANN, LOOK, NOON, OPEN, SHOP, Desk, new_push, question, turn_id_of
from yingda.providers.capabilities import Rating
from yingda.store.base import NewHold
from yingda.store.carrier import Carrier
from yingda.store.enclosure_base import EnclosureKind, NewEnclosure
from yingda.store.entries import Effect
from yingda.store.pruning_base import Pruned, PruneSpot, kept_since
from yingda.store.reaction_base import NewRating
from yingda.store.runs import Outcome, RunIds
from yingda.store.steps import fetch
from yingda.turn.model import Attachment, AttachmentKind, Form

DAY_S = 86_400.0
OLD = NOON - 100 * DAY_S
BEFORE = NOON - DAY_S
BOB = "o_bob"


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def read(desk: Desk, key: str, *, at: float = OLD, openid: str = ANN) -> int:
    """A question whose answer was fetched whole; its turn."""
    entered = await desk.ask(key, at=at, openid=openid)
    turn_id = turn_id_of(entered)
    await desk.end(turn_id, "an answer")
    assert await desk.offer(entered, 0, 9, completes=True)
    await desk.store.mark_sent(entered.push_id)
    return turn_id


async def prune_all(desk: Desk, before: float = BEFORE) -> Pruned:
    """Prune to the end; what was removed in all."""
    spot: PruneSpot | None = PruneSpot()
    pushes = turns = 0
    while spot is not None:
        step = await desk.store.prune(before, spot)
        pushes, turns, spot = pushes + step.pushes, turns + step.turns, step.spot
    return Pruned(pushes=pushes, turns=turns)


async def count(desk: Desk, table: str) -> int:
    sql = f"SELECT count(*) FROM {table}"  # noqa: S608 - our own tables' names
    return int((await cast("Carrier", desk.store)._read(lambda: fetch(sql)))[0][0])


async def numbers(desk: Desk, openid: str = ANN) -> list[int]:
    sql = "SELECT number FROM turn WHERE openid = :openid ORDER BY id"
    carrier = cast("Carrier", desk.store)
    return [row[0] for row in await carrier._read(lambda: fetch(sql, openid=openid))]


# What goes


async def test_an_old_answer_goes_with_all_that_belongs_to_it_and_a_new_one_stays(
    desk: Desk,
) -> None:
    picture = Attachment(kind=AttachmentKind.PICTURE, url="http://p/1")
    asked = msgspec.structs.replace(question("q"), attachment=picture, form=Form.PICTURE)
    entered = await desk.store.enter_question(new_push("m:1", at=OLD), asked)
    turn_id = turn_id_of(entered)
    await desk.claim(turn_id)
    claim = await desk.claim(turn_id)
    hold = NewHold(
        account=SHOP,
        provider="dify",
        openid=ANN,
        turn_id=turn_id,
        at=OLD,
        span_s=300,
        account_limit=9,
        follower_limit=9,
        provider_limit=9,
        chance=None,
        is_hopeless=False,
    )
    assert await desk.store.try_hold(hold) is not None
    enclosed = (NewEnclosure(kind=EnclosureKind.PICTURE, url="http://p/2"),)
    outcome = Outcome(answer="an answer", enclosures=enclosed)
    await desk.store.finish(turn_id, claim.turn.run_no, outcome, OLD + 5)
    assert await desk.offer(entered, 0, 9, completes=True)
    await desk.store.mark_sent(entered.push_id)
    kinds = ("turn", "push", "offer", "attachment", "enclosure", "hold", "lost_run")
    assert [await count(desk, kind) for kind in kinds] == [1] * len(kinds)
    await read(desk, "m:2", at=NOON)
    assert await prune_all(desk) == Pruned(pushes=1, turns=1)
    assert [await count(desk, kind) for kind in kinds] == [1, 1, 1, 0, 0, 0, 0]
    assert await numbers(desk) == [2]


async def test_many_go_in_small_steps_and_what_is_said_before_is_what_goes(desk: Desk) -> None:
    for n in range(250):
        await read(desk, f"m:{n}", openid=f"o_{n}")
    await read(desk, "m:new", at=NOON)
    await desk.ask("m:waiting", at=OLD, openid=BOB)
    with LOOK[desk.name](desk.folder) as seen:
        assert seen is not None
        (month,) = seen.old_months(BEFORE)
        pushes = seen.old_pushes(BEFORE)
    assert (month.month, month.turns, month.kept, pushes) == ("2023-09", 250, 1, 251)
    assert month.chars == sum(len(f"m:{n}an answer") for n in range(250))
    first = await desk.store.prune(BEFORE, PruneSpot())
    assert 0 < first.pushes < 250
    assert await prune_all(desk) == Pruned(pushes=251 - first.pushes, turns=250)
    assert await count(desk, "turn") == 2


async def test_messages_that_asked_nothing_go_as_well_and_the_new_are_still_known(
    desk: Desk,
) -> None:
    await desk.store.enter_reply(new_push("m:1", at=OLD), b"told", Effect.NONE)
    await desk.store.enter_reply(new_push("m:2", at=NOON), b"told", Effect.NONE)
    assert await prune_all(desk) == Pruned(pushes=1)
    assert await desk.store.repeat(SHOP, ANN, "m:1") is None
    assert await desk.store.repeat(SHOP, ANN, "m:2") is not None


# What stays


async def test_what_was_not_answered_or_not_fetched_stays_with_its_number(desk: Desk) -> None:
    await desk.answered("m:0")
    waiting = turn_id_of(await desk.ask("m:1", at=OLD, openid=BOB))
    unread = turn_id_of(await desk.ask("m:2", at=OLD))
    await desk.end(unread)
    assert (await prune_all(desk)).turns == 0
    assert [turn.id for turn in (await desk.store.follower(SHOP, BOB)).pending] == [waiting]
    assert unread in [turn.id for turn in (await desk.store.follower(SHOP, ANN)).unread]
    # It can still be fetched to its end, and goes when that was long ago.
    push = await desk.pick_up("m:3", unread)
    assert await desk.offer(push, 0, 9, completes=True)


async def test_an_old_answer_that_was_asked_for_lately_stays(desk: Desk) -> None:
    turn_id = await read(desk, "m:1")
    await desk.pick_up("m:2", turn_id)
    assert await prune_all(desk) == Pruned(pushes=1)
    assert (await desk.store.outlook(turn_id)).turn.answer == "an answer"
    assert await prune_all(desk, NOON + DAY_S) == Pruned(pushes=1, turns=1)


async def test_a_rating_that_is_to_be_told_keeps_its_answer(desk: Desk) -> None:
    await read(desk, "m:1")
    rating = NewRating(rating=Rating.LIKE, number=None, reply=lambda _: b"thanks", nothing=b"no")
    await desk.store.enter_rating(new_push("m:2", at=OLD), rating)
    assert (await prune_all(desk)).turns == 0
    (due,) = await desk.store.claim_ratings(NOON, lease_until=NOON + 9, limit=9)
    await desk.store.settle_rating(due, retry_at=None)
    assert (await prune_all(desk)).turns == 1


async def test_an_erasure_that_is_due_comes_first(desk: Desk) -> None:
    entered = await desk.ask("m:1", at=OLD)
    claim = await desk.claim(turn_id_of(entered))
    outcome = Outcome(answer="an answer", provider_conversation_id="c-1")
    await desk.store.finish(claim.turn.id, claim.turn.run_no, outcome, OLD + 5)
    await desk.leave("m:2")
    assert (await prune_all(desk)).turns == 0
    await desk.store.erase(NOON, accepting=b"success", provider_at=NOON)
    (due,) = await desk.store.claim_deletions(NOON, lease_until=NOON + 9, limit=9)
    assert due.provider_conversation_id == "c-1"
    assert (await prune_all(desk)).turns == 1


# What depends on what is gone


async def test_numbers_go_on_counting_though_all_of_a_follower_s_turns_are_gone(
    desk: Desk,
) -> None:
    for n in range(3):
        await read(desk, f"m:{n}")
    assert (await prune_all(desk)).turns == 3
    assert await numbers(desk) == []
    await read(desk, "m:4", at=OLD + 1)
    assert await numbers(desk) == [4]
    assert (await prune_all(desk)).turns == 1
    await desk.ask("m:5")
    assert await numbers(desk) == [5]


async def test_no_number_is_given_twice_though_a_newer_turn_is_gone_and_an_older_one_stays(
    desk: Desk,
) -> None:
    unread = turn_id_of(await desk.ask("m:1", at=OLD))
    await desk.end(unread)
    await read(desk, "m:2")
    assert (await prune_all(desk)).turns == 1
    assert await numbers(desk) == [1]
    await desk.ask("m:3")
    assert await numbers(desk) == [1, 3]


async def test_a_conversation_remembers_what_is_left_and_its_summary_till_nothing_is(
    desk: Desk,
) -> None:
    await read(desk, "m:1")
    await read(desk, "m:2", at=NOON)
    last = turn_id_of(await desk.ask("m:3"))
    turn = (await desk.store.outlook(last)).turn
    assert await desk.store.keep_summary(turn.conversation_id, "they spoke of tea", 1)
    assert (await prune_all(desk)).turns == 1
    found = await desk.store.remembered(turn, limit_turns=9, limit_chars=999)
    assert (found.summary, [each.number for each in found.turns]) == ("they spoke of tea", [2])
    await desk.end(last)
    await desk.store.mark_read((await desk.store.outlook(last)).turn)
    assert (await prune_all(desk, NOON + DAY_S)).turns == 2
    later = turn_id_of(await desk.ask("m:4", at=NOON + 2 * DAY_S))
    turn = (await desk.store.outlook(later)).turn
    found = await desk.store.remembered(turn, limit_turns=9, limit_chars=999)
    assert (found.summary, found.turns) == ("", ())


async def test_a_conversation_goes_on_at_its_provider_and_an_erasure_still_finds_it(
    desk: Desk,
) -> None:
    first = await desk.ask("m:1", at=OLD)
    claim = await desk.claim(turn_id_of(first))
    outcome = Outcome(answer="an answer", provider_conversation_id="c-1")
    await desk.store.finish(claim.turn.id, claim.turn.run_no, outcome, OLD + 5)
    assert await desk.offer(first, 0, 9, completes=True)
    await desk.store.mark_sent(first.push_id)
    assert (await prune_all(desk)).turns == 1
    again = await desk.claim(turn_id_of(await desk.ask("m:2", at=OLD)))
    assert again.provider_conversation_id == "c-1"
    await desk.store.finish(again.turn.id, again.turn.run_no, Outcome(answer="more"), OLD + 9)
    await desk.store.mark_read((await desk.store.outlook(again.turn.id)).turn)
    assert (await prune_all(desk)).turns == 1
    assert await desk.store.claim_deletions(NOON, lease_until=NOON + 9, limit=9) == ()
    await desk.leave("m:3")
    await desk.store.erase(NOON, accepting=b"success", provider_at=NOON)
    due = await desk.store.claim_deletions(NOON, lease_until=NOON + 9, limit=9)
    assert [each.provider_conversation_id for each in due] == ["c-1"]


async def test_what_a_cut_run_began_is_deleted_at_its_provider_with_its_turn(desk: Desk) -> None:
    entered = await desk.ask("m:1", at=OLD)
    turn_id = turn_id_of(entered)
    cut = await desk.claim(turn_id)
    await desk.store.note_run(turn_id, cut.turn.run_no, RunIds(conversation_id="c-lost"))
    claim = await desk.claim(turn_id)
    ids = RunIds(conversation_id="c-1")
    outcome = Outcome(answer="an answer", provider_conversation_id="c-1", ids=ids)
    await desk.store.finish(turn_id, claim.turn.run_no, outcome, OLD + 5)
    await desk.store.mark_read((await desk.store.outlook(turn_id)).turn)
    assert (await prune_all(desk)).turns == 1
    due = await desk.store.claim_deletions(NOON, lease_until=NOON + 9, limit=9)
    assert [each.provider_conversation_id for each in due] == ["c-lost"]


async def test_an_idle_conversation_whose_turns_are_gone_is_over(desk: Desk) -> None:
    await read(desk, "m:1")
    await prune_all(desk)
    push = new_push("m:2")
    asked = msgspec.structs.replace(question("q"), idle_s=3600.0)
    entered = await desk.store.enter_question(push, asked)
    assert entered.turn is not None
    assert await count(desk, "conversation") == 2


async def test_to_make_room_for_months_changes_nothing_of_what_is_kept(desk: Desk) -> None:
    await read(desk, "m:1")
    await desk.store.arrange_months(None)
    await desk.store.arrange_months(BEFORE)
    assert await numbers(desk) == [1]


@pytest.mark.parametrize(
    ("now", "months", "since"),
    [
        (1_796_083_199.0, 1, 1_790_812_800.0),  # 2026-11-30 23:59:59 keeps from 2026-10-01 on
        (1_796_083_200.0, 1, 1_793_491_200.0),  # 2026-12-01 00:00:00 keeps from 2026-11-01 on
        (1_767_225_600.0, 14, 1_730_419_200.0),  # 2026-01-01 keeps from 2024-11-01 on
    ],
)
def test_whole_months_of_utc_are_kept_beside_the_present_one(
    now: float, months: int, since: float
) -> None:
    assert kept_since(now, months) == since
