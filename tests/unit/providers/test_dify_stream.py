"""Dify over real HTTP: what is asked, what comes out, and what is asked again."""

import pytest

from support.dify_pair import (
    dify_pair,
    events_and_error,
    events_of,
    ids_of,
    is_whole,
    text_of,
    under_virtual_time,
    until,
)
from yingda.clock import SystemClock
from yingda.errors import (
    AnswerEmpty,
    AnswerIncomplete,
    NeedsPerson,
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
)
from yingda.providers.base import ConversationReset, Prompt, TextReplaced
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import DifySettings
from yingda.simulator.dify_script import (
    FOLDED_THINKING,
    THINKING,
    AppMode,
    DifyScript,
    Ending,
    Trouble,
)

QUESTION = "今天星期几？"
PROMPT = Prompt(text=QUESTION, user="u1")
STORED = Prompt(text=QUESTION, user="u1", conversation_id="6f1c2f8e-2f6b-4f0e-9d0a-0c7a3b1d9e11")
TEXT = DifyScript().text


async def test_the_request_streams_makes_no_title_and_carries_the_prompt() -> None:
    prompt = Prompt(text="问", user="u1", trace_id="turn-1")
    async with dify_pair(inputs={"a": "1", "b": "2"}) as pair:
        await events_of(pair.dify, prompt)
        sent = pair.server.requests[-1].values
    assert sent == {
        "query": "问",
        "inputs": {"a": "1", "b": "2"},
        "response_mode": "streaming",
        "user": "u1",
        "auto_generate_name": False,
        "trace_id": "turn-1",
    }


async def test_the_next_question_goes_into_the_same_conversation() -> None:
    async with dify_pair() as pair:
        first = ids_of(await events_of(pair.dify, PROMPT))
        again = Prompt(text="然后呢", user="u1", conversation_id=first.conversation_id)
        events = await events_of(pair.dify, again)
        assert ids_of(events).conversation_id == first.conversation_id
        assert not any(isinstance(event, ConversationReset) for event in events)


@pytest.mark.parametrize("thinking", [THINKING, FOLDED_THINKING])
@pytest.mark.parametrize("pieces", [1, 7, 500])
async def test_reasoning_never_reaches_the_answer(thinking: str, pieces: int) -> None:
    async with dify_pair(script=DifyScript(text=thinking + "答案", pieces=pieces)) as pair:
        assert text_of(await events_of(pair.dify, PROMPT)) == "答案"


async def test_moderation_replaces_what_was_sent() -> None:
    async with dify_pair(script=DifyScript(replaced_by="不便回答")) as pair:
        assert text_of(await events_of(pair.dify, PROMPT)) == "不便回答"


async def test_a_closing_message_that_repeats_the_answer_replaces_nothing() -> None:
    async with dify_pair(mode=AppMode.AGENT) as pair:
        events = await events_of(pair.dify, PROMPT)
    assert text_of(events) == TEXT
    assert not any(isinstance(event, TextReplaced) for event in events)


@pytest.mark.parametrize("ending", Ending)
@pytest.mark.parametrize("left_open", [False, True])
async def test_a_chatflow_ends_in_every_order_of_the_field(
    ending: Ending, *, left_open: bool
) -> None:
    script = DifyScript(ending=ending, left_open=left_open, workflow_status="partial-succeeded")
    events, error, took_s, _ = await under_virtual_time(
        script, PROMPT, step_s=0.5, mode=AppMode.ADVANCED_CHAT
    )
    assert error is None
    assert is_whole(events)
    assert text_of(events) == TEXT
    assert ids_of(events).workflow_run_id
    assert took_s <= 2.0


async def test_a_huge_event_in_the_middle_is_read_over() -> None:
    script = DifyScript(node_bytes=3_000_000)
    async with dify_pair(mode=AppMode.ADVANCED_CHAT, script=script) as pair:
        assert text_of(await events_of(pair.dify, PROMPT)) == TEXT


async def test_an_event_over_the_cap_breaks_the_answer_off() -> None:
    script = DifyScript(node_bytes=300_000)
    pair_of = dify_pair(mode=AppMode.ADVANCED_CHAT, script=script, line_limit_bytes=200_000)
    async with pair_of as pair:
        _, error = await events_and_error(pair.dify, PROMPT)
        await until(lambda: pair.server.open_streams == 0)
    assert isinstance(error, AnswerIncomplete)


async def test_an_answer_over_its_limit_ends_there_and_the_connection_with_it() -> None:
    script = DifyScript(text="长" * 5000, pieces=50)
    async with dify_pair(script=script, answer_limit_chars=1234) as pair:
        events, error = await events_and_error(pair.dify, PROMPT)
        await until(lambda: pair.server.open_streams == 0)
        assert pair.server.calls[QUESTION] == 1
    assert isinstance(error, AnswerIncomplete)
    assert text_of(events) == "长" * 1234
    assert not is_whole(events)


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Trouble.ERROR_EVENT, ProviderUnavailable),
        (Trouble.ERROR_EVENT_LEFT_OPEN, ProviderUnavailable),
        (Trouble.CUT, AnswerIncomplete),
        (Trouble.CUT_IN_CHARACTER, AnswerIncomplete),
        (Trouble.SILENT_END, AnswerIncomplete),
        (Trouble.WORKFLOW_FAILED, QuotaExhausted),
        (Trouble.WORKFLOW_STOPPED, AnswerIncomplete),
        (Trouble.WORKFLOW_PAUSED, NeedsPerson),
    ],
)
async def test_a_run_that_breaks_off_keeps_its_text_and_is_never_asked_twice(
    trouble: Trouble, kind: type[ProviderError]
) -> None:
    script = DifyScript(trouble=trouble)
    async with dify_pair(mode=AppMode.ADVANCED_CHAT, script=script) as pair:
        events, error = await events_and_error(pair.dify, PROMPT)
        await until(lambda: pair.server.open_streams == 0)
        assert pair.server.calls[QUESTION] == 1
    assert type(error) is kind
    assert text_of(events)
    assert TEXT.startswith(text_of(events))
    assert not is_whole(events)


async def test_an_empty_answer_is_an_error_of_its_own() -> None:
    async with dify_pair(script=DifyScript(text="")) as pair:
        _, error = await events_and_error(pair.dify, PROMPT)
    assert isinstance(error, AnswerEmpty)


@pytest.mark.parametrize(
    ("trouble", "kind", "calls"),
    [
        (Trouble.WRONG_KEY, ProviderMisconfigured, 1),
        (Trouble.APP_UNAVAILABLE, ProviderMisconfigured, 1),
        (Trouble.QUOTA, QuotaExhausted, 1),
        (Trouble.GATEWAY_TIMEOUT, ProviderTimeout, 1),
        (Trouble.BUSY, ProviderBusy, 3),
        (Trouble.BUSY_EVENT, ProviderBusy, 3),
        (Trouble.SERVER_ERROR, ProviderUnavailable, 3),
        (Trouble.HTML_ERROR, ProviderUnavailable, 3),
    ],
)
async def test_a_refusal_is_tried_again_only_where_that_is_safe(
    trouble: Trouble, kind: type[ProviderError], calls: int
) -> None:
    _, error, took_s, server = await under_virtual_time(
        DifyScript(trouble=trouble), PROMPT, step_s=0.5
    )
    assert type(error) is kind
    assert isinstance(error, ProviderError)
    assert error.mend
    assert server.calls[QUESTION] == calls
    assert (took_s >= 2.5) is (calls == 3)


@pytest.mark.parametrize("trouble", [Trouble.BUSY, Trouble.SERVER_ERROR, Trouble.BUSY_EVENT])
async def test_a_refusal_that_passes_costs_the_follower_only_time(trouble: Trouble) -> None:
    script = DifyScript(trouble=trouble, trouble_times=1)
    events, error, _, server = await under_virtual_time(script, PROMPT, step_s=0.5)
    assert error is None
    assert is_whole(events)
    assert text_of(events) == TEXT
    assert server.calls[QUESTION] == 2


async def test_retry_after_is_honoured_when_it_is_short() -> None:
    script = DifyScript(trouble=Trouble.BUSY, trouble_times=1, retry_after="6")
    events, _, took_s, _ = await under_virtual_time(script, PROMPT, step_s=0.5)
    assert is_whole(events)
    assert took_s >= 6.0


async def test_a_long_retry_after_is_told_and_not_waited_for() -> None:
    script = DifyScript(trouble=Trouble.BUSY, retry_after="3600")
    _, error, _, server = await under_virtual_time(script, PROMPT)
    assert isinstance(error, ProviderBusy)
    assert error.retry_after_s == 3600.0
    assert server.calls[QUESTION] == 1


@pytest.mark.parametrize("trouble", [Trouble.CONVERSATION_GONE, Trouble.CONVERSATION_COMPLETED])
async def test_a_lost_conversation_is_left_and_the_question_asked_once_more(
    trouble: Trouble,
) -> None:
    async with dify_pair(script=DifyScript(trouble=trouble)) as pair:
        events = await events_of(pair.dify, STORED)
        assert pair.server.calls[QUESTION] == 2
    assert events[0] == ConversationReset()
    assert is_whole(events)
    assert ids_of(events).conversation_id not in {None, STORED.conversation_id}


async def test_a_stored_id_that_dify_cannot_know_is_left_without_asking() -> None:
    async with dify_pair() as pair:
        prompt = Prompt(text=QUESTION, user="u1", conversation_id="echo-1")
        events = await events_of(pair.dify, prompt)
        assert pair.server.calls[QUESTION] == 1
    assert events[0] == ConversationReset()
    assert is_whole(events)


async def test_a_wrong_base_url_is_named_as_the_likely_cause() -> None:
    async with dify_pair() as pair:
        base_url = pair.server.base_url.replace("/v1", "/elsewhere")
        dify = Dify(DifySettings(base_url=base_url, api_key="app-simulator"), SystemClock())
        _, error = await events_and_error(dify, PROMPT)
        await dify.aclose()
    assert isinstance(error, ProviderMisconfigured)
    assert "base URL" in error.mend


async def test_no_error_shows_the_key_or_the_question() -> None:
    async with dify_pair(script=DifyScript(trouble=Trouble.WRONG_KEY)) as pair:
        _, error = await events_and_error(pair.dify, PROMPT)
    assert isinstance(error, ProviderError)
    assert "app-simulator" not in error.detail + error.mend
    assert QUESTION not in error.detail + error.mend
