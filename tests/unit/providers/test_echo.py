"""The built-in provider: paced by the clock, counted without a memory."""

import pytest

from support.dify_pair import events_of, ids_of, is_whole, text_of
from yingda.clock import VirtualClock
from yingda.providers.base import Prompt, RunTrace, TextDelta
from yingda.providers.echo import LENGTH_LIMIT_CHARS, Echo, EchoSettings


async def ask(
    question: str, conversation_id: str | None = None, **settings: float
) -> tuple[str, str, float, int]:
    """Text, conversation, virtual seconds taken, and how many pieces."""
    clock = VirtualClock()
    echo = Echo(EchoSettings(**settings), clock)  # type: ignore[arg-type]
    prompt = Prompt(text=question, user="u1", conversation_id=conversation_id)
    events = await clock.run(events_of(echo, prompt))
    assert is_whole(events)
    pieces = sum(isinstance(event, TextDelta) for event in events)
    conversation = ids_of(events).conversation_id or ""
    return text_of(events), conversation, clock.monotonic(), pieces


async def test_an_answer_without_pace_is_instant_and_in_one_piece() -> None:
    text, _, took_s, pieces = await ask("你好")
    assert (took_s, pieces) == (0.0, 1)
    assert "你好" in text
    assert text.startswith("## ")
    assert "\n- " in text


async def test_an_answer_takes_the_set_time_in_many_pieces() -> None:
    _, _, took_s, pieces = await ask("你好", first_text_s=2.0, duration_s=10.0)
    assert took_s == pytest.approx(10.0)
    assert pieces > 10


@pytest.mark.parametrize(
    ("question", "took_s"), [("慢 12", 12.0), ("请慢0.5秒", 0.5), ("慢 9999", 600.0), ("慢点", 0.0)]
)
async def test_the_question_sets_the_pace(question: str, took_s: float) -> None:
    assert (await ask(question))[2] == pytest.approx(took_s)


@pytest.mark.parametrize(
    ("question", "length_chars"),
    [("长 3000", 3000), ("长500慢 1", 500), ("长 9999999", LENGTH_LIMIT_CHARS)],
)
async def test_the_question_sets_the_length(question: str, length_chars: int) -> None:
    text, *_ = await ask(question)
    assert len(text) == length_chars
    assert text.endswith("。")


async def test_the_answer_tells_how_to_steer_it() -> None:
    text, *_ = await ask("怎么用")
    assert "慢 12" in text
    assert "长 3000" in text


async def test_questions_are_counted_though_nothing_is_kept() -> None:
    text, conversation_id, *_ = await ask("一")
    assert "第 1 个问题" in text
    text, conversation_id, *_ = await ask("二", conversation_id)
    assert "第 2 个问题" in text
    text, _, *_ = await ask("三", conversation_id)
    assert "第 3 个问题" in text


async def test_a_foreign_conversation_id_starts_a_new_conversation() -> None:
    text, conversation_id, *_ = await ask("一", "6f1c2f8e-2f6b-4f0e-9d0a-0c7a3b1d9e11")
    assert "第 1 个问题" in text
    assert conversation_id.startswith("echo-")


async def test_two_conversations_never_share_an_id() -> None:
    assert (await ask("一"))[1] != (await ask("一"))[1]


async def test_nothing_is_ever_found_of_a_lost_run() -> None:
    echo = Echo(EchoSettings(), VirtualClock())
    assert await echo.find_finished(RunTrace(question="一", user="u1", asked_at=0.0)) is None
