"""What of a conversation goes along with a question: whole exchanges, the newest, within bounds."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.engine.asking.memory import (
    SUMMARY_LIMIT_CHARS,
    bounded_summary,
    exchange_of,
    limit_chars,
    to_summarise,
    window,
)
from yingda.providers.capabilities import Exchange, MemoryBounds
from yingda.providers.tokens import tokens_of
from yingda.store.memory_base import PastTurn, Remembered
from yingda.texts import Language, Texts
from yingda.turn.model import Form

#: An exchange of about 10 tokens of words and 8 for its two messages.
ANSWER = "one two three four five six seven eight nine"
EXCHANGE_TOKENS = 18


def past(count: int, answer: str = ANSWER) -> tuple[PastTurn, ...]:
    """So many turns, newest first."""
    return tuple(
        PastTurn(number=n, question=chr(96 + n), answer=answer) for n in range(count, 0, -1)
    )


def remembered(count: int, **changes: object) -> Remembered:
    return msgspec.structs.replace(Remembered(turns=past(count)), **changes)


def bounds(exchanges: int = 99, *, spare: int = 0, turns: int = 99) -> MemoryBounds:
    """Room for so many exchanges and some tokens."""
    return MemoryBounds(turns=turns, tokens=exchanges * EXCHANGE_TOKENS + spare)


def told(found: tuple[PastTurn, ...]) -> str:
    return "".join(turn.question for turn in found)


@pytest.mark.parametrize(
    ("limits", "question", "expected"),
    [
        (bounds(), "q", "abcde"),
        (bounds(turns=2), "q", "de"),
        (bounds(turns=0), "q", ""),
        (bounds(3, spare=1), "q", "cde"),
        # The question takes room as well, and so does what goes with every one.
        (bounds(3), "q", "de"),
        (bounds(3, spare=1), "q w e r", "de"),
        (msgspec.structs.replace(bounds(3, spare=1), own_tokens=1), "q", "de"),
    ],
)
def test_the_newest_exchanges_that_fit_are_told_in_their_order(
    limits: MemoryBounds, question: str, expected: str
) -> None:
    found = window(remembered(5), question, limits)
    assert told(found.told) == expected
    assert told(found.fallen) + expected == "abcde"


def test_a_summary_takes_its_room() -> None:
    full = window(remembered(3), "q", bounds(3, spare=1)).told
    less = window(remembered(3, summary="said"), "q", bounds(3, spare=1)).told
    assert (told(full), told(less)) == ("abc", "bc")


def test_nothing_older_is_told_behind_an_exchange_that_does_not_fit() -> None:
    turns = (*past(2)[:1], PastTurn(number=1, question="a", answer="long " * 99), *past(1))
    assert told(window(Remembered(turns=turns), "q", bounds(4)).told) == "b"


def test_the_newest_answer_is_cut_in_its_middle_where_it_alone_is_too_long() -> None:
    answer = "first " + "more " * 3000 + "last"
    limits = MemoryBounds(tokens=400)
    found = window(Remembered(turns=past(1, answer)), "go on", limits)
    (only,) = found.told
    assert only.answer.startswith("first ")
    assert only.answer.endswith(" last")
    assert "……" in only.answer
    assert 300 < tokens_of(only.answer) < 400


def test_an_answer_of_which_hardly_anything_would_be_left_is_not_told() -> None:
    found = window(Remembered(turns=past(1, "word " * 500)), "q", MemoryBounds(tokens=50))
    assert found.told == ()
    assert told(found.fallen) == "a"


@pytest.mark.parametrize(("is_broken", "expected"), [(True, ""), (False, "a")])
def test_a_broken_try_is_not_told_when_its_question_is_asked_again(
    *, is_broken: bool, expected: str
) -> None:
    turn = PastTurn(number=1, question="a", answer="half", is_broken=is_broken)
    assert told(window(Remembered(turns=(turn,)), "a", bounds()).told) == expected


def test_a_broken_try_is_not_told_beside_the_answer_that_came_later() -> None:
    turns = (
        PastTurn(number=2, question="a", answer="whole"),
        PastTurn(number=1, question="a", answer="half", is_broken=True),
    )
    found = window(Remembered(turns=turns), "q", bounds())
    assert [turn.answer for turn in (*found.told, *found.fallen)] == ["whole"]


@given(
    st.lists(st.text(max_size=300), max_size=12),
    st.integers(0, 400),
    st.integers(0, 12),
    st.text(max_size=50),
)
def test_what_is_told_is_within_its_bounds_and_nothing_is_lost(
    answers: list[str], tokens: int, turns: int, question: str
) -> None:
    said = tuple(
        PastTurn(number=n, question=f"q{n}", answer=answer) for n, answer in enumerate(answers)
    )[::-1]
    limits = MemoryBounds(turns=turns, tokens=tokens)
    found = window(Remembered(turns=said), question, limits)
    assert len(found.told) <= turns
    spent = sum(tokens_of(turn.question) + tokens_of(turn.answer) for turn in found.told)
    assert not found.told or spent + tokens_of(question) <= tokens
    numbers = [turn.number for turn in (*found.fallen, *found.told)]
    assert numbers == list(range(len(answers)))


def test_what_cannot_fit_need_not_be_looked_at() -> None:
    limits = MemoryBounds(tokens=100)
    longest = "abcdef " * (limit_chars(limits) // 7 + 1)
    assert tokens_of(longest) > 100


# What is put in short


def test_nothing_is_put_in_short_while_all_of_it_is_told() -> None:
    assert to_summarise(remembered(4), bounds(4)) == ()


def test_half_of_the_room_is_left_so_that_not_every_turn_asks_again() -> None:
    due = to_summarise(remembered(5), bounds(4))
    assert told(due) == "abc"
    later = remembered(7, turns=past(7)[:4])
    assert to_summarise(later, bounds(4)) == ()


def test_no_more_is_put_in_short_than_would_go_with_a_question() -> None:
    due = to_summarise(remembered(20), bounds(4))
    # The newest two are still told; the four before them are what fits.
    assert told(due) == "opqr"


def test_without_any_turns_nothing_is_put_in_short() -> None:
    assert to_summarise(remembered(9), bounds(turns=0)) == ()


@pytest.mark.parametrize(
    ("text", "limits", "expected"),
    [
        (" 摘要。\n", MemoryBounds(), "摘要。"),
        ("长" * 5000, MemoryBounds(), "长" * SUMMARY_LIMIT_CHARS),
        ("长" * 5000, MemoryBounds(tokens=400), "长" * 83),
        (" ", MemoryBounds(), ""),
    ],
)
def test_a_summary_is_bounded(text: str, limits: MemoryBounds, expected: str) -> None:
    assert bounded_summary(text, limits) == expected


# How it is told


@pytest.mark.parametrize(
    ("form", "question", "language", "expected"),
    [
        (Form.TEXT, "好", Language.CHINESE, "好"),
        (Form.VOICE, "好", Language.CHINESE, "好"),
        (Form.PICTURE, "这是什么", Language.CHINESE, "（附有图片） 这是什么"),
        (Form.PICTURE, "", Language.CHINESE, "（附有图片）"),
        (Form.PICTURE, "what", Language.ENGLISH, "(with a picture) what"),
    ],
)
def test_a_past_question_with_a_picture_says_so(
    form: Form, question: str, language: Language, expected: str
) -> None:
    turn = PastTurn(number=1, question=question, answer="答", form=form)
    assert exchange_of(turn, Texts(language=language)) == Exchange(expected, "答")
