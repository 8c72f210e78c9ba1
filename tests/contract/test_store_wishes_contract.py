"""What every store keeps to where followers stop, ask again, or come back after a long time."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.stores import ANN, NOON, OPEN, SHOP, Desk, new_push, question, turn_id_of
from yingda.errors import FailureKind
from yingda.store.entries import Bound, Entered, PushKind
from yingda.store.runs import Outcome, RunIds
from yingda.store.wishes import NewRetry
from yingda.turn.lifecycle import State
from yingda.turn.model import Turn


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


def listed(turns: tuple[Turn, ...]) -> bytes:
    return " ".join(str(turn.number) for turn in turns).encode()


async def stop(desk: Desk, key: str) -> Entered:
    return await desk.store.enter_stop(new_push(key, kind=PushKind.OTHER), listed)


async def retry(desk: Desk, key: str, number: int | None = None, **bounds: Any) -> Entered:
    wish = NewRetry(
        number=number, nothing=b"nothing", pending=lambda turn: f"runs {turn.number}".encode()
    )
    asked = msgspec.structs.replace(question(""), **bounds)
    return await desk.store.enter_retry(new_push(key), asked, wish)


# Stopping


async def test_a_stop_cancels_what_runs_and_waits_and_its_reply_is_told_what(desk: Desk) -> None:
    running, queued = turn_id_of(await desk.ask("m:1")), turn_id_of(await desk.ask("m:2"))
    claim = await desk.claim(running)
    bystander = turn_id_of(await desk.ask("m:1", openid="o_bob"))
    stopped = await stop(desk, "m:3")
    assert (stopped.reply, stopped.cancelled, stopped.to_run) == (b"1 2", (running, queued), None)
    late = Outcome(answer="too late")
    assert await desk.store.finish(running, claim.turn.run_no, late, NOON) is None
    assert await desk.store.claim(queued, NOON) is None
    turn = (await desk.store.outlook(running)).turn
    assert (turn.state, turn.is_withdrawn, turn.is_unread) == (State.CANCELLED, False, False)
    assert (await desk.claim(bystander)).turn.state is State.RUNNING


async def test_a_repeat_of_a_stop_gets_its_reply_and_stops_nothing_more(desk: Desk) -> None:
    first = await stop(desk, "m:1")
    later = turn_id_of(await desk.ask("m:2"))
    again = await stop(desk, "m:1")
    assert (first.reply, again.reply, again.cancelled) == (b"", b"", ())
    assert (await desk.claim(later)).turn.state is State.RUNNING


async def test_a_stopped_run_keeps_its_text_and_lets_the_conversation_go_on(desk: Desk) -> None:
    turn_id = turn_id_of(await desk.ask("m:1"))
    run_no = (await desk.claim(turn_id)).turn.run_no
    await stop(desk, "m:2")
    ids = RunIds(conversation_id="c1", task_id="t1")
    await desk.store.keep_cut_run(turn_id, run_no, ids, text="half", at=NOON)
    await desk.store.keep_cut_run(turn_id, run_no + 1, ids, text="other", at=NOON)
    assert (await desk.store.outlook(turn_id)).turn.answer == "half"
    claim = await desk.claim(turn_id_of(await desk.ask("m:3")))
    assert claim.provider_conversation_id == "c1"


async def test_a_stopped_run_does_not_take_the_conversation_from_a_later_one(desk: Desk) -> None:
    first = turn_id_of(await desk.ask("m:1"))
    run_no = (await desk.claim(first)).turn.run_no
    await stop(desk, "m:2")
    second = turn_id_of(await desk.ask("m:3"))
    claim = await desk.claim(second)
    ended = Outcome(answer="a", provider_conversation_id="newer")
    await desk.store.finish(second, claim.turn.run_no, ended, NOON)
    ids = RunIds(conversation_id="older")
    await desk.store.keep_cut_run(first, run_no, ids, text="", at=NOON)
    third = await desk.claim(turn_id_of(await desk.ask("m:4")))
    assert third.provider_conversation_id == "newer"


# Asking once more


@pytest.mark.parametrize("failure", [None, FailureKind.BUSY])
async def test_a_retry_asks_the_last_question_in_the_same_conversation(
    desk: Desk, failure: FailureKind | None
) -> None:
    await desk.answered("m:1")
    last = await desk.ask("m:2")
    await desk.end(turn_id_of(last), failure=failure)
    asked = await retry(desk, "m:3")
    assert asked.turn is not None
    assert last.turn is not None
    assert (asked.turn.question, asked.turn.number, asked.to_run) == ("m:2", 3, asked.turn.id)
    assert asked.turn.conversation_id == last.turn.conversation_id
    again = await retry(desk, "m:3")
    assert (again.is_new, turn_id_of(again), again.to_run) == (False, asked.turn.id, None)


async def test_a_retry_by_number_asks_that_question(desk: Desk) -> None:
    for key in ("m:1", "m:2"):
        await desk.answered(key)
    asked = await retry(desk, "m:3", 1)
    assert asked.turn is not None
    assert asked.turn.question == "m:1"


async def test_a_retry_while_it_runs_is_told_so(desk: Desk) -> None:
    await desk.ask("m:1")
    assert (await retry(desk, "m:2")).reply == b"runs 1"
    assert (await retry(desk, "m:3", 1)).reply == b"runs 1"


async def test_a_second_tap_on_the_link_of_a_failure_asks_no_third_time(desk: Desk) -> None:
    await desk.end(turn_id_of(await desk.ask("m:1")), failure=FailureKind.BUSY)
    assert (await retry(desk, "m:2", 1)).turn is not None
    assert (await retry(desk, "m:3", 1)).reply == b"runs 2"


async def test_a_retry_of_nothing_or_of_what_was_withdrawn_is_told_so(desk: Desk) -> None:
    assert (await retry(desk, "m:1")).reply == b"nothing"
    await desk.answered("m:2")
    await desk.leave("m:3")
    assert (await retry(desk, "m:4")).reply == b"nothing"
    assert (await retry(desk, "m:5", 1)).reply == b"nothing"


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({"queue_limit": 0}, Bound.QUEUE),
        ({"rate_per_minute": 2}, Bound.RATE),
        ({"daily_questions": 2, "day_began_at": NOON}, Bound.DAY),
        ({"max_open_turns": 1}, Bound.OPEN_TURNS),
    ],
)
async def test_a_retry_over_a_bound_is_refused_and_changes_nothing(
    desk: Desk, bounds: dict[str, Any], expected: Bound
) -> None:
    await desk.end(turn_id_of(await desk.ask("m:1")), failure=FailureKind.BUSY)
    await desk.ask("m:2")
    before = await desk.store.follower(SHOP, ANN)
    refused = await retry(desk, "m:3", 1, **bounds)
    assert (refused.turn, refused.to_run) == (None, None)
    assert (refused.reply or b"").startswith(f"{expected}:".encode())
    assert await desk.store.follower(SHOP, ANN) == before
    again = await retry(desk, "m:3", 1)
    assert (again.is_new, again.reply) == (False, refused.reply)


# Idle conversations


@pytest.mark.parametrize(("idle_s", "is_new"), [(None, False), (61.0, False), (60.0, True)])
async def test_a_conversation_that_lay_idle_for_so_long_is_left(
    desk: Desk, idle_s: float | None, *, is_new: bool
) -> None:
    first = await desk.ask("m:1")
    await desk.end(turn_id_of(first))
    push = new_push("m:2", at=NOON + 62)
    asked = msgspec.structs.replace(question("b"), idle_s=idle_s)
    second = await desk.store.enter_question(push, asked)
    assert first.turn is not None
    assert second.turn is not None
    assert (second.turn.conversation_id != first.turn.conversation_id) is is_new
    assert second.to_run == second.turn.id


async def test_a_conversation_in_which_a_question_is_open_is_not_idle(desk: Desk) -> None:
    first = await desk.ask("m:1")
    asked = msgspec.structs.replace(question("b"), idle_s=60.0)
    second = await desk.store.enter_question(new_push("m:2", at=NOON + 999), asked)
    assert first.turn is not None
    assert second.turn is not None
    assert (second.turn.conversation_id, second.turn.ahead) == (first.turn.conversation_id, 1)
