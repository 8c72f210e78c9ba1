"""What every store keeps to; a new one is tested by adding its name in `support.stores`.

Pushes, turns and runs stand here; what becomes of replies stands in the sister file.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.stores import ANN, NOON, OPEN, SHOP, Desk, new_push, question, turn_id_of
from yingda.errors import FailureKind
from yingda.store.entries import Effect, PushKind
from yingda.store.runs import Outcome, RunIds
from yingda.turn.lifecycle import State


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


# Entering


async def test_a_new_question_is_a_queued_turn_that_must_be_run(desk: Desk) -> None:
    entered = await desk.ask("m:1")
    turn = entered.turn
    assert turn is not None
    assert (entered.is_new, entered.kind, entered.reply) == (True, PushKind.QUESTION, None)
    assert (turn.state, turn.number, turn.ahead, turn.run_no) == (State.QUEUED, 1, 0, 0)
    assert (turn.question, turn.account, turn.openid, turn.entered_at) == ("m:1", SHOP, ANN, NOON)
    assert entered.to_run == turn.id


async def test_a_repeat_finds_what_the_first_attempt_made(desk: Desk) -> None:
    first = await desk.ask("m:1")
    again = await desk.ask("m:1", at=NOON + 5)
    assert (again.is_new, again.push_id, again.turn) == (False, first.push_id, first.turn)
    assert (again.first_seen_at, again.to_run) == (NOON, None)


async def test_many_attempts_at_the_same_time_make_one_turn(desk: Desk) -> None:
    entered = await asyncio.gather(*(desk.ask("m:1") for _ in range(20)))
    assert len({turn_id_of(each) for each in entered}) == 1
    assert [each.is_new for each in entered].count(True) == 1
    assert len([each for each in entered if each.to_run is not None]) == 1


@pytest.mark.parametrize(
    ("account", "openid", "key"),
    [(SHOP, "o_bob", "m:1"), ("school", ANN, "m:1"), (SHOP, ANN, "m:2")],
)
async def test_account_openid_and_key_together_tell_pushes_apart(
    account: str, openid: str, key: str, desk: Desk
) -> None:
    first = await desk.ask("m:1")
    assert await desk.store.repeat(account, openid, key) is None
    other = await desk.ask(key, account=account, openid=openid)
    assert other.is_new
    assert turn_id_of(other) != turn_id_of(first)


async def test_a_known_push_is_found_with_its_turn_as_it_stands(desk: Desk) -> None:
    entered = await desk.ask("m:1")
    ended = await desk.end(turn_id_of(entered), "42")
    found = await desk.store.repeat(SHOP, ANN, "m:1")
    assert found is not None
    assert (found.push_id, found.is_new, found.turn) == (entered.push_id, False, ended.turn)


async def test_followers_are_numbered_each_for_themselves(desk: Desk) -> None:
    asked = [
        await desk.ask(key, account=account, openid=openid)
        for account, openid, key in (
            (SHOP, ANN, "m:1"),
            (SHOP, "o_bob", "m:2"),
            ("school", ANN, "m:3"),
            (SHOP, ANN, "m:4"),
        )
    ]
    assert [each.turn.number for each in asked if each.turn] == [1, 1, 1, 2]


async def test_two_accounts_never_see_each_others_turns(desk: Desk) -> None:
    await desk.ask("m:1")
    view = await desk.store.follower("school", ANN)
    assert (view.pending, view.unread, view.last) == ((), (), None)
    assert await desk.store.numbered_turn("school", ANN, 1) is None
    assert (await desk.ask("m:9", account="school")).to_run is not None


async def test_one_runs_and_as_many_wait_as_the_limit_says(desk: Desk) -> None:
    entered = [await desk.ask(f"m:{n}", limit=2) for n in range(5)]
    assert [each.turn.ahead if each.turn else None for each in entered] == [0, 1, 2, None, None]
    assert [each.reply for each in entered[3:]] == [b"queue: 3"] * 2


async def test_turns_of_a_cleared_conversation_count_towards_the_limit(desk: Desk) -> None:
    for n in range(3):
        await desk.ask(f"m:{n}", limit=1)
        await desk.tell(f"m:clear{n}", Effect.CLEAR)
    assert (await desk.ask("m:9", limit=1)).turn is None
    assert len((await desk.store.follower(SHOP, ANN)).pending) == 2


async def test_a_refused_question_is_answered_alike_again_and_makes_no_turn(desk: Desk) -> None:
    first = await desk.ask("m:1", limit=0)
    await desk.ask("m:2", limit=0)
    await desk.end(turn_id_of(first))
    again = await desk.ask("m:2", limit=0)
    assert (again.is_new, again.turn, again.reply) == (False, None, b"queue: 1")
    assert (await desk.store.outlook(turn_id_of(first))).newest_number == 1


async def test_another_provider_begins_another_conversation(desk: Desk) -> None:
    first = await desk.ask("m:1")
    await desk.end(turn_id_of(first))
    other = await desk.store.enter_question(new_push("m:2"), question("b", provider="echo"))
    claim = await desk.claim(turn_id_of(other))
    assert (claim.provider, claim.provider_conversation_id) == ("echo", None)
    assert first.turn is not None
    assert claim.turn.conversation_id != first.turn.conversation_id


async def test_a_pickup_belongs_to_its_turn_and_a_repeat_finds_it(desk: Desk) -> None:
    turn_id = turn_id_of(await desk.answered("m:1"))
    picked = await desk.pick_up("m:2", turn_id)
    again = await desk.pick_up("m:2", turn_id)
    assert (picked.kind, picked.is_new, turn_id_of(picked)) == (PushKind.PICKUP, True, turn_id)
    assert (again.push_id, again.is_new, again.turn) == (picked.push_id, False, picked.turn)


# Effects


async def test_a_told_push_keeps_its_first_reply(desk: Desk) -> None:
    first = await desk.tell("m:1")
    other = await desk.store.enter_reply(new_push("m:1"), b"other words", Effect.CLEAR)
    assert (first.reply, other.reply, other.is_new) == (b"told", b"told", False)


async def test_clearing_lets_the_next_question_begin_anew_and_ends_nothing(desk: Desk) -> None:
    first = await desk.ask("m:1")
    cleared = await desk.tell("m:2", Effect.CLEAR)
    second = await desk.ask("m:3")
    assert cleared.cancelled == ()
    assert first.turn is not None
    assert second.turn is not None
    assert second.turn.conversation_id != first.turn.conversation_id
    assert (second.turn.number, second.to_run) == (2, second.turn.id)
    assert (await desk.end(first.turn.id)).turn.state is State.ANSWERED


async def test_a_repeat_of_a_clearing_does_not_clear_once_more(desk: Desk) -> None:
    await desk.tell("m:1", Effect.CLEAR)
    first = await desk.ask("m:2")
    await desk.tell("m:1", Effect.CLEAR)
    second = await desk.ask("m:3")
    assert first.turn is not None
    assert second.turn is not None
    assert second.turn.conversation_id == first.turn.conversation_id


async def test_leaving_cancels_what_is_pending_and_withdraws_what_is_unread(desk: Desk) -> None:
    read = turn_id_of(await desk.answered("m:1"))
    running, queued = turn_id_of(await desk.ask("m:2")), turn_id_of(await desk.ask("m:3"))
    claim = await desk.claim(running)
    bystander = turn_id_of(await desk.ask("m:3", openid="o_bob"))
    left = await desk.leave("m:4")
    assert sorted(left.cancelled) == [running, queued]
    outcome = Outcome(answer="too late")
    assert await desk.store.finish(running, claim.turn.run_no, outcome, NOON) is None
    assert await desk.store.claim(queued, NOON) is None
    view = await desk.store.follower(SHOP, ANN)
    assert (view.pending, view.unread) == ((), ())
    assert (await desk.store.outlook(read)).turn.promised_at is None
    assert (await desk.claim(bystander)).turn.state is State.RUNNING


async def test_a_reply_in_doubt_revives_nothing_of_a_follower_who_left(desk: Desk) -> None:
    entered = await desk.answered("m:1")
    await desk.offer(entered, 0, 5, completes=True)
    await desk.leave("m:2")
    await desk.store.mark_doubtful(entered.push_id)
    await desk.reopen()
    assert (await desk.store.recover()).doubtful_count == 0
    assert (await desk.store.follower(SHOP, ANN)).unread == ()


# Running


async def test_only_the_head_of_a_conversation_can_be_claimed(desk: Desk) -> None:
    first, second = turn_id_of(await desk.ask("m:1")), turn_id_of(await desk.ask("m:2"))
    assert await desk.store.claim(second, NOON) is None
    ended = await desk.end(first)
    assert ended.to_run == second
    assert (await desk.claim(second)).turn.ahead == 0


async def test_ended_turns_are_neither_claimed_nor_ended_again(desk: Desk) -> None:
    turn_id = turn_id_of(await desk.ask("m:1"))
    ended = await desk.end(turn_id, "the answer")
    assert ended.to_run is None
    assert await desk.store.claim(turn_id, NOON) is None
    other = Outcome(answer="another")
    assert await desk.store.finish(turn_id, ended.turn.run_no, other, NOON) is None
    assert (await desk.store.outlook(turn_id)).turn.answer == "the answer"


async def test_a_claim_carries_what_a_run_needs(desk: Desk) -> None:
    turn_id = turn_id_of(await desk.ask("m:1"))
    claim = await desk.claim(turn_id)
    assert (claim.user, claim.provider) == ("wx-pseudonym", "dify")
    assert (claim.provider_conversation_id, claim.earlier) == (None, None)
    assert (claim.turn.run_no, claim.turn.state) == (1, State.RUNNING)


async def test_a_worker_that_was_taken_over_changes_nothing(desk: Desk) -> None:
    turn_id = turn_id_of(await desk.ask("m:1"))
    old = await desk.claim(turn_id)
    new = await desk.claim(turn_id)
    assert new.turn.run_no == old.turn.run_no + 1
    await desk.store.note_run(turn_id, old.turn.run_no, RunIds(task_id="old"))
    revived = Outcome(answer="from the dead")
    assert await desk.store.finish(turn_id, old.turn.run_no, revived, NOON) is None
    third = await desk.claim(turn_id)
    assert third.earlier is not None
    assert third.earlier.task_id is None


async def test_what_a_lost_run_had_learnt_is_there_for_the_next(desk: Desk) -> None:
    turn_id = turn_id_of(await desk.ask("m:1"))
    run_no = (await desk.claim(turn_id)).turn.run_no
    await desk.store.note_run(turn_id, run_no, RunIds(task_id="t", conversation_id="c"))
    await desk.store.note_run(turn_id, run_no, RunIds(message_id="m", workflow_run_id="w"))
    await desk.reopen()
    earlier = (await desk.claim(turn_id)).earlier
    assert earlier == RunIds(
        started_at=NOON + 1,
        conversation_id="c",
        task_id="t",
        message_id="m",
        workflow_run_id="w",
        provider="dify",
    )


async def test_the_providers_conversation_goes_on_until_it_names_another(desk: Desk) -> None:
    for number, (named, known) in enumerate([("c1", None), (None, "c1"), ("c2", "c1"), ("", "c2")]):
        turn_id = turn_id_of(await desk.ask(f"m:{number}"))
        claim = await desk.claim(turn_id)
        assert claim.provider_conversation_id == known
        outcome = Outcome(answer="a", provider_conversation_id=named)
        await desk.store.finish(turn_id, claim.turn.run_no, outcome, NOON)


async def test_an_end_keeps_all_that_is_known_of_it(desk: Desk) -> None:
    turn_id = turn_id_of(await desk.ask("m:1"))
    claim = await desk.claim(turn_id)
    outcome = Outcome(answer="half", failure=FailureKind.INCOMPLETE, conversation_was_reset=True)
    ended = await desk.store.finish(turn_id, claim.turn.run_no, outcome, NOON + 9)
    assert ended is not None
    turn = ended.turn
    assert (turn.state, turn.failure, turn.answer) == (State.FAILED, FailureKind.INCOMPLETE, "half")
    assert (turn.ended_at, turn.conversation_was_reset, turn.is_unread) == (NOON + 9, True, True)
    assert (await desk.store.outlook(turn_id)).turn == turn


# Keeping


async def test_recovery_lists_the_heads_oldest_first_one_for_each_conversation(desk: Desk) -> None:
    running = turn_id_of(await desk.ask("m:1"))
    await desk.ask("m:2")
    bobs = turn_id_of(await desk.ask("m:1", openid="o_bob"))
    ended = turn_id_of(await desk.ask("m:1", openid="o_eve"))
    await desk.claim(running)
    await desk.end(ended)
    await desk.reopen()
    recovered = await desk.store.recover()
    assert (recovered.to_run, recovered.doubtful_count) == (((running, "dify"), (bobs, "dify")), 0)


async def test_secrets_are_32_bytes_that_stay_the_same(desk: Desk) -> None:
    secret = await desk.store.secret("pseudonym")
    other = await desk.store.secret("other")
    await desk.reopen()
    assert await desk.store.secret("pseudonym") == secret
    assert len(secret) == len(other) == 32
    assert secret != other


async def test_all_that_was_entered_survives_a_restart(desk: Desk) -> None:
    entered = await desk.answered("m:1")
    await desk.tell("m:2")
    view = await desk.store.follower(SHOP, ANN)
    await desk.reopen()
    assert await desk.store.follower(SHOP, ANN) == view
    assert (await desk.tell("m:2")).is_new is False
    assert (await desk.ask("m:1")).push_id == entered.push_id


async def test_a_write_check_passes_and_leaves_nothing(desk: Desk) -> None:
    await asyncio.gather(*(desk.store.check_writable() for _ in range(3)))
    await desk.reopen()
    assert (await desk.store.recover()).to_run == ()


@pytest.mark.parametrize("is_noted_before", [True, False])
async def test_a_run_that_takes_over_knows_what_the_turns_before_it_were_answered_with(
    desk: Desk, *, is_noted_before: bool
) -> None:
    first = turn_id_of(await desk.ask("m:1"))
    claimed = await desk.claim(first)
    assert (claimed.former_message_ids, claimed.former_ended_at) == (frozenset(), None)
    ids = RunIds(message_id="answer-1")
    if is_noted_before:
        await desk.store.note_run(first, claimed.turn.run_no, ids)
        ids = RunIds()
    await desk.store.finish(first, claimed.turn.run_no, Outcome(answer="yes", ids=ids), NOON + 7)
    second = turn_id_of(await desk.ask("m:2"))
    await desk.claim(second)
    taken_over = await desk.claim(second)
    assert taken_over.former_message_ids == {"answer-1"}
    assert taken_over.former_ended_at == NOON + 7


async def test_a_follower_has_a_conversation_with_each_provider(desk: Desk) -> None:
    first = await desk.ask("m:1")
    other = await desk.store.enter_question(new_push("m:2"), question("b", provider="other"))
    again = await desk.ask("m:3")
    assert first.turn is not None
    assert other.turn is not None
    assert again.turn is not None
    assert other.turn.conversation_id != first.turn.conversation_id == again.turn.conversation_id
    assert (first.turn.provider, other.turn.provider) == ("dify", "other")
    # Neither waits for the other.
    assert other.to_run == other.turn.id
    assert again.to_run is None
