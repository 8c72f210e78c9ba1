"""A reply keeps to its limit, whatever an operator writes around the parts of an answer."""

import itertools
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.delivery import passive
from yingda.delivery.passive import Composed, Progress
from yingda.delivery.plain import Block, blocks
from yingda.delivery.quote import quoted
from yingda.delivery.style import ReplyStyle, tap_link
from yingda.errors import FailureKind
from yingda.texts import (
    LONGEST_BYTES,
    QUESTION_LIMIT_BYTES,
    SENTENCES,
    Language,
    Texts,
    flaw,
    limit_bytes,
    placeholders,
)
from yingda.turn.lifecycle import State
from yingda.turn.model import Form, Notice, Turn
from yingda.wechat.limits import TEXT_LIMIT_BYTES

#: Eight characters of four bytes: the longest pickup word that settings take.
WORD = "\U0002070e" * 8
FLOOR_BYTES = 600


def longest(key: str) -> str:
    """The longest sentence of this key that an operator may write, every placeholder in it."""
    names = "".join(f"{{{name}}}" for name in sorted(placeholders(SENTENCES[key].zh)))
    filled_bytes = sum(LONGEST_BYTES[name] for name in placeholders(SENTENCES[key].zh))
    template = names + "x" * (limit_bytes(key) - filled_bytes)
    assert flaw(key, template) is None
    assert flaw(key, template + "x") is not None
    return template


WORST = ReplyStyle(
    texts=Texts(overrides={key: longest(key) for key in SENTENCES}), pickup_word=WORD
)
BUILT_IN = [ReplyStyle(texts=Texts(language), pickup_word=WORD) for language in Language]
TURN = Turn(
    id=1,
    conversation_id=1,
    account="shop",
    openid="o_one",
    number=999_999_999,
    question="\U0001f600" * 30,
    state=State.ANSWERED,
    run_no=1,
    entered_at=0.0,
    is_unread=True,
)


def size_bytes(text: str) -> int:
    return len(text.encode())


def turn(**changes: object) -> Turn:
    return msgspec.structs.replace(TURN, **changes)


def parts(turn: Turn, style: ReplyStyle) -> list[Composed]:
    """Every reply that hands this turn over, one after the other."""
    composed: list[Composed] = []
    while not composed or not composed[-1].completes:
        shown = passive.outcome(turn, style, names_question=True, other_unread=TURN)
        assert shown is not None
        composed.append(shown)
        turn = msgspec.structs.replace(turn, cursor=shown.end, parts_offered=turn.parts_offered + 1)
    return composed


ANSWERS = ["答", "答" * 199, "答" * 201, "答" * 3000, "a" * 9000, "**b** `c`\n\n- d\n\n" * 400]
STYLES = [WORST, *BUILT_IN]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("failure", [None, FailureKind.INCOMPLETE])
def test_no_part_with_all_that_stands_around_it_is_over_the_limit(
    style: ReplyStyle, answer: str, failure: FailureKind | None
) -> None:
    asked = turn(answer=answer, failure=failure, conversation_was_reset=True)
    assert all(size_bytes(each.text) <= TEXT_LIMIT_BYTES for each in parts(asked, style))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("failure", [None, FailureKind.INCOMPLETE])
def test_a_repeated_answer_is_not_over_the_limit_with_its_question(
    style: ReplyStyle, answer: str, failure: FailureKind | None
) -> None:
    asked = turn(answer=answer, failure=failure, conversation_was_reset=True, is_unread=False)
    shown = passive.again(asked, style)
    assert shown is not None
    assert size_bytes(shown.text) <= TEXT_LIMIT_BYTES


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("question", [TURN.question, "问", ""])
def test_an_answer_to_a_recording_fits_below_what_was_heard(
    style: ReplyStyle, answer: str, question: str
) -> None:
    spoken = turn(answer=answer, form=Form.VOICE, question=question, conversation_was_reset=True)
    shown = parts(spoken, style)
    assert all(size_bytes(each.text) <= TEXT_LIMIT_BYTES for each in shown)


@pytest.mark.parametrize("style", BUILT_IN)
@pytest.mark.parametrize("question", ["问", ""])
def test_what_was_heard_stands_above_the_first_part_alone(style: ReplyStyle, question: str) -> None:
    shown = parts(turn(answer="答" * 3000, form=Form.VOICE, question=question), style)
    heard = style.texts.say("heard", question=quoted(question))
    assert [heard in each.text for each in shown] == [bool(question), *[False] * (len(shown) - 1)]


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("answer", ANSWERS)
def test_shown_again_an_answer_to_a_recording_has_the_same_parts(
    style: ReplyStyle, answer: str
) -> None:
    spoken = turn(answer=answer, form=Form.VOICE)
    again = passive.again(spoken, style)
    assert again is not None
    assert again.end == parts(spoken, style)[0].end
    assert size_bytes(again.text) <= TEXT_LIMIT_BYTES


def test_the_longest_frames_still_leave_a_part_its_floor() -> None:
    asked = turn(answer="答" * 3000, failure=FailureKind.INCOMPLETE, conversation_was_reset=True)
    first = passive.outcome(asked, WORST, names_question=True)
    assert first is not None
    assert FLOOR_BYTES - 3 < first.text.count("答") * 3 <= TEXT_LIMIT_BYTES


def test_a_part_in_the_thousands_is_numbered_within_the_limit() -> None:
    asked = turn(answer="答" * 3000, parts_offered=9990, failure=FailureKind.INCOMPLETE)
    assert all(size_bytes(each.text) <= TEXT_LIMIT_BYTES for each in parts(asked, WORST))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("kind", FailureKind)
def test_a_failure_without_an_answer_is_not_over_the_limit(
    style: ReplyStyle, kind: FailureKind
) -> None:
    asked = turn(state=State.FAILED, failure=kind, conversation_was_reset=True)
    (only,) = parts(asked, style)
    assert size_bytes(only.text) <= TEXT_LIMIT_BYTES


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("ahead", "other"),
    list(itertools.product([0, 1001], [None, TURN, turn(parts_offered=3)])),
)
def test_a_promise_is_not_over_the_limit(style: ReplyStyle, ahead: int, other: Turn | None) -> None:
    said = passive.promise(turn(ahead=ahead), style, other_unread=other)
    assert size_bytes(said) <= TEXT_LIMIT_BYTES


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("progress", [Progress(100_000, 1500.0), Progress(0, 1500.0)])
def test_a_promise_that_tells_how_far_it_is_is_not_over_the_limit(
    style: ReplyStyle, progress: Progress
) -> None:
    said = passive.promise(turn(), style, progress=progress, other_unread=TURN)
    assert size_bytes(said) <= TEXT_LIMIT_BYTES


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("notice", [None, *Notice])
@pytest.mark.parametrize("answer", [answer for answer in ANSWERS if len(answer) > 500])
def test_a_part_of_an_unfinished_answer_is_not_over_the_limit(
    style: ReplyStyle, notice: Notice | None, answer: str
) -> None:
    asked = turn(notice=notice, conversation_was_reset=True, parts_offered=0, is_unread=False)
    text = answer.replace("答" * 9, "答" * 8 + "。") + "\n\n尾"
    shown = passive.live_part(asked, text, style, names_question=True, other_unread=TURN)
    assert shown is not None
    assert size_bytes(shown.text) <= TEXT_LIMIT_BYTES
    assert not shown.completes
    assert shown.shown
    assert shown.end > shown.start


@pytest.mark.parametrize(("written", "is_shown"), [(38, False), (39, True)])
def test_forty_settled_characters_are_worth_a_reply(*, written: int, is_shown: bool) -> None:
    shown = passive.live_part(turn(is_unread=False), "答" * written + "。后", BUILT_IN[0])
    assert (shown is not None) == is_shown


@pytest.mark.parametrize("notice", Notice)
def test_why_a_text_begins_anew_is_said_with_its_first_part_alone(notice: Notice) -> None:
    said = BUILT_IN[0].texts.say(f"notice_{notice.value}")
    shown = [each.text for each in parts(turn(answer="答" * 3000, notice=notice), BUILT_IN[0])]
    assert [said in each for each in shown] == [True] + [False] * (len(shown) - 1)


def test_a_link_is_as_long_at_most_as_sentences_are_measured_with() -> None:
    link = tap_link(WORST, TURN)
    assert size_bytes(link) == LONGEST_BYTES["link"]
    assert quote(WORD, safe="") in link


@given(st.text(max_size=400))
def test_a_quoted_question_keeps_to_its_bytes(question: str) -> None:
    assert size_bytes(quoted(question)) <= QUESTION_LIMIT_BYTES


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("为什么？", "为什么？"),
        ("问" * 20, "问" * 20),
        ("问" * 21, "问" * 20 + "…"),
        ("\U0001f600" * 21, "\U0001f600" * 20 + "…"),
        # A family is one character of 25 bytes; three of them fit.
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466" * 5, None),
        # One character, however many marks it bears, is never shown in pieces.
        ("e" + "\u0301" * 5000, "…"),
    ],
)
def test_a_question_is_quoted_by_whole_characters(question: str, expected: str | None) -> None:
    family = question[:7]
    assert quoted(question) == (expected or family * 3 + "…")


def test_a_long_answer_is_read_once_for_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(source: str) -> tuple[Block, ...]:
        read.append(source)
        return blocks(source)

    monkeypatch.setattr(passive, "blocks", counted)
    answer = "只读一次的长回答。" * 400
    assert len(parts(turn(answer=answer), BUILT_IN[0])) > 3
    assert read == [answer]
