"""What stands below an answer that is shown whole, and what it may not do."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.delivery import passive
from yingda.delivery.extras import suggestions_message, with_extras
from yingda.delivery.style import ReplyStyle
from yingda.simulator.phone import tap_links
from yingda.texts import Texts
from yingda.turn.lifecycle import State
from yingda.turn.model import Turn
from yingda.wechat.limits import TEXT_LIMIT_BYTES, size_bytes

TURN = Turn(
    id=7,
    conversation_id=1,
    account="a",
    openid="o",
    number=12,
    question="问",
    state=State.ANSWERED,
    run_no=1,
    entered_at=0.0,
    answer="好的。",
    is_unread=True,
    suggestions=("还有别的吗？", "多少钱？", "为什么？"),
)
PLAIN = ReplyStyle(texts=Texts())
RATED = msgspec.structs.replace(PLAIN, has_feedback_links=True)
SAY = Texts().say


def sent(text: str) -> list[str]:
    return [link.content for link in tap_links(text)]


def test_questions_stand_below_their_head_and_send_themselves() -> None:
    text = with_extras("好的。", TURN, PLAIN)
    assert text.startswith("好的。\n\n" + SAY("suggestions_head") + "\n<a ")
    assert sent(text) == list(TURN.suggestions)


def test_links_that_rate_carry_the_questions_number_and_come_first() -> None:
    assert sent(with_extras("好的。", TURN, RATED)) == ["/good#12", "/bad#12", *TURN.suggestions]


@pytest.mark.parametrize("word", [None, "很" * 16])
def test_without_a_word_that_a_link_can_carry_a_thumb_is_sent(word: str | None) -> None:
    style = msgspec.structs.replace(RATED, good_word=word)
    assert sent(with_extras("好的。", TURN, style))[:2] == ["👍", "/bad#12"]


def test_a_failure_has_nothing_below_it() -> None:
    failed = msgspec.structs.replace(TURN, state=State.FAILED)
    assert with_extras("抱歉。", failed, RATED) == "抱歉。"


def test_a_turn_that_is_pushed_shows_its_questions_by_themselves() -> None:
    pushed = msgspec.structs.replace(TURN, is_pushed=True)
    assert sent(with_extras("好的。", pushed, RATED)) == ["/good#12", "/bad#12"]
    message = suggestions_message(pushed, PLAIN)
    assert sent(message) == list(TURN.suggestions)
    assert message.endswith(SAY("ai_label"))
    unlabelled = msgspec.structs.replace(PLAIN, has_ai_label=False)
    assert SAY("ai_label") not in suggestions_message(pushed, unlabelled)


@pytest.mark.parametrize("questions", [(), ("",), ("<>", " ")])
def test_without_a_question_that_can_be_shown_there_is_no_head(questions: tuple[str, ...]) -> None:
    empty = msgspec.structs.replace(TURN, suggestions=questions)
    assert with_extras("好的。", empty, PLAIN) == "好的。"
    assert suggestions_message(empty, PLAIN) == ""


@given(
    length=st.integers(0, TEXT_LIMIT_BYTES),
    questions=st.lists(st.text(max_size=60), max_size=3).map(tuple),
)
def test_they_stand_only_where_bytes_are_left(length: int, questions: tuple[str, ...]) -> None:
    turn = msgspec.structs.replace(TURN, suggestions=questions)
    text = "x" * length
    shown = with_extras(text, turn, RATED)
    assert shown.startswith(text)
    assert size_bytes(shown) <= TEXT_LIMIT_BYTES
    assert size_bytes(suggestions_message(turn, PLAIN)) <= TEXT_LIMIT_BYTES


def test_an_announcement_of_another_answer_comes_before_them() -> None:
    other = msgspec.structs.replace(TURN, id=8, number=13, question="另一个")
    shown = passive.outcome(TURN, RATED, other_unread=other)
    assert shown is not None
    assert sent(shown.text) == ["1#13", "/good#12", "/bad#12", *TURN.suggestions]


@pytest.mark.parametrize("chars", [10, 300, 590, 620, 1500])
def test_an_answer_that_is_shown_again_has_them_within_the_limit(chars: int) -> None:
    read = msgspec.structs.replace(TURN, is_unread=False, answer="字" * chars, question="问" * 50)
    shown = passive.again(read, RATED)
    assert shown is not None
    assert size_bytes(shown.text) <= TEXT_LIMIT_BYTES
    assert ("/good#12" in sent(shown.text)) is (shown.completes and chars < 590)
    assert "问" * 20 in shown.text


def test_a_part_that_has_more_behind_it_has_nothing_below_it() -> None:
    long = msgspec.structs.replace(TURN, answer="一句话。" * 600)
    shown = passive.outcome(long, RATED)
    assert shown is not None
    assert not shown.completes
    assert sent(shown.text) == ["1#12"]
