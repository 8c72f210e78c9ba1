"""What every store keeps of conversations, for providers that keep none."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.stores import NOON, OPEN, Desk, new_push, question, turn_id_of
from yingda.errors import FailureKind
from yingda.store.entries import Effect
from yingda.store.memory_base import PastTurn, Remembered
from yingda.store.runs import Outcome
from yingda.turn.model import Form, Turn


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def asked(desk: Desk, key: str, **changes: Any) -> Turn:
    entered = await desk.ask(key, **changes)
    assert entered.turn is not None
    return entered.turn


async def said(desk: Desk, key: str, answer: str = "", **changes: Any) -> Turn:
    """A question that was answered, as it stands then."""
    turn = await asked(desk, key, **changes)
    return (await desk.end(turn.id, answer or f"answer to {key}")).turn


async def remembered(
    desk: Desk, turn: Turn, *, turns: int = 99, chars: int = 9999, with_itself: bool = False
) -> Remembered:
    return await desk.store.remembered(
        turn, with_itself=with_itself, limit_turns=turns, limit_chars=chars
    )


async def questions(desk: Desk, turn: Turn, **bounds: Any) -> list[str]:
    return [each.question for each in (await remembered(desk, turn, **bounds)).turns]


async def test_what_was_said_before_is_told_newest_first(desk: Desk) -> None:
    await said(desk, "a")
    await said(desk, "b")
    now = await asked(desk, "c")
    assert (await remembered(desk, now)).turns == (
        PastTurn(number=2, question="b", answer="answer to b"),
        PastTurn(number=1, question="a", answer="answer to a"),
    )
    await desk.reopen()
    assert await questions(desk, now) == ["b", "a"]


async def test_a_turn_itself_is_told_only_on_demand(desk: Desk) -> None:
    await said(desk, "a")
    turn = await said(desk, "b")
    await said(desk, "c")
    assert await questions(desk, turn) == ["a"]
    assert await questions(desk, turn, with_itself=True) == ["b", "a"]


async def test_only_turns_with_some_text_of_an_answer_are_told(desk: Desk) -> None:
    await said(desk, "whole")
    await desk.end((await asked(desk, "broken")).id, "half", FailureKind.INCOMPLETE)
    failed = await asked(desk, "failed")
    run_no = (await desk.claim(failed.id)).turn.run_no
    nothing = Outcome(answer="", failure=FailureKind.TIMEOUT)
    await desk.store.finish(failed.id, run_no, nothing, NOON)
    await asked(desk, "stopped")
    await desk.store.enter_stop(new_push("stop"), lambda _: b"stopped")
    now = await asked(desk, "now")
    told = (await remembered(desk, now)).turns
    assert [(each.question, each.is_broken) for each in told] == [
        ("broken", True),
        ("whole", False),
    ]


async def test_how_a_question_came_is_told(desk: Desk) -> None:
    push = new_push("m:1")
    picture = msgspec.structs.replace(question("look"), form=Form.PICTURE)
    entered = await desk.store.enter_question(push, picture)
    await desk.end(turn_id_of(entered))
    told = (await remembered(desk, await asked(desk, "now"))).turns
    assert [each.form for each in told] == [Form.PICTURE]


@pytest.mark.parametrize(
    ("turns", "chars", "expected"),
    [
        (2, 9999, ["d", "c"]),
        (0, 9999, []),
        # Each holds ten characters with its question.
        (99, 30, ["d", "c", "b"]),
        (99, 29, ["d", "c"]),
        # The newest is told however long it is.
        (99, 0, ["d"]),
    ],
)
async def test_no_more_is_told_than_was_asked_for(
    turns: int, chars: int, expected: list[str], desk: Desk
) -> None:
    for word in "abcd":
        await said(desk, word, "九" * 9)
    assert await questions(desk, await asked(desk, "now"), turns=turns, chars=chars) == expected


async def test_conversations_followers_and_providers_never_mix(desk: Desk) -> None:
    await said(desk, "mine")
    await said(desk, "of another", openid="o_ben")
    await said(desk, "of another account", account="club")
    other = msgspec.structs.replace(question("asked elsewhere"), provider="other")
    await desk.end(turn_id_of(await desk.store.enter_question(new_push("m:9"), other)))
    assert await questions(desk, await asked(desk, "now")) == ["mine"]
    assert await questions(desk, await asked(desk, "now too", openid="o_ben")) == ["of another"]


async def test_a_new_conversation_knows_nothing_of_the_old_one(desk: Desk) -> None:
    old = await said(desk, "old")
    assert await desk.store.keep_summary(old.conversation_id, "in short", old.number)
    await desk.tell("clear", Effect.CLEAR)
    assert await remembered(desk, await asked(desk, "new")) == Remembered()


async def test_what_was_erased_or_is_to_be_erased_is_told_no_more(desk: Desk) -> None:
    first = await said(desk, "first")
    second = await said(desk, "second")
    await desk.store.keep_summary(first.conversation_id, "in short", first.number)
    assert (await remembered(desk, second)).summary == "in short"
    await desk.leave("leave", due_at=NOON + 10)
    assert await remembered(desk, second, with_itself=True) == Remembered()
    assert await remembered(desk, await asked(desk, "back again")) == Remembered()


# The summary


async def test_a_summary_stands_for_the_turns_that_it_covers(desk: Desk) -> None:
    turns = [await said(desk, word) for word in "abc"]
    conversation = turns[0].conversation_id
    assert await desk.store.keep_summary(conversation, "a and b", turns[1].number)
    found = await remembered(desk, await asked(desk, "now"))
    assert (found.summary, found.summary_through) == ("a and b", 2)
    assert [each.question for each in found.turns] == ["c"]


async def test_a_summary_only_moves_forward(desk: Desk) -> None:
    turns = [await said(desk, word) for word in "abc"]
    conversation = turns[0].conversation_id
    assert await desk.store.keep_summary(conversation, "newer", 2)
    assert not await desk.store.keep_summary(conversation, "older", 1)
    assert not await desk.store.keep_summary(conversation, "as old", 2)
    assert (await remembered(desk, await asked(desk, "now"))).summary == "newer"
    assert not await desk.store.keep_summary(conversation + 99, "of nothing", 9)


@pytest.mark.parametrize("how", ["cleared", "left"])
async def test_a_summary_that_comes_after_the_conversations_end_is_not_kept(
    how: str, desk: Desk
) -> None:
    turn = await said(desk, "a")
    if how == "cleared":
        await desk.tell("clear", Effect.CLEAR)
    else:
        await desk.leave("leave")
    assert not await desk.store.keep_summary(turn.conversation_id, "too late", turn.number)
