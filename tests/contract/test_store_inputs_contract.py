"""What every store keeps to about pictures and recordings."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.stores import ANN, NOON, OPEN, Desk, new_push, question, turn_id_of
from yingda.store.entries import Effect, Entered, PushKind
from yingda.store.input_base import KEPT_LIMIT
from yingda.store.runs import Outcome
from yingda.store.wishes import NewRetry
from yingda.turn.lifecycle import State
from yingda.turn.model import Attachment, AttachmentKind, Form

WAIT_S = 600.0
DAY_S = 86_400.0


def picture(name: str) -> Attachment:
    return Attachment(kind=AttachmentKind.PICTURE, url=f"http://p/{name}", media_id=name)


VOICE = Attachment(kind=AttachmentKind.VOICE, media_id="v", fine_media_id="v-16k")


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def send(desk: Desk, name: str, *, at: float = NOON, openid: str = ANN) -> Entered:
    push = new_push(f"p:{name}", kind=PushKind.OTHER, at=at, openid=openid)
    return await desk.store.enter_picture(
        push, picture(name), since=at - WAIT_S, reply=lambda count: f"kept {count}".encode()
    )


async def ask(
    desk: Desk, key: str, *, at: float = NOON + 1, openid: str = ANN, **changes: Any
) -> Entered:
    asked = msgspec.structs.replace(
        question(key, limit=99), **({"pictures_since": at - WAIT_S} | changes)
    )
    return await desk.store.enter_question(new_push(key, at=at, openid=openid), asked)


async def brought(desk: Desk, entered: Entered) -> list[str]:
    """Run the turn to its end; what came with its question."""
    claim = await desk.claim(turn_id_of(entered))
    names = [each.media_id for each in claim.attachments]
    ended = await desk.store.finish(
        claim.turn.id, claim.turn.run_no, Outcome(answer="42"), NOON + 2
    )
    assert ended is not None
    return names


async def retry(desk: Desk, key: str, number: int | None = None) -> Entered:
    wish = NewRetry(number=number, nothing=b"nothing", pending=lambda _turn: b"pending")
    return await desk.store.enter_retry(new_push(key), question("", limit=99), wish)


async def recent(desk: Desk, entered: Entered, turns: int = 3) -> list[str]:
    found = await desk.store.recent_pictures(turn_id_of(entered), turns=turns)
    return [each.media_id for each in found]


async def test_a_kept_picture_is_answered_at_once_and_a_repeat_keeps_no_more(desk: Desk) -> None:
    first = await send(desk, "a")
    again = await send(desk, "a")
    assert (first.reply, first.turn, first.is_new) == (b"kept 1", None, True)
    assert (again.reply, again.push_id, again.is_new) == (b"kept 1", first.push_id, False)
    assert (await send(desk, "b")).reply == b"kept 2"


async def test_the_next_question_takes_the_pictures_and_the_one_after_takes_none(
    desk: Desk,
) -> None:
    await send(desk, "a")
    await send(desk, "b")
    await desk.reopen()
    first, second = await ask(desk, "m:1"), await ask(desk, "m:2")
    assert first.turn is not None
    assert first.turn.form is Form.PICTURE
    assert second.turn is not None
    assert second.turn.form is Form.TEXT
    assert await brought(desk, first) == ["a", "b"]
    assert await brought(desk, second) == []


async def test_questions_at_the_same_time_take_each_picture_once(desk: Desk) -> None:
    await send(desk, "a")
    entered = await asyncio.gather(*(ask(desk, f"m:{n}") for n in range(5)))
    taken = [await brought(desk, each) for each in sorted(entered, key=turn_id_of)]
    assert sorted(taken) == [[], [], [], [], ["a"]]


async def test_a_repeat_of_the_question_takes_no_picture_that_came_after_it(desk: Desk) -> None:
    first = await ask(desk, "m:1")
    await send(desk, "a", at=NOON + 2)
    assert (await ask(desk, "m:1", at=NOON + 3)).turn == first.turn
    assert await brought(desk, first) == []
    assert await brought(desk, await ask(desk, "m:2", at=NOON + 4)) == ["a"]


async def test_of_a_flood_the_newest_pictures_are_kept(desk: Desk) -> None:
    replies = [(await send(desk, str(n))).reply for n in range(KEPT_LIMIT + 3)]
    assert replies[-1] == f"kept {KEPT_LIMIT}".encode()
    assert await brought(desk, await ask(desk, "m:1")) == ["3", "4", "5", "6"]


async def test_a_picture_is_let_go_of_when_nobody_asks_in_time(desk: Desk) -> None:
    await send(desk, "a")
    assert await brought(desk, await ask(desk, "m:1", at=NOON + WAIT_S + 1)) == []
    assert (await send(desk, "b", at=NOON + WAIT_S + 2)).reply == b"kept 1"


@pytest.mark.parametrize("changes", [{"pictures_since": None}, {"queue_limit": -1}])
async def test_who_takes_no_pictures_or_is_refused_leaves_them(
    desk: Desk, changes: dict[str, Any]
) -> None:
    await send(desk, "a")
    await ask(desk, "m:1", **changes)
    assert (await send(desk, "b")).reply == b"kept 2"


async def test_pictures_wait_for_their_own_follower(desk: Desk) -> None:
    await send(desk, "a")
    bob = await ask(desk, "m:1", openid="o_bob")
    assert bob.turn is not None
    assert bob.turn.form is Form.TEXT
    assert await brought(desk, await ask(desk, "m:2")) == ["a"]


async def test_a_new_conversation_begins_without_them(desk: Desk) -> None:
    await send(desk, "a")
    await desk.tell("m:clear", Effect.CLEAR)
    assert await brought(desk, await ask(desk, "m:1")) == []


async def test_a_recording_comes_with_its_turn_at_every_run(desk: Desk) -> None:
    entered = await ask(desk, "", form=Form.VOICE, attachment=VOICE)
    first = await desk.claim(turn_id_of(entered))
    await desk.reopen()
    second = await desk.claim(turn_id_of(entered))
    assert first.attachments == second.attachments == (VOICE,)
    assert second.turn.form is Form.VOICE


async def test_what_was_heard_becomes_the_question_of_its_own_run_alone(desk: Desk) -> None:
    turn_id = turn_id_of(await ask(desk, "", form=Form.VOICE, attachment=VOICE))
    first = await desk.claim(turn_id)
    second = await desk.claim(turn_id)
    await desk.store.note_question(turn_id, first.turn.run_no, "old")
    assert (await desk.store.outlook(turn_id)).turn.question == ""
    await desk.store.note_question(turn_id, second.turn.run_no, "new")
    assert (await desk.store.outlook(turn_id)).turn.question == "new"
    await desk.leave("m:gone")
    await desk.store.note_question(turn_id, second.turn.run_no, "late")
    turn = (await desk.store.outlook(turn_id)).turn
    assert (turn.question, turn.state) == ("new", State.CANCELLED)


async def test_asked_again_a_question_brings_its_pictures_again(desk: Desk) -> None:
    await send(desk, "a")
    first = await ask(desk, "m:1")
    assert await brought(desk, first) == ["a"]
    second = await retry(desk, "m:2")
    assert second.turn is not None
    assert second.turn.form is Form.PICTURE
    assert await brought(desk, second) == ["a"]


async def test_asking_again_takes_no_picture_that_waits(desk: Desk) -> None:
    await desk.answered("m:1")
    await send(desk, "a")
    assert await brought(desk, await retry(desk, "m:2")) == []


async def test_two_pictures_with_the_same_words_are_two_questions(desk: Desk) -> None:
    for name in "ab":
        entered = await ask(desk, "look", form=Form.PICTURE, attachment=picture(name))
        if name == "a":
            await brought(desk, entered)
    first = await retry(desk, "m:1", 1)
    assert first.turn is not None
    assert (await retry(desk, "m:2", 1)).reply == b"pending"
    assert (await retry(desk, "m:3", 2)).reply == b"pending"


async def test_the_newest_pictures_of_the_last_turns_are_found(desk: Desk) -> None:
    await send(desk, "a")
    await brought(desk, await ask(desk, "m:1"))
    await send(desk, "b")
    await send(desk, "c")
    await brought(desk, await ask(desk, "m:2"))
    for n in range(3, 6):
        entered = await ask(desk, f"m:{n}")
        assert await recent(desk, entered) == ["b", "c"]
        await brought(desk, entered)
    assert await recent(desk, await ask(desk, "m:6")) == []


async def test_pictures_of_another_conversation_and_recordings_are_not_among_them(
    desk: Desk,
) -> None:
    await brought(desk, await ask(desk, "", form=Form.VOICE, attachment=VOICE))
    heard = await ask(desk, "m:1")
    assert await recent(desk, heard) == []
    await brought(desk, heard)
    await brought(desk, await ask(desk, "look", form=Form.PICTURE, attachment=picture("a")))
    await desk.tell("m:clear", Effect.CLEAR)
    assert await recent(desk, await ask(desk, "m:2")) == []


async def test_who_left_leaves_no_picture_to_ask_about(desk: Desk) -> None:
    await send(desk, "a")
    await brought(desk, await ask(desk, "m:1"))
    await send(desk, "b")
    await desk.leave("m:gone", due_at=NOON + DAY_S)
    after = await ask(desk, "m:2")
    assert await brought(desk, after) == []
    assert await recent(desk, after) == []


async def test_what_wechat_has_no_file_of_any_more_is_swept(desk: Desk) -> None:
    await send(desk, "a")
    asked = await ask(desk, "m:1")
    await send(desk, "b", at=NOON + 2 * DAY_S)
    await desk.store.sweep(NOON + 3 * DAY_S + 1)
    assert (await desk.claim(turn_id_of(asked))).attachments == ()
    assert (await send(desk, "c", at=NOON + 2 * DAY_S + 1)).reply == b"kept 2"
