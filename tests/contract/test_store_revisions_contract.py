"""What every store keeps to about parts of unfinished answers, new texts and held attempts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.stores import ANN, NOON, OPEN, SHOP, Desk, turn_id_of
from yingda.store.base import ChosenReply, NewHold, NewOffer, OfferedPart
from yingda.store.entries import Entered
from yingda.store.runs import Outcome, RunIds, StandIn
from yingda.turn.model import Cursor, Notice, Turn


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def running(desk: Desk) -> Entered:
    """A question that a provider is being asked."""
    entered = await desk.ask("m:1")
    await desk.claim(turn_id_of(entered))
    return entered


async def turn_of(desk: Desk, entered: Entered) -> Turn:
    return (await desk.store.outlook(turn_id_of(entered))).turn


async def offer_live(desk: Desk, push: Entered, start: int, end: int) -> bytes | None:
    turn = await turn_of(desk, push)
    offer = NewOffer(
        turn_id=turn.id,
        run_no=turn.run_no,
        start=Cursor(start),
        end=Cursor(end),
        completes=False,
        revision=turn.revision,
        shown=f"<{start}-{end}>",
    )
    chosen = ChosenReply(reply=b"part", chosen_at=NOON, offer=offer)
    return await desk.store.choose_reply(push.push_id, chosen)


async def shown_of(desk: Desk, push: Entered) -> list[str]:
    parts = await desk.store.offered_parts(turn_id_of(push))
    return [part.shown for part in parts]


async def finish(desk: Desk, entered: Entered, **outcome: Any) -> None:
    turn = await turn_of(desk, entered)
    ended = Outcome(**({"answer": "whole"} | outcome))
    assert await desk.store.finish(turn.id, turn.run_no, ended, NOON + 9) is not None


async def test_a_live_part_moves_the_cursor_of_a_running_turn_and_leaves_it_read(
    desk: Desk, running: Entered
) -> None:
    assert await offer_live(desk, running, 0, 4) == b"part"
    assert await desk.state_of(turn_id_of(running)) == (4, 1, False)
    await finish(desk, running)
    assert await desk.state_of(turn_id_of(running)) == (4, 1, True)


async def test_a_live_part_is_refused_once_the_turn_has_ended(desk: Desk, running: Entered) -> None:
    await finish(desk, running)
    assert await offer_live(desk, running, 0, 4) is None


async def test_a_whole_answers_part_is_refused_while_the_turn_runs(
    desk: Desk, running: Entered
) -> None:
    assert await desk.offer(running, 0, 4) is None


async def test_a_turn_is_marked_read_only_where_its_cursor_still_stands(
    desk: Desk, running: Entered
) -> None:
    before = await turn_of(desk, running)
    await offer_live(desk, running, 0, 4)
    await finish(desk, running)
    await desk.store.mark_read(before)
    assert (await turn_of(desk, running)).is_unread
    await desk.store.mark_read(await turn_of(desk, running))
    assert not (await turn_of(desk, running)).is_unread


async def test_a_doubt_while_it_runs_moves_the_cursor_back_and_makes_nothing_unread(
    desk: Desk, running: Entered
) -> None:
    await offer_live(desk, running, 0, 4)
    await desk.store.mark_doubtful(running.push_id)
    assert await desk.state_of(turn_id_of(running)) == (0, 0, False)


@pytest.mark.parametrize("is_offered", [True, False])
async def test_a_text_that_replaces_another_begins_anew_if_that_was_offered(
    desk: Desk, running: Entered, *, is_offered: bool
) -> None:
    if is_offered:
        await offer_live(desk, running, 0, 4)
    await finish(desk, running, answer="new", replaced_answer="old")
    turn = await turn_of(desk, running)
    assert (turn.cursor, turn.parts_offered, turn.revision) == (Cursor(), 0, int(is_offered))
    assert turn.notice is (Notice.CORRECTED if is_offered else None)


async def test_even_an_offer_in_doubt_may_have_been_read(desk: Desk, running: Entered) -> None:
    await offer_live(desk, running, 0, 4)
    await desk.store.mark_doubtful(running.push_id)
    await finish(desk, running, answer="new", replaced_answer="old")
    assert (await turn_of(desk, running)).notice is Notice.CORRECTED


@pytest.mark.parametrize("mark", ["mark_sent", "mark_doubtful"])
async def test_receipts_of_an_earlier_text_change_nothing_in_the_new_one(
    desk: Desk, running: Entered, mark: str
) -> None:
    await offer_live(desk, running, 0, 4)
    if mark == "mark_sent":
        await desk.store.mark_doubtful(running.push_id)
    await finish(desk, running, answer="new", replaced_answer="old")
    pickup = await desk.pick_up("m:2", turn_id_of(running))
    if mark == "mark_doubtful":
        await desk.offer(pickup, 0, 2)
    before = await turn_of(desk, running)
    await getattr(desk.store, mark)(running.push_id)
    assert await turn_of(desk, running) == before


async def test_a_second_run_begins_anew_and_an_older_one_cannot(
    desk: Desk, running: Entered
) -> None:
    await offer_live(desk, running, 0, 4)
    await desk.store.mark_sent(running.push_id)
    again = await desk.claim(turn_id_of(running))
    assert (again.turn.cursor, again.turn.parts_offered) == (Cursor(4), 1)
    assert await shown_of(desk, running) == ["<0-4>"]
    await desk.store.begin_anew(again.turn.id, 1)
    assert await turn_of(desk, running) == again.turn
    await desk.store.begin_anew(again.turn.id, 2)
    turn = await turn_of(desk, running)
    assert (turn.cursor, turn.parts_offered, turn.notice) == (Cursor(), 0, Notice.REGENERATED)
    assert await shown_of(desk, running) == []


async def test_what_was_offered_is_told_with_its_places_be_it_in_doubt_or_not(
    desk: Desk, running: Entered
) -> None:
    turn_id = turn_id_of(running)
    await offer_live(desk, running, 0, 4)
    pickup = await desk.pick_up("m:2", turn_id)
    await offer_live(desk, pickup, 4, 9)
    await desk.store.mark_doubtful(pickup.push_id)
    assert await desk.store.offered_parts(turn_id) == (
        OfferedPart(start=Cursor(), end=Cursor(4), shown="<0-4>"),
        OfferedPart(start=Cursor(4), end=Cursor(9), shown="<4-9>"),
    )


async def test_the_outlook_names_a_running_turn_that_has_more(desk: Desk, running: Entered) -> None:
    second = await desk.ask("m:2")
    outlook = await desk.store.outlook(turn_id_of(second))
    assert (outlook.other_unread, outlook.head_started_at) == (None, NOON + 1)
    await offer_live(desk, running, 0, 4)
    other = (await desk.store.outlook(turn_id_of(second))).other_unread
    assert other is not None
    assert other.id == turn_id_of(running)


# Holds


def hold(turn: Turn, **changes: object) -> NewHold:
    new = NewHold(
        account=SHOP,
        provider="dify",
        openid=ANN,
        turn_id=turn.id,
        at=NOON,
        span_s=300.0,
        account_limit=9,
        follower_limit=9,
        provider_limit=9,
        chance=0.75,
        is_hopeless=False,
    )
    return msgspec.structs.replace(new, **changes)


@pytest.mark.parametrize("bound", ["account_limit", "follower_limit", "provider_limit"])
async def test_holds_at_once_never_pass_any_bound(desk: Desk, running: Entered, bound: str) -> None:
    new = hold(await turn_of(desk, running), **{bound: 3})
    held = await asyncio.gather(*(desk.store.try_hold(new) for _ in range(6)))
    assert sum(each is not None for each in held) == 3
    await desk.reopen()
    assert await desk.store.try_hold(new) is None


@pytest.mark.parametrize(
    ("bound", "other"),
    [("follower_limit", {"openid": "o_ben"}), ("provider_limit", {"provider": "x"})],
)
async def test_a_bound_counts_its_own_alone(
    desk: Desk, running: Entered, bound: str, other: dict[str, str]
) -> None:
    new = hold(await turn_of(desk, running), **{bound: 1})
    assert await desk.store.try_hold(new) is not None
    assert await desk.store.try_hold(new) is None
    assert await desk.store.try_hold(msgspec.structs.replace(new, **other)) is not None


async def test_a_hold_counts_for_its_span_and_not_in_another_account(
    desk: Desk, running: Entered
) -> None:
    new = hold(await turn_of(desk, running), account_limit=1)
    assert await desk.store.try_hold(new) is not None
    assert await desk.store.try_hold(msgspec.structs.replace(new, at=NOON + 299.9)) is None
    assert await desk.store.try_hold(msgspec.structs.replace(new, account="school")) is not None
    assert await desk.store.try_hold(msgspec.structs.replace(new, at=NOON + 300)) is not None


async def test_a_reply_gives_back_the_hold_that_it_makes_needless(
    desk: Desk, running: Entered
) -> None:
    new = hold(await turn_of(desk, running), account_limit=1)
    spent = await desk.store.try_hold(new)
    early = ChosenReply(reply=b"early", chosen_at=NOON, gives_back=spent)
    assert await desk.store.choose_reply(running.push_id, early) == b"early"
    assert await desk.store.try_hold(new) is not None


async def test_of_attempts_answered_at_once_each_gives_its_hold_back(
    desk: Desk, running: Entered
) -> None:
    new = hold(await turn_of(desk, running), account_limit=2)
    for reply in (b"first", b"second"):
        chosen = ChosenReply(reply=reply, chosen_at=NOON, gives_back=await desk.store.try_hold(new))
        assert await desk.store.choose_reply(running.push_id, chosen) == b"first"
    held = [await desk.store.try_hold(new) for _ in range(3)]
    assert [each is not None for each in held] == [True, True, False]


async def test_a_clock_that_was_set_back_leaves_no_patience_spent_for_long(
    desk: Desk, running: Entered
) -> None:
    new = hold(await turn_of(desk, running), account_limit=1)
    assert await desk.store.try_hold(msgspec.structs.replace(new, at=NOON + 3600)) is not None
    assert await desk.store.try_hold(new) is not None
    assert await desk.store.try_hold(new) is None


async def test_what_is_hopeless_is_not_spent_on(desk: Desk, running: Entered) -> None:
    new = hold(await turn_of(desk, running), is_hopeless=True)
    assert await desk.store.try_hold(new) is None


async def test_latencies_are_those_of_answered_turns_of_the_provider_newest_first(
    desk: Desk,
) -> None:
    for number, took_s in enumerate((3, 5, 8)):
        claim = await desk.claim(turn_id_of(await desk.ask(f"m:{number}")))
        outcome = Outcome(answer="x")
        await desk.store.finish(claim.turn.id, 1, outcome, NOON + 1 + took_s)
    assert await desk.store.latencies("dify", 2) == (8.0, 5.0)
    assert await desk.store.latencies("other", 64) == ()


async def test_an_answer_by_a_stand_in_tells_of_the_one_and_of_the_other(desk: Desk) -> None:
    turn_id = turn_id_of(await desk.ask("m:1"))
    await desk.claim(turn_id)
    stand_in = StandIn(provider="spare", left=RunIds(), at=NOON)
    await desk.store.stand_in(turn_id, 1, stand_in)
    await desk.store.finish(turn_id, 1, Outcome(answer="x"), NOON + 1 + 4)
    for name in ("dify", "spare"):
        assert await desk.store.latencies(name, 64) == (4.0,)
