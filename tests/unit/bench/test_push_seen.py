"""How messages are laid on the answer that they carry, and what is counted of them."""

import math

import pytest

from bench import push_seen
from bench.followers import ANSWER_CHARS, EVENT_COUNT, FIRST_PART_CHARS
from bench.push_rows import push_rows
from bench.push_seen import Asked, Seen, answer_of, is_over, judged
from yingda.simulator.dify_script import pieces_of
from yingda.simulator.phone import Bubble
from yingda.texts import Texts

KEY = "12-1"
ANSWER = answer_of(KEY)
FIRST, REST = ANSWER[:60] + "\n\n（1）", "（2/2）\n\n" + ANSWER[60:] + "\n\n（内容由 AI 生成）"
NONE: frozenset[str] = frozenset()


def shown(*texts: str) -> list[Bubble]:
    """One message every ten seconds, beginning five after the question."""
    return [
        Bubble(is_mine=False, text=text, at_s=105.0 + 10 * n, is_service=True)
        for n, text in enumerate(texts)
    ]


def seen(*texts: str, silenced: frozenset[str] = NONE, fetched_at_s: float | None = None) -> Seen:
    asked = Asked(key=KEY, at_s=100.0, fetched_at_s=fetched_at_s)
    return judged(asked, shown(*texts), silenced)


def test_an_answer_makes_as_many_events_as_the_other_variants_have() -> None:
    assert len(ANSWER) == ANSWER_CHARS
    assert len(pieces_of(ANSWER, EVENT_COUNT)) == EVENT_COUNT


def test_an_answer_in_two_messages_is_whole_and_shown_once() -> None:
    found = seen(FIRST, REST)
    assert found.is_whole
    assert found.is_whole_by_itself
    assert found.messages == 2
    assert (found.missing_chars, found.doubled_chars) == (0, 0)
    assert found.delay_s == 5.0


def test_a_lost_message_leaves_its_characters_missing() -> None:
    found = seen(REST)
    assert found.missing_chars == 60
    assert found.delay_s is None
    assert not found.is_whole


def test_a_message_that_comes_twice_is_counted_by_its_characters() -> None:
    assert seen(FIRST, FIRST, REST).doubled_chars == 60
    assert seen(FIRST, FIRST, REST).in_doubt_chars == 0


def test_only_the_first_repeat_of_a_part_in_doubt_is_excused() -> None:
    found = seen(FIRST, FIRST, FIRST, REST, silenced=frozenset({FIRST}))
    # The second sending was in doubt as well, for its text is the same.
    assert found.doubled_chars == 120
    assert found.in_doubt_chars == 120
    again = seen(FIRST, FIRST + " ", FIRST + " ", REST, silenced=frozenset({FIRST}))
    assert (again.doubled_chars, again.in_doubt_chars) == (120, 60)


def test_what_was_fetched_did_not_come_by_itself() -> None:
    found = seen(FIRST, REST, fetched_at_s=110.0)
    assert found.is_whole
    assert not found.is_whole_by_itself


def test_too_little_of_an_answer_is_no_first_part() -> None:
    assert seen(ANSWER[: FIRST_PART_CHARS - 1]).delay_s is None


def test_another_questions_message_shows_nothing_of_this_one() -> None:
    assert seen(answer_of("12-2"), answer_of("2-1")).missing_chars == ANSWER_CHARS


def test_a_question_is_over_with_its_answers_end_or_its_failure() -> None:
    assert is_over(KEY, [FIRST, REST])
    assert not is_over(KEY, [FIRST])
    assert not is_over(KEY, [answer_of("12-2")])
    assert is_over(KEY, [Texts().say("failed_busy", retry="再问一次")])


def test_the_summary_takes_whole_answers_of_those_the_ai_gives() -> None:
    fails = Asked(key=KEY, at_s=100.0, fetched_at_s=None, written_chars=0)
    told = judged(fails, shown(Texts().say("failed_busy", retry="再问一次")), NONE)
    found = push_seen.summary([seen(FIRST, REST), told])
    assert found["whole"] == found["whole_by_itself"] == 1.0
    assert found["seen_by_itself"] == 1.0
    assert found["missing_chars"] == 0
    assert found["messages_p50"] == 2.0
    assert found["odd"] == []


@pytest.mark.parametrize(
    ("texts", "is_met"), [((FIRST, REST), True), ((FIRST, FIRST, REST), False), ((REST,), False)]
)
def test_the_bars_ask_for_every_character_once(texts: tuple[str, ...], *, is_met: bool) -> None:
    counted = {
        "ai_calls_without_fault": 1,
        "questions_without_fault": 1,
        "failure_lines": 0,
        "cpu_ms_per_question": 1.0,
    }
    rows = push_rows("load pushing", {**push_seen.summary([seen(*texts)]), **counted}, 0.99)
    assert all(not math.isnan(row.ours) for row in rows)
    assert all(row.is_met is not False for row in rows) is is_met
