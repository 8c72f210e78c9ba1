"""What every store keeps to about replies, offers and views; see `test_store_contract`."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.stores import ANN, NOON, OPEN, SHOP, Desk, turn_id_of
from yingda.store.base import ChosenReply, NewOffer
from yingda.store.entries import Entered, PushKind
from yingda.turn.model import Cursor


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def asked(desk: Desk) -> Entered:
    """A question with a whole answer, of which nothing was offered yet."""
    return await desk.answered("m:1")


async def test_the_first_chosen_reply_stands_for_good(desk: Desk, asked: Entered) -> None:
    replies = [ChosenReply(reply=text, chosen_at=NOON) for text in (b"first", b"second")]
    assert await desk.store.choose_reply(asked.push_id, replies[0]) == b"first"
    assert await desk.store.choose_reply(asked.push_id, replies[1]) == b"first"
    await desk.reopen()
    assert (await desk.ask("m:1")).reply == b"first"


async def test_of_replies_chosen_at_once_all_get_the_one_that_stands(
    desk: Desk, asked: Entered
) -> None:
    chosen = await asyncio.gather(*(desk.offer(asked, 0, end) for end in (3, 4, 5)))
    assert len(set(chosen)) == 1
    assert (await desk.state_of(turn_id_of(asked)))[1] == 1


async def test_an_empty_reply_is_a_reply(desk: Desk, asked: Entered) -> None:
    empty = ChosenReply(reply=b"", chosen_at=NOON)
    assert await desk.store.choose_reply(asked.push_id, empty) == b""
    other = ChosenReply(reply=b"other", chosen_at=NOON)
    assert await desk.store.choose_reply(asked.push_id, other) == b""


async def test_offers_move_the_cursor_and_the_last_one_makes_it_read(
    desk: Desk, asked: Entered
) -> None:
    turn_id = turn_id_of(asked)
    assert await desk.state_of(turn_id) == (0, 0, True)
    await desk.offer(asked, 0, 10)
    assert await desk.state_of(turn_id) == (10, 1, True)
    await desk.offer(await desk.pick_up("m:2", turn_id), 10, 15, completes=True)
    assert await desk.state_of(turn_id) == (15, 2, False)


async def test_an_offer_that_does_not_start_at_the_cursor_changes_nothing(
    desk: Desk, asked: Entered
) -> None:
    turn_id = turn_id_of(asked)
    await desk.offer(asked, 0, 10)
    pickup = await desk.pick_up("m:2", turn_id)
    assert await desk.offer(pickup, 0, 12) is None
    assert await desk.state_of(turn_id) == (10, 1, True)
    assert (await desk.pick_up("m:2", turn_id)).reply is None
    assert await desk.offer(pickup, 10, 12) == b"10-12"


async def test_two_pickups_at_once_never_get_the_same_part(desk: Desk, asked: Entered) -> None:
    pickups = [await desk.pick_up(f"m:{n}", turn_id_of(asked)) for n in (2, 3)]
    chosen = await asyncio.gather(*(desk.offer(each, 0, 10) for each in pickups))
    assert sorted(chosen, key=str) == [None, b"0-10"] or chosen == [b"0-10", None]


async def test_an_answer_that_was_read_is_not_offered_again_as_if_new(
    desk: Desk, asked: Entered
) -> None:
    turn_id = turn_id_of(asked)
    await desk.offer(asked, 0, 10, completes=True)
    assert await desk.offer(await desk.pick_up("m:2", turn_id), 10, 10, completes=True) is None


async def test_an_offer_of_another_run_changes_nothing(desk: Desk, asked: Entered) -> None:
    offer = NewOffer(
        turn_id=turn_id_of(asked), run_no=7, start=Cursor(), end=Cursor(5), completes=True
    )
    chosen = ChosenReply(reply=b"x", chosen_at=NOON, offer=offer)
    assert await desk.store.choose_reply(asked.push_id, chosen) is None
    assert await desk.state_of(turn_id_of(asked)) == (0, 0, True)


async def test_an_answer_shown_again_begins_at_its_start(desk: Desk, asked: Entered) -> None:
    turn_id = turn_id_of(asked)
    await desk.offer(asked, 0, 10)
    await desk.offer(await desk.pick_up("m:2", turn_id), 10, 15, completes=True)
    again = await desk.pick_up("m:3", turn_id, PushKind.AGAIN)
    assert await desk.offer(again, 0, 10, again=True) == b"0-10"
    assert await desk.state_of(turn_id) == (10, 1, True)


async def test_nothing_pending_is_shown_again(desk: Desk) -> None:
    entered = await desk.ask("m:1")
    assert await desk.offer(entered, 0, 5, again=True) is None
    assert await desk.state_of(turn_id_of(entered)) == (0, 0, False)


async def test_a_promise_is_dated_and_makes_the_turn_the_one_that_is_due(desk: Desk) -> None:
    entered = await desk.ask("m:1")
    turn_id = turn_id_of(entered)
    promise = ChosenReply(reply=b"soon", chosen_at=NOON + 4, promises=turn_id)
    assert await desk.store.choose_reply(entered.push_id, promise) == b"soon"
    (pending,) = (await desk.store.follower(SHOP, ANN)).pending
    assert pending.promised_at == NOON + 4


# What became of it


async def in_two_parts(desk: Desk, asked: Entered) -> Entered:
    """All of the answer is offered, the second part to the pickup that is returned."""
    await desk.offer(asked, 0, 10)
    pickup = await desk.pick_up("m:2", turn_id_of(asked))
    await desk.offer(pickup, 10, 15, completes=True)
    return pickup


async def test_a_reply_in_doubt_is_offered_again(desk: Desk, asked: Entered) -> None:
    turn_id = turn_id_of(asked)
    await desk.offer(asked, 0, 10, completes=True)
    await desk.store.mark_doubtful(asked.push_id)
    assert await desk.state_of(turn_id) == (0, 0, True)
    pickup = await desk.pick_up("m:2", turn_id)
    assert await desk.offer(pickup, 0, 10, completes=True) == b"0-10"
    assert await desk.state_of(turn_id) == (10, 1, False)


async def test_a_reply_that_was_sent_is_not_put_in_doubt_later(desk: Desk, asked: Entered) -> None:
    await desk.offer(asked, 0, 10, completes=True)
    await desk.store.mark_sent(asked.push_id)
    await desk.store.mark_doubtful(asked.push_id)
    await desk.reopen()
    assert (await desk.store.recover()).doubtful_count == 0
    assert await desk.state_of(turn_id_of(asked)) == (10, 1, False)


async def test_a_repeat_that_was_sent_after_all_settles_a_doubt(desk: Desk, asked: Entered) -> None:
    await desk.offer(asked, 0, 10, completes=True)
    await desk.store.mark_doubtful(asked.push_id)
    assert await desk.state_of(turn_id_of(asked)) == (0, 0, True)
    await desk.store.mark_sent(asked.push_id)
    assert await desk.state_of(turn_id_of(asked)) == (10, 1, False)
    await desk.store.mark_doubtful(asked.push_id)
    assert await desk.state_of(turn_id_of(asked)) == (10, 1, False)


async def test_what_was_offered_again_meanwhile_stays_offered(desk: Desk, asked: Entered) -> None:
    await desk.offer(asked, 0, 10)
    await desk.store.mark_doubtful(asked.push_id)
    pickup = await desk.pick_up("m:2", turn_id_of(asked))
    await desk.offer(pickup, 0, 15, completes=True)
    await desk.store.mark_sent(asked.push_id)
    assert await desk.state_of(turn_id_of(asked)) == (15, 1, False)


async def test_what_was_sent_behind_a_doubt_is_not_offered_again_once_it_is_settled(
    desk: Desk, asked: Entered
) -> None:
    turn_id = turn_id_of(asked)
    await desk.offer(asked, 0, 10)
    for number, (start, end) in enumerate([(10, 15), (15, 20)], 2):
        pickup = await desk.pick_up(f"m:{number}", turn_id)
        await desk.offer(pickup, start, end, completes=end == 20)
        await desk.store.mark_sent(pickup.push_id)
    await desk.store.mark_doubtful(asked.push_id)
    assert await desk.state_of(turn_id) == (0, 0, True)
    await desk.store.mark_sent(asked.push_id)
    assert await desk.state_of(turn_id) == (20, 3, False)


async def test_a_doubt_that_is_settled_skips_nothing_of_a_second_reading(
    desk: Desk, asked: Entered
) -> None:
    turn_id = turn_id_of(asked)
    await desk.offer(asked, 0, 10)
    await desk.store.mark_sent(asked.push_id)
    pickup = await desk.pick_up("m:2", turn_id)
    await desk.offer(pickup, 10, 20, completes=True)
    await desk.store.mark_sent(pickup.push_id)
    again = await desk.pick_up("m:3", turn_id)
    await desk.offer(again, 0, 10, again=True)
    await desk.store.mark_doubtful(again.push_id)
    await desk.store.mark_sent(again.push_id)
    assert await desk.state_of(turn_id) == (10, 1, True)


async def test_what_is_sent_after_a_doubt_before_it_was_settled_is_not_offered_again(
    desk: Desk, asked: Entered
) -> None:
    turn_id = turn_id_of(asked)
    pickup = await in_two_parts(desk, asked)
    await desk.store.mark_doubtful(asked.push_id)
    await desk.store.mark_sent(asked.push_id)
    assert await desk.state_of(turn_id) == (10, 1, True)
    await desk.store.mark_sent(pickup.push_id)
    assert await desk.state_of(turn_id) == (15, 2, False)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_two_doubts_may_be_settled_in_any_order(
    order: tuple[int, int], desk: Desk, asked: Entered
) -> None:
    turn_id = turn_id_of(asked)
    pickup = await in_two_parts(desk, asked)
    pushes = (asked.push_id, pickup.push_id)
    for push_id in pushes:
        await desk.store.mark_doubtful(push_id)
    await desk.store.mark_sent(pushes[order[0]])
    assert await desk.state_of(turn_id) == ((10, 1, True) if order[0] == 0 else (0, 0, True))
    await desk.store.mark_sent(pushes[order[1]])
    assert await desk.state_of(turn_id) == (15, 2, False)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_doubts_move_the_cursor_back_and_never_forward(
    order: tuple[int, int], desk: Desk, asked: Entered
) -> None:
    turn_id = turn_id_of(asked)
    pickup = await in_two_parts(desk, asked)
    pushes = (asked.push_id, pickup.push_id)
    for index in order:
        await desk.store.mark_doubtful(pushes[index])
    assert await desk.state_of(turn_id) == (0, 0, True)


async def test_a_doubt_about_the_second_part_leaves_the_first_one_alone(
    desk: Desk, asked: Entered
) -> None:
    turn_id = turn_id_of(asked)
    pickup = await in_two_parts(desk, asked)
    await desk.store.mark_doubtful(pickup.push_id)
    assert await desk.state_of(turn_id) == (10, 1, True)


async def test_marks_of_a_push_without_an_offer_are_harmless(desk: Desk, asked: Entered) -> None:
    await desk.store.mark_doubtful(asked.push_id)
    await desk.store.mark_sent(asked.push_id)
    assert await desk.state_of(turn_id_of(asked)) == (0, 0, True)


async def test_recovery_doubts_every_reply_that_nobody_saw_sent(desk: Desk, asked: Entered) -> None:
    turn_id = turn_id_of(asked)
    await desk.offer(asked, 0, 10)
    await desk.store.mark_sent(asked.push_id)
    await desk.offer(await desk.pick_up("m:2", turn_id), 10, 15)
    await desk.offer(await desk.pick_up("m:3", turn_id), 15, 20, completes=True)
    await desk.reopen()
    assert (await desk.store.recover()).doubtful_count == 2
    assert await desk.state_of(turn_id) == (10, 1, True)
    assert (await desk.store.recover()).doubtful_count == 0


# Views


async def test_the_outlook_names_what_else_is_unread_and_what_is_newest(desk: Desk) -> None:
    first, second = await desk.answered("m:1"), await desk.answered("m:2")
    third = await desk.ask("m:3")
    outlook = await desk.store.outlook(turn_id_of(third))
    assert outlook.other_unread is not None
    assert (outlook.other_unread.id, outlook.newest_number) == (turn_id_of(first), 3)
    of_first = await desk.store.outlook(turn_id_of(first))
    assert of_first.other_unread is not None
    assert of_first.other_unread.id == turn_id_of(second)
    await desk.offer(first, 0, 5, completes=True)
    await desk.offer(second, 0, 5, completes=True)
    assert (await desk.store.outlook(turn_id_of(third))).other_unread is None


async def test_the_outlook_counts_the_turns_ahead(desk: Desk) -> None:
    turns = [turn_id_of(await desk.ask(f"m:{n}")) for n in range(3)]
    assert [(await desk.store.outlook(each)).turn.ahead for each in turns] == [0, 1, 2]
    await desk.end(turns[0])
    assert [(await desk.store.outlook(each)).turn.ahead for each in turns[1:]] == [0, 1]


async def test_there_is_no_outlook_of_a_turn_that_is_not(desk: Desk) -> None:
    with pytest.raises(KeyError):
        await desk.store.outlook(99)


async def test_the_view_of_a_follower_stands_in_the_order_of_asking(desk: Desk) -> None:
    first, second = await desk.answered("m:1"), await desk.answered("m:2")
    third, fourth = await desk.ask("m:3"), await desk.ask("m:4")
    view = await desk.store.follower(SHOP, ANN)
    assert [turn.id for turn in view.unread] == [turn_id_of(first), turn_id_of(second)]
    pending = [(turn.id, turn.ahead) for turn in view.pending]
    assert pending == [(turn_id_of(third), 0), (turn_id_of(fourth), 1)]
    assert view.last is not None
    assert view.last.id == turn_id_of(second)


async def test_a_turn_is_found_by_its_number(desk: Desk, asked: Entered) -> None:
    found = await desk.store.numbered_turn(SHOP, ANN, 1)
    assert found is not None
    assert (found.id, found.is_unread) == (turn_id_of(asked), True)
    assert await desk.store.numbered_turn(SHOP, ANN, 2) is None
