"""What every store keeps to where a follower has everything erased."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.stores import ANN, NOON, OPEN, SHOP, Desk, new_push, turn_id_of
from yingda.errors import FailureKind
from yingda.store.entries import Effect, Entered, PushKind
from yingda.store.runs import Outcome, RunIds
from yingda.store.wishes import Confirmation, Erased, NewForgetting
from yingda.turn.lifecycle import State

ACCEPTING = b"success"
LATER = NOON + 100


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def wish_to_forget(desk: Desk, key: str, code: str, *, until: float = LATER) -> Entered:
    wish = NewForgetting(code=code, expires_at=until, reply=str.encode)
    return await desk.store.enter_forgetting(new_push(key, kind=PushKind.OTHER), wish)


async def confirm(
    desk: Desk, key: str, code: str | None = None, *, at: float = NOON
) -> Entered | None:
    push = new_push(key, kind=PushKind.OTHER, at=at)
    answer = Confirmation(code=code, done=b"done", nothing=b"nothing")
    return await desk.store.enter_confirmation(push, answer)


async def erase_all(desk: Desk, at: float = NOON) -> list[Erased]:
    steps = []
    while step := await desk.store.erase(at, accepting=ACCEPTING, provider_at=at + 1):
        steps.append(step)
    return steps


async def deletions(desk: Desk, at: float = LATER) -> list[tuple[str, str, str, int]]:
    due = await desk.store.claim_deletions(at, lease_until=at + 60, limit=100)
    return [(one.provider, one.user, one.provider_conversation_id, one.tries) for one in due]


# Confirming


async def test_an_erasure_is_confirmed_by_its_code_or_by_a_word_and_once(desk: Desk) -> None:
    for number, code in enumerate(["000001", None]):
        running = turn_id_of(await desk.ask(f"m:{number}"))
        assert (await wish_to_forget(desk, f"f:{number}", "000001")).reply == b"000001"
        done = await confirm(desk, f"c:{number}", code)
        again = await confirm(desk, f"c:{number}", code)
        assert done is not None
        assert again is not None
        assert (done.reply, done.cancelled) == (b"done", (running,))
        assert (again.reply, again.is_new, again.cancelled) == (b"done", False, ())
    used = await confirm(desk, "c:9", "000001")
    assert used is not None
    assert used.reply == b"nothing"
    assert await confirm(desk, "c:10") is None


async def test_neither_a_wrong_code_nor_a_late_one_erases(desk: Desk) -> None:
    await desk.answered("m:1")
    await wish_to_forget(desk, "m:2", "000001")
    for key, code, at in (("m:3", "000002", NOON), ("m:4", "000001", LATER)):
        refused = await confirm(desk, key, code, at=at)
        assert refused is not None
        assert refused.reply == b"nothing"
    assert await confirm(desk, "m:5", at=LATER) is None
    assert await desk.store.next_erasure_at() is None
    assert (await desk.store.follower(SHOP, ANN)).unread != ()


async def test_an_open_wish_keeps_its_code_and_survives_a_restart(desk: Desk) -> None:
    await wish_to_forget(desk, "m:1", "000001")
    assert (await wish_to_forget(desk, "m:2", "000002")).reply == b"000001"
    await desk.reopen()
    await desk.store.sweep(LATER - 1)
    assert await confirm(desk, "m:3", "000001") is not None
    assert await desk.store.next_erasure_at() == NOON


async def test_wishes_that_expired_are_swept(desk: Desk) -> None:
    await wish_to_forget(desk, "m:1", "000001")
    await desk.store.sweep(LATER)
    # Before its time it would still have been good.
    assert await confirm(desk, "m:2") is None


async def test_another_followers_wish_is_not_confirmed(desk: Desk) -> None:
    await wish_to_forget(desk, "m:1", "000001")
    push = new_push("m:2", openid="o_bob")
    answer = Confirmation(code=None, done=b"done", nothing=b"nothing")
    assert await desk.store.enter_confirmation(push, answer) is None


# Erasing


async def tell_much(desk: Desk) -> Entered:
    """A conversation whose provider named it, with a reply; the push of its question."""
    entered = await desk.ask("m:1")
    claim = await desk.claim(turn_id_of(entered))
    await desk.store.note_run(
        turn_id_of(entered), claim.turn.run_no, RunIds(conversation_id="c1", message_id="x")
    )
    outcome = Outcome(
        answer="told", failure=FailureKind.BUSY, failure_detail="why", provider_conversation_id="c1"
    )
    await desk.store.finish(turn_id_of(entered), claim.turn.run_no, outcome, NOON)
    await desk.offer(entered, 0, 4, completes=True)
    return entered


async def test_an_erasure_blanks_what_was_said_and_keeps_what_is_known_of_repeats(
    desk: Desk,
) -> None:
    first = await tell_much(desk)
    await desk.leave("m:2")
    assert [(step.turns, step.is_done) for step in await erase_all(desk)] == [(1, True)]
    turn = (await desk.store.outlook(turn_id_of(first))).turn
    assert (turn.question, turn.answer, turn.is_withdrawn) == ("", "", True)
    again, left = await desk.ask("m:1"), await desk.leave("m:2")
    assert (again.is_new, again.reply) == (False, ACCEPTING)
    assert (left.is_new, left.reply) == (False, b"gone")
    assert await desk.store.numbered_turn(SHOP, ANN, 1) is None
    assert (await desk.store.follower(SHOP, ANN)).last is None
    asked = await desk.ask("m:3")
    assert asked.turn is not None
    assert asked.turn.number == 2
    assert await desk.store.next_erasure_at() == NOON + 1


async def test_an_erasure_is_done_when_it_is_due_and_once(desk: Desk) -> None:
    await desk.answered("m:1")
    await desk.leave("m:2", due_at=LATER)
    assert await desk.store.next_erasure_at() == LATER
    assert await erase_all(desk, LATER - 1) == []
    assert len(await erase_all(desk, LATER)) == 1
    assert await erase_all(desk, LATER) == []


async def test_what_came_after_the_leaving_is_not_erased(desk: Desk) -> None:
    await desk.answered("m:1")
    await desk.leave("m:2", due_at=LATER)
    later = await desk.answered("m:3")
    await desk.offer(later, 0, 4)
    await erase_all(desk, LATER)
    view = await desk.store.follower(SHOP, ANN)
    assert [turn.question for turn in view.unread] == ["m:3"]
    assert (await desk.ask("m:3")).reply == b"0-4"


async def test_nobody_elses_texts_are_erased(desk: Desk) -> None:
    bobs = await desk.ask("m:1", openid="o_bob")
    other = await desk.ask("m:1", account="school")
    await desk.ask("m:1")
    await desk.leave("m:2")
    await erase_all(desk)
    for entered in (bobs, other):
        assert (await desk.store.outlook(turn_id_of(entered))).turn.question == "m:1"


async def test_an_erasure_may_be_for_another_openid_than_the_senders(desk: Desk) -> None:
    bobs = await desk.ask("m:1", openid="o_bob")
    mine = await desk.ask("m:2")
    left = await desk.leave("m:3", openid="o_bob")
    await erase_all(desk)
    assert left.cancelled == (turn_id_of(bobs),)
    assert (await desk.store.outlook(turn_id_of(bobs))).turn.question == ""
    assert (await desk.store.outlook(turn_id_of(mine))).turn.question == "m:2"


async def test_a_push_that_waits_for_its_reply_gets_the_accepting_one(desk: Desk) -> None:
    entered = await desk.ask("m:1")
    await desk.leave("m:2")
    await erase_all(desk)
    assert (await desk.ask("m:1")).reply == ACCEPTING
    assert (await desk.store.outlook(turn_id_of(entered))).turn.state is State.CANCELLED


async def test_many_turns_are_erased_in_steps_that_a_restart_may_part(desk: Desk) -> None:
    for n in range(450):
        entered = await desk.ask(f"m:{n}", limit=1000)
        if n % 200 == 0:
            await desk.tell(f"clear:{n}", Effect.CLEAR)
        assert entered.turn is not None
    await desk.leave("m:last")
    first = await desk.store.erase(NOON, accepting=ACCEPTING, provider_at=NOON)
    assert first is not None
    assert (first.turns, first.is_done) == (200, False)
    await desk.reopen()
    assert sum(step.turns for step in await erase_all(desk)) == 250
    for number in (1, 200, 201, 450):
        known = await desk.ask(f"m:{number - 1}")
        assert (known.is_new, known.reply) == (False, ACCEPTING)
        assert known.turn is not None
        assert known.turn.question == ""


# At the provider


async def test_every_conversation_that_a_provider_named_becomes_a_deletion(desk: Desk) -> None:
    first = turn_id_of(await desk.ask("m:1"))
    run_no = (await desk.claim(first)).turn.run_no
    await desk.store.note_run(first, run_no, RunIds(conversation_id="of the lost run"))
    run_no = (await desk.claim(first)).turn.run_no
    await desk.store.note_run(first, run_no, RunIds(conversation_id="of the run"))
    ended = Outcome(answer="a", provider_conversation_id="of the record")
    await desk.store.finish(first, run_no, ended, NOON)
    await desk.tell("m:2", Effect.CLEAR)
    second = turn_id_of(await desk.ask("m:3"))
    run_no = (await desk.claim(second)).turn.run_no
    await desk.store.note_run(second, run_no, RunIds(conversation_id="of the cut run"))
    await desk.leave("m:4")
    await erase_all(desk)
    named = ["of the cut run", "of the lost run", "of the record", "of the run"]
    assert sorted(await deletions(desk)) == [("dify", "wx-pseudonym", name, 1) for name in named]


async def test_a_deletion_is_taken_on_by_one_and_comes_back_when_its_lease_is_over(
    desk: Desk,
) -> None:
    await tell_much(desk)
    await desk.leave("m:2")
    await erase_all(desk)
    assert await deletions(desk, NOON) == []
    taken = await asyncio.gather(*(deletions(desk) for _ in range(5)))
    assert sorted(map(len, taken)) == [0, 0, 0, 0, 1]
    await desk.reopen()
    assert await desk.store.next_erasure_at() == LATER + 60
    assert await deletions(desk, LATER + 60) == [("dify", "wx-pseudonym", "c1", 2)]


async def test_a_deletion_is_put_off_or_done_for_good(desk: Desk) -> None:
    await tell_much(desk)
    await desk.leave("m:2")
    await erase_all(desk)
    (taken,) = await desk.store.claim_deletions(LATER, lease_until=LATER + 60, limit=1)
    await desk.store.settle_deletion(taken.id, retry_at=LATER + 600)
    assert await desk.store.next_erasure_at() == LATER + 600
    await desk.store.settle_deletion(taken.id, retry_at=None)
    assert await desk.store.next_erasure_at() is None


async def test_a_run_that_is_cut_after_its_erasure_leaves_a_deletion_and_no_text(
    desk: Desk,
) -> None:
    turn_id = turn_id_of(await desk.ask("m:1"))
    run_no = (await desk.claim(turn_id)).turn.run_no
    await desk.leave("m:2")
    await erase_all(desk)
    ids = RunIds(conversation_id="late")
    await desk.store.keep_cut_run(turn_id, run_no, ids, text="half", at=NOON)
    assert (await desk.store.outlook(turn_id)).turn.answer == ""
    assert await deletions(desk) == [("dify", "wx-pseudonym", "late", 1)]


async def test_a_run_that_is_cut_when_its_follower_left_keeps_no_text_and_is_deleted_in_time(
    desk: Desk,
) -> None:
    turn_id = turn_id_of(await desk.ask("m:1"))
    run_no = (await desk.claim(turn_id)).turn.run_no
    await desk.leave("m:2", due_at=LATER)
    ids = RunIds(conversation_id="c1")
    await desk.store.keep_cut_run(turn_id, run_no, ids, text="half", at=NOON)
    assert (await desk.store.outlook(turn_id)).turn.answer == ""
    await erase_all(desk, LATER)
    assert [name for _, _, name, _ in await deletions(desk, LATER + 1)] == ["c1"]
