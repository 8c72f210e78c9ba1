"""The table of what is sent next of a pushed turn."""

from typing import Any

import msgspec
import pytest

from yingda.delivery.service_message import (
    LATER_PART_CHARS,
    Leave,
    PushView,
    Send,
    Tell,
    Wait,
    next_step,
)
from yingda.delivery.style import ReplyStyle
from yingda.errors import FailureKind
from yingda.texts import Texts
from yingda.turn.lifecycle import State
from yingda.turn.model import Cursor, DoubtfulPart, PushEnd, Turn
from yingda.wechat.limits import TEXT_LIMIT_BYTES

STYLE = ReplyStyle(texts=Texts())
#: Paragraphs of one hundred characters.
PARAGRAPH = "这一句话一共有十个字。" * 9 + "。"
SHORT, MIDDLE, LONG = "太短了。\n\n", PARAGRAPH + "\n\n", (PARAGRAPH + "\n\n") * 20


def turn(state: State = State.RUNNING, answer: str = "", **changes: Any) -> Turn:
    settings: dict[str, Any] = {
        "id": 1,
        "conversation_id": 1,
        "account": "shop",
        "openid": "o_ann",
        "number": 1,
        "question": "问",
        "state": state,
        "run_no": 1,
        "entered_at": 0.0,
        "answer": answer,
        "is_pushed": True,
        "is_unread": state in {State.ANSWERED, State.FAILED},
    }
    return Turn(**(settings | changes))


def running(written: str | None, **changes: Any) -> PushView:
    settings: dict[str, Any] = {"turn": turn(), "quota_left": 5, "written": written}
    return PushView(**(settings | changes))


def ended(answer: str, quota_left: int = 5, **changes: Any) -> PushView:
    return PushView(turn=turn(State.ANSWERED, answer, **changes), quota_left=quota_left)


def doubt(times: int = 1, *, run_no: int = 1, shown: str | None = "先前的。") -> DoubtfulPart:
    return DoubtfulPart(run_no=run_no, end=Cursor(4), shown=shown, times=times)


TABLE = [
    # Nothing worth a message yet.
    (running(None), Wait(20)),
    (running(SHORT), Wait(20)),
    (running(None, is_waited_for=False), Wait(LATER_PART_CHARS // 2)),
    (running(MIDDLE, is_waited_for=False), Wait(LATER_PART_CHARS // 2)),
    # The last message is kept, and none is none.
    (running(LONG, quota_left=1), Wait()),
    (running(LONG, quota_left=0), Wait()),
    # Where their time runs out, the one is for telling so.
    (running(LONG, is_running_out=True), Tell()),
    (running(LONG, quota_left=0, is_running_out=True), Wait()),
    # What others have a right to is not spent.
    (running(LONG, others_pushed=4), Wait()),
    (running(LONG, others_pushed=9), Wait()),
    # In doubt: whether it stands, another run has to show first.
    (running(LONG, in_doubt=doubt(run_no=2)), Wait()),
    (running(LONG, in_doubt=doubt(2)), Leave(PushEnd.DOUBTFUL)),
    # Over.
    (ended(MIDDLE, quota_left=0), Leave(PushEnd.QUOTA)),
    (ended(MIDDLE, is_unread=False), Leave(PushEnd.DONE)),
    (ended(MIDDLE, cursor=Cursor(len(MIDDLE)), parts_offered=1), Leave(PushEnd.DONE)),
    (ended(MIDDLE, is_pushed=False), Leave(PushEnd.WITHDRAWN)),
    (PushView(turn=turn(State.CANCELLED), quota_left=5), Leave(PushEnd.WITHDRAWN)),
]


@pytest.mark.parametrize(("view", "expected"), TABLE)
def test_where_nothing_is_sent_the_step_is_the_one_in_the_table(
    view: PushView, expected: Wait | Tell | Leave
) -> None:
    assert next_step(view, STYLE) == expected


def sent(view: PushView) -> Send:
    step = next_step(view, STYLE)
    assert isinstance(step, Send), step
    assert len(step.part.text.encode()) <= TEXT_LIMIT_BYTES
    return step


@pytest.mark.parametrize(
    ("view", "number", "completes"),
    [
        (running(MIDDLE), "（1）", False),
        (running(LONG, is_waited_for=False), "（1）", False),
        (running(LONG, quota_left=2), "（1）", False),
        (ended(LONG), "（1/", False),
        (ended(MIDDLE, quota_left=1), "", True),
        (ended("", failure=FailureKind.BUSY), "", True),
        # Nothing that can be seen: that is told as well.
        (ended("\n\n"), "", True),
        (ended(MIDDLE, parts_offered=1), "（2/2）", True),
    ],
)
def test_a_part_carries_its_number_and_no_word_about_fetching(
    view: PushView, number: str, *, completes: bool
) -> None:
    step = sent(view)
    assert number in step.part.text
    assert "看下文" not in step.part.text
    assert step.part.completes is completes
    assert not step.is_last_of_quota


def test_the_last_message_says_how_to_get_the_rest_that_it_does_not_hold() -> None:
    step = sent(ended(LONG, quota_left=1))
    assert step.is_last_of_quota
    assert "看下文" in step.part.text
    assert not step.part.completes
    # A pickup goes on exactly there.
    rest = sent(ended(LONG, cursor=step.part.end, parts_offered=1))
    assert rest.part.start == step.part.end


@pytest.mark.parametrize("view", [running(LONG), ended(LONG)])
def test_the_part_in_doubt_is_sent_as_it_was(view: PushView) -> None:
    step = sent(msgspec.structs.replace(view, in_doubt=doubt()))
    assert "先前的。" in step.part.text
    assert "（1）" in step.part.text
    assert step.part.end == Cursor(4)
    assert step.part.shown == "先前的。"


def test_with_one_message_left_the_end_takes_the_part_in_doubt_along() -> None:
    step = sent(msgspec.structs.replace(ended(MIDDLE, quota_left=1), in_doubt=doubt()))
    assert step.part.completes


def test_an_older_answer_names_its_question_and_the_last_part_announces_another() -> None:
    other = turn(State.ANSWERED, "x", id=2, number=2, question="另一个", is_pushed=False)
    view = msgspec.structs.replace(ended(LONG), names_question=True, other_unread=other)
    first = sent(view).part.text
    assert first.startswith("「问」")
    assert "另一个" not in first
    last = msgspec.structs.replace(ended(MIDDLE), other_unread=other)
    assert "另一个" in sent(last).part.text
