"""One model asked over HTTP: what is sent, what is asked again, and when it is given up."""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any, cast

import pytest

from support.dify_pair import events_and_error, events_of, is_whole, outlast, text_of
from support.openai_pair import openai_pair
from yingda.clock import VirtualClock
from yingda.errors import (
    AnswerIncomplete,
    ProviderBusy,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
)
from yingda.providers.base import Event, Exchange, Finished, Picture, Prompt, TextDelta
from yingda.simulator.openai_script import ChatEnding, ChatScript, Refusal, UsagePlace
from yingda.simulator.openai_server import MODEL, OpenAiServer
from yingda.templates import Template

ASK = Prompt(text="问", user="follower-1")
BUSY = Refusal(status=429, body={"error": {"message": "slow", "code": "rate_limit_exceeded"}})


async def sent(prompt: Prompt = ASK, **settings: Any) -> Mapping[str, Any]:
    """The body of the one request that this prompt brings."""
    async with openai_pair(**settings) as pair:
        assert is_whole(await events_of(pair.provider, prompt))
        (request,) = pair.server.requests
        return request.values


async def under_virtual_time(
    script: ChatScript, *, step_s: float = 1.0, **settings: Any
) -> tuple[list[Event], Exception | None, float, OpenAiServer]:
    """Events, error, virtual seconds taken, and the server asked."""
    clock = VirtualClock()
    async with openai_pair(clock=clock, script=script, **settings) as pair:
        task = asyncio.create_task(events_and_error(pair.provider, ASK))
        await outlast(clock, task, step_s=step_s)
        events, error = task.result()
        return events, error, clock.monotonic(), pair.server


async def test_the_least_request_streams_and_asks_for_usage() -> None:
    assert await sent() == {
        "model": MODEL,
        "messages": [{"role": "user", "content": "问"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "user": "follower-1",
    }


async def test_a_conversation_is_told_in_its_order_with_one_system_message() -> None:
    history = (Exchange("一问", "一答"), Exchange("二问", " "), Exchange("三问", "三答"))
    prompt = Prompt(
        text="问", user="u", history=history, summary="早先说过天气", values={"date": "11-22"}
    )
    body = await sent(prompt, system_prompt=Template.parse("今天是{date}。{{}}"))
    system, *rest = body["messages"]
    assert system["role"] == "system"
    assert system["content"].startswith("今天是11-22。{}\n\n")
    assert system["content"].endswith("早先说过天气")
    assert [(each["role"], each["content"]) for each in rest] == [
        ("user", "一问"),
        ("assistant", "一答"),
        ("user", "三问"),
        ("assistant", "三答"),
        ("user", "问"),
    ]


async def test_a_summary_is_asked_for_plainly_and_streams_like_any_answer() -> None:
    template = Template.parse("你是客服。")
    async with openai_pair(summarise=True, system_prompt=template) as pair:
        summariser = pair.provider.capabilities.summariser
        assert summariser is not None
        said = (Exchange("我叫小明", "你好小明"),)
        assert await summariser.summarise("早先", said, "u") == ChatScript().text
        (request,) = pair.server.requests
        (message,) = cast("list[dict[str, str]]", request.values["messages"])
        assert all(each in message["content"] for each in ("早先", "我叫小明", "你好小明"))


async def test_the_bounds_of_memory_follow_from_the_settings() -> None:
    template = Template.parse("你是客服。" * 20)
    async with openai_pair(memory_turns=3, memory_tokens=999, system_prompt=template) as pair:
        bounds = pair.provider.capabilities.memory_bounds
        assert (bounds.turns, bounds.tokens) == (3, 999)
        assert bounds.own_tokens > 50
        assert pair.provider.capabilities.summariser is None


async def test_pictures_go_along_as_data_urls() -> None:
    picture = Picture(content=b"\xff\xd8jpeg", content_type="image/jpeg")
    body = await sent(Prompt(text="这是什么", user="u", pictures=(picture,)), vision=True)
    text, image = body["messages"][0]["content"]
    assert text == {"type": "text", "text": "这是什么"}
    head, _, encoded = image["image_url"]["url"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(encoded) == picture.content


async def test_own_settings_and_extra_fields_are_sent_and_the_user_only_if_wished() -> None:
    extra = {"enable_thinking": False, "stream": False}
    body = await sent(temperature=0.2, max_tokens=50, extra_body=extra, send_user=False)
    assert (body["temperature"], body["max_tokens"]) == (0.2, 50)
    assert (body["enable_thinking"], body["stream"]) == (False, True)
    assert "user" not in body


async def test_own_headers_are_sent_and_one_may_stand_for_the_key() -> None:
    headers = {"X-Gateway": "7", "authorization": "Bearer sk-simulator"}
    async with openai_pair(headers=headers, api_key="sk-other") as pair:
        assert is_whole(await events_of(pair.provider, ASK))
        assert pair.server.requests[0].headers["X-Gateway"] == "7"


@pytest.mark.parametrize("field", ["stream_options", "user"])
async def test_a_field_that_is_refused_is_left_out_and_not_offered_again(field: str) -> None:
    async with openai_pair(refuses={field}) as pair:
        assert is_whole(await events_of(pair.provider, ASK))
        assert is_whole(await events_of(pair.provider, ASK))
        assert [field in each.values for each in pair.server.requests] == [True, False, False]


@pytest.mark.parametrize("field", ["stream_options", "user"])
async def test_questions_that_meet_the_same_refusal_at_once_are_all_answered(field: str) -> None:
    async with openai_pair(refuses={field}) as pair:
        asked = [events_of(pair.provider, ASK) for _ in range(4)]
        assert all(is_whole(events) for events in await asyncio.gather(*asked))


async def test_a_server_that_knows_the_newer_name_of_the_limit_alone_is_told_by_it() -> None:
    async with openai_pair(refuses={"max_tokens"}, max_tokens=9) as pair:
        assert is_whole(await events_of(pair.provider, ASK))
        _, second = pair.server.requests
        assert second.values["max_completion_tokens"] == 9
        assert "max_tokens" not in second.values


@pytest.mark.parametrize("field", ["logit_bias", "user"])
async def test_a_field_that_the_operator_insists_on_is_refused_once_and_for_all(field: str) -> None:
    async with openai_pair(refuses={field}, extra_body={field: "x"}) as pair:
        _, error = await events_and_error(pair.provider, ASK)
        assert isinstance(error, ProviderMisconfigured)
        assert len(pair.server.requests) == 1


@pytest.mark.parametrize(
    "script",
    [
        ChatScript(whole=True),
        ChatScript(line_end="\r\n"),
        ChatScript(comments=3),
        ChatScript(usage=UsagePlace.LAST_CHUNK),
        ChatScript(usage=UsagePlace.CHOICE),
        ChatScript(ending=ChatEnding.REASON_ONLY),
        ChatScript(reasoning="想一想", reasoning_field="reasoning"),
    ],
)
async def test_every_form_of_an_answer_is_read_with_its_usage(script: ChatScript) -> None:
    async with openai_pair(script=script) as pair:
        events = await events_of(pair.provider, ASK)
    assert text_of(events) == script.text
    assert [each.usage is not None for each in events if isinstance(each, Finished)] == [True]


async def test_a_stream_that_breaks_keeps_its_text_and_is_not_asked_again() -> None:
    async with openai_pair(script=ChatScript(ending=ChatEnding.CUT)) as pair:
        events, error = await events_and_error(pair.provider, ASK)
        assert text_of(events)
        assert isinstance(error, AnswerIncomplete)
        assert pair.server.calls["问"] == 1


async def test_an_error_in_the_stream_keeps_the_text_and_is_not_asked_again() -> None:
    async with openai_pair(script=ChatScript(ending=ChatEnding.ERROR)) as pair:
        events, error = await events_and_error(pair.provider, ASK)
        assert text_of(events)
        assert isinstance(error, ProviderUnavailable)
        assert pair.server.calls["问"] == 1


async def test_a_model_that_has_thought_is_not_asked_again_for_want_of_room() -> None:
    busy = {"message": "slow", "code": "rate_limit_exceeded"}
    script = ChatScript(reasoning="想", ending=ChatEnding.ERROR, ending_after_pieces=0, error=busy)
    events, error, _, server = await under_virtual_time(script)
    assert isinstance(error, ProviderBusy)
    assert text_of(events) == ""
    assert server.calls[ASK.text] == 1


async def test_text_is_gathered_and_given_on_in_few_pieces() -> None:
    script = ChatScript(text="字" * 500, pieces=500)
    async with openai_pair(script=script) as pair:
        events = await events_of(pair.provider, ASK)
    assert text_of(events) == script.text
    assert sum(isinstance(each, TextDelta) for each in events) < 20


@pytest.mark.parametrize(
    "settings",
    [
        {"line_limit_bytes": 100},
        {"total_limit_bytes": 400},
        {"answer_limit_chars": 3},
    ],
)
@pytest.mark.parametrize("whole", [False, True])
async def test_every_cap_ends_the_answer_as_incomplete(
    settings: dict[str, int], *, whole: bool
) -> None:
    if whole and "total_limit_bytes" in settings:
        settings = {"line_limit_bytes": 30}
    async with openai_pair(script=ChatScript(whole=whole), **cast("Any", settings)) as pair:
        _, error = await events_and_error(pair.provider, ASK)
    assert isinstance(error, AnswerIncomplete)


async def test_a_slow_reader_gets_every_character_in_order() -> None:
    script = ChatScript(text="".join(chr(0x4E00 + number) for number in range(5000)), pieces=5000)
    text = ""
    async with openai_pair(script=script, gather_s=0.0) as pair:
        async for event in pair.provider.stream(ASK):
            if isinstance(event, TextDelta):
                text += event.text
            await asyncio.sleep(0.001)
    assert text == script.text


async def test_want_of_room_is_asked_again_after_a_wait() -> None:
    script = ChatScript(refusal=Refusal(status=429, body=BUSY.body, times=2))
    events, error, took_s, server = await under_virtual_time(script, step_s=0.5)
    assert error is None
    assert is_whole(events)
    assert server.calls["问"] == 3
    assert took_s >= 2.5


async def test_the_wait_that_the_server_asks_for_is_kept() -> None:
    refusal = Refusal(status=429, body=BUSY.body, headers={"Retry-After": "6"}, times=1)
    events, _, took_s, _ = await under_virtual_time(ChatScript(refusal=refusal))
    assert is_whole(events)
    assert took_s >= 6.0


@pytest.mark.parametrize(("tries", "calls"), [(1, 1), (2, 2)])
async def test_no_more_requests_are_sent_than_are_set(tries: int, calls: int) -> None:
    script = ChatScript(refusal=BUSY)
    _, error, _, server = await under_virtual_time(script, step_s=0.5, tries=tries)
    assert isinstance(error, ProviderBusy)
    assert server.calls["问"] == calls


QUOTED = "我的身份证号是110101199003071234，帮我查一下"


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": f"cannot read: {QUOTED}"}},
        {"error": {"message": f"{'x' * 180} {QUOTED}"}},
        {"error": {"message": f"cannot read\n{QUOTED[3:-3]}"}},
        {"detail": [{"loc": ["body"], "msg": "bad", "input": [{"content": "别的秘密"}]}]},
        {"error": {"message": "no such key", "code": "key-0123456789"}},
    ],
)
async def test_a_refusal_that_quotes_what_was_sent_is_told_without_it(body: Any) -> None:
    script = ChatScript(refusal=Refusal(status=400, body=body))
    headers = {"Authorization": "Bearer sk-simulator", "X-Key": "key-0123456789"}
    async with openai_pair(script=script, headers=headers) as pair:
        _, error = await events_and_error(pair.provider, Prompt(text=QUOTED, user="u"))
    assert isinstance(error, ProviderMisconfigured)
    assert "400" in error.detail
    assert error.mend
    for secret in ("110101", "身份证", "别的秘密", "0123456789"):
        assert secret not in error.detail


async def test_a_history_that_is_quoted_is_left_out_too() -> None:
    body = {"error": {"message": "bad: 早先说过的一件私事"}}
    script = ChatScript(refusal=Refusal(status=400, body=body))
    prompt = Prompt(text="问", user="u", history=(Exchange("我早先说过的一件私事", "好"),))
    async with openai_pair(script=script) as pair:
        _, error = await events_and_error(pair.provider, prompt)
    assert isinstance(error, ProviderMisconfigured)
    assert error.detail.endswith("bad: […]")


async def test_a_wrong_key_is_refused_once_and_never_shown() -> None:
    async with openai_pair(api_key="sk-wrong-12345678") as pair:
        _, error = await events_and_error(pair.provider, ASK)
        assert isinstance(error, ProviderMisconfigured)
        assert "api_key" in error.mend
        assert len(pair.server.requests) == 1
        assert "sk-wrong" not in repr(error) + repr(pair.provider)


@pytest.mark.parametrize(
    ("script", "settings", "least_s", "most_s"),
    [
        (ChatScript(ending=ChatEnding.STALL), {"read_s": 20.0}, 20, 24),
        (ChatScript(gap_s=5.0, pieces=20), {"total_s": 30.0}, 30, 34),
    ],
)
async def test_each_deadline_ends_the_stream_and_keeps_its_text(
    script: ChatScript, settings: dict[str, float], least_s: float, most_s: float
) -> None:
    events, error, took_s, server = await under_virtual_time(script, **settings)
    assert isinstance(error, ProviderTimeout)
    assert text_of(events)
    assert least_s <= took_s <= most_s
    assert server.calls["问"] == 1


async def test_a_connection_left_open_after_the_end_is_not_waited_for() -> None:
    script = ChatScript(ending=ChatEnding.LEFT_OPEN)
    events, error, took_s, _ = await under_virtual_time(script)
    assert error is None
    assert is_whole(events)
    assert took_s <= 3.0


async def test_what_the_provider_keeps_nowhere_is_not_found_and_not_asked_for() -> None:
    async with openai_pair() as pair:
        await pair.provider.forget("any", "follower-1")
        assert pair.server.requests == []
