"""What every store keeps to about questions that are not taken."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.stores import NOON, OPEN, Desk, new_push, question, turn_id_of
from yingda.store.entries import Bound, Effect, Entered

BOB = "o_bob"


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(request.param, tmp_path)
    await desk.open()
    yield desk
    await desk.close()


def bound_of(entered: Entered) -> str | None:
    """The bound that refused the question; None when it was taken."""
    if entered.turn is not None:
        return None
    assert entered.reply is not None
    return entered.reply.decode().partition(":")[0]


# All open turns


async def test_no_more_turns_are_open_in_all_than_the_bound(desk: Desk) -> None:
    asked = [await desk.ask_bound(f"m:{n}", openid=f"o_{n}", max_open_turns=3) for n in range(5)]
    assert [bound_of(each) for each in asked] == [None] * 3 + [Bound.OPEN_TURNS] * 2


async def test_a_turn_that_ends_makes_room_for_another(desk: Desk) -> None:
    first = await desk.ask_bound("m:1", max_open_turns=1)
    assert bound_of(await desk.ask_bound("m:2", openid=BOB, max_open_turns=1)) is not None
    await desk.end(turn_id_of(first))
    later = await desk.ask_bound("m:3", openid=BOB, at=NOON + 1, max_open_turns=1)
    assert bound_of(later) is None


async def test_the_bound_holds_after_a_restart(desk: Desk) -> None:
    for n in range(3):
        await desk.ask_bound(f"m:{n}", openid=f"o_{n}", max_open_turns=3)
    await desk.reopen()
    assert bound_of(await desk.ask_bound("m:9", max_open_turns=3)) == Bound.OPEN_TURNS


async def test_what_is_cancelled_makes_room_as_well(desk: Desk) -> None:
    await desk.ask_bound("m:1", max_open_turns=1)
    await desk.leave("m:bye")
    later = await desk.ask_bound("m:2", openid=BOB, at=NOON + 1, max_open_turns=1)
    assert bound_of(later) is None


async def test_a_clock_that_is_set_back_locks_nobody_out(desk: Desk) -> None:
    first = await desk.ask_bound("m:1", max_open_turns=1)
    await desk.end(turn_id_of(first))
    earlier = await desk.ask_bound("m:2", at=NOON - 86_400, max_open_turns=1)
    assert bound_of(earlier) is None


# A follower's rate


async def test_a_follower_may_ask_so_many_in_any_minute_and_is_told_when_again(
    desk: Desk,
) -> None:
    asked = [
        await desk.ask_bound(f"m:{at}", at=NOON + at, rate_per_minute=2)
        for at in (0, 40, 59.9, 60, 99, 100)
    ]
    assert [bound_of(each) for each in asked] == [None, None, "rate", None, "rate", None]


async def test_the_refusal_says_when_the_next_question_is_taken(desk: Desk) -> None:
    told: list[float] = []

    def refuse(refusal: object) -> bytes:
        told.append(getattr(refusal, "until", 0.0))
        return b"no"

    await desk.ask_bound("m:1", at=NOON, rate_per_minute=1)
    await desk.ask_bound("m:2", at=NOON + 20, rate_per_minute=1, refuse=refuse)
    assert told == [NOON + 60]


async def test_one_followers_rate_is_no_other_followers(desk: Desk) -> None:
    await desk.ask_bound("m:1", rate_per_minute=1)
    assert bound_of(await desk.ask_bound("m:2", openid=BOB, rate_per_minute=1)) is None


async def test_a_question_of_the_future_holds_nobody_up(desk: Desk) -> None:
    await desk.ask_bound("m:1", at=NOON + 3600, rate_per_minute=1)
    assert bound_of(await desk.ask_bound("m:2", at=NOON, rate_per_minute=1)) is None


# A follower's day


async def test_a_follower_may_ask_so_many_in_a_day(desk: Desk) -> None:
    day: dict[str, Any] = {"daily_questions": 2, "day_began_at": NOON}
    asked = [await desk.ask_bound(f"m:{n}", at=NOON - 1 + n, **day) for n in range(4)]
    assert [bound_of(each) for each in asked] == [None, None, None, "day"]
    tomorrow: dict[str, Any] = {"daily_questions": 2, "day_began_at": NOON + 86_400}
    later = await desk.ask_bound("m:9", at=NOON + 86_400, **tomorrow)
    assert bound_of(later) is None


async def test_neither_repeats_nor_refused_questions_count(desk: Desk) -> None:
    day: dict[str, Any] = {"daily_questions": 2, "day_began_at": NOON}
    for _ in range(3):
        await desk.ask_bound("m:1", **day)
    await desk.ask_bound("m:full", queue_limit=0, **day)
    assert bound_of(await desk.ask_bound("m:2", **day)) is None
    assert bound_of(await desk.ask_bound("m:3", **day)) == "day"


async def test_a_repeat_of_a_taken_question_is_known_whatever_the_bounds_say(desk: Desk) -> None:
    bounds: dict[str, Any] = {
        "daily_questions": 1,
        "day_began_at": NOON,
        "rate_per_minute": 1,
        "max_open_turns": 1,
    }
    first = await desk.ask_bound("m:1", **bounds)
    again = await desk.ask_bound("m:1", **bounds)
    assert (again.is_new, again.turn) == (False, first.turn)


async def test_a_refused_question_is_refused_alike_again(desk: Desk) -> None:
    day: dict[str, Any] = {"daily_questions": 1, "day_began_at": NOON}
    first = await desk.ask_bound("m:1", **day)
    await desk.ask_bound("m:2", **day)
    await desk.end(turn_id_of(first))
    again = await desk.ask_bound("m:2", at=NOON + 9)
    assert (again.is_new, bound_of(again)) == (False, "day")


async def test_a_new_conversation_does_not_make_the_day_begin_anew(desk: Desk) -> None:
    day: dict[str, Any] = {"daily_questions": 1, "day_began_at": NOON}
    await desk.ask_bound("m:1", **day)
    await desk.tell("m:clear", Effect.CLEAR)
    assert bound_of(await desk.ask_bound("m:2", **day)) == "day"


async def test_pickups_and_commands_are_free(desk: Desk) -> None:
    day: dict[str, Any] = {"daily_questions": 2, "day_began_at": NOON}
    first = await desk.ask_bound("m:1", **day)
    for n in range(3):
        await desk.pick_up(f"m:p{n}", turn_id_of(first))
        await desk.tell(f"m:t{n}")
    assert bound_of(await desk.ask_bound("m:2", **day)) is None


async def test_a_full_queue_is_told_before_any_other_bound(desk: Desk) -> None:
    bounds: dict[str, Any] = {"daily_questions": 1, "day_began_at": NOON, "rate_per_minute": 1}
    await desk.ask_bound("m:1", **bounds)
    refused = await desk.ask_bound("m:2", queue_limit=0, max_open_turns=1, **bounds)
    assert bound_of(refused) == "queue"


async def test_accounts_have_bounds_of_their_own(desk: Desk) -> None:
    await desk.ask_bound("m:1", rate_per_minute=1)
    elsewhere = msgspec.structs.replace(question("m:2"), rate_per_minute=1)
    other = await desk.store.enter_question(new_push("m:2", account="school"), elsewhere)
    assert other.turn is not None
