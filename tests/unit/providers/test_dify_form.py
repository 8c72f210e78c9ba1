"""Which input variable takes the question, and how a request carries it."""

import asyncio
import json

import pytest

from support.dify_pair import dify_pair, events_and_error, events_of, is_whole
from yingda.errors import ProviderMisconfigured, ProviderUnavailable
from yingda.providers.base import Prompt
from yingda.providers.dify_form import question_key_in, variables_in
from yingda.providers.dify_request import run_request, stop_path
from yingda.providers.dify_settings import AppMode as ProviderMode
from yingda.simulator.dify_script import AppMode
from yingda.simulator.dify_server import DifyServer

PROMPT = Prompt(text="问", user="u1", values={"account": "shop", "date": "2026-07-22"})


def form(*entries: object) -> bytes:
    return json.dumps({"user_input_form": entries}).encode()


def field(name: str, kind: str = "paragraph", *, required: object = True) -> dict[str, object]:
    return {kind: {"variable": name, "required": required, "label": "x"}}


@pytest.mark.parametrize(
    ("entries", "given", "key"),
    [
        ([field("topic")], set(), "topic"),
        ([field("topic", "text-input"), field("city")], {"city"}, "topic"),
        ([field("topic"), field("extra", required=False)], set(), "topic"),
        ([field("topic"), field("tone", "select"), field("pdf", "file")], set(), "topic"),
        ([field("a"), field("b")], set(), "query"),
        ([field("a", required=False)], set(), "query"),
        ([], set(), "query"),
    ],
)
def test_the_only_required_text_without_a_value_takes_the_question(
    entries: list[object], given: set[str], key: str
) -> None:
    assert question_key_in(variables_in(form(*entries)), given) == key


def test_odd_fields_are_no_variables() -> None:
    entries = [{"new": "x"}, {}, {"paragraph": {"label": "no name"}}, field("a", required="yes")]
    (only,) = variables_in(form(*entries))
    assert (only.name, only.is_required) == ("a", False)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"user_input_form":"x"}'])
def test_an_answer_that_is_not_dify_s_is_an_error(body: bytes) -> None:
    with pytest.raises(ProviderUnavailable):
        variables_in(body)


def parameters_asked(server: DifyServer) -> int:
    return sum(each.path == "/v1/parameters" for each in server.requests)


async def test_a_workflow_s_variable_is_learnt_once_however_many_questions_wait() -> None:
    async with dify_pair(mode=AppMode.WORKFLOW) as pair:
        pair.server.input_key = "topic"
        runs = await asyncio.gather(*(events_of(pair.dify, PROMPT) for _ in range(5)))
        assert all(is_whole(events) for events in runs)
        assert parameters_asked(pair.server) == 1
        assert pair.server.requests[-1].values["inputs"] == {"topic": "问"}


@pytest.mark.parametrize("mode", [AppMode.WORKFLOW, AppMode.COMPLETION])
async def test_a_variable_that_is_set_is_not_asked_for(mode: AppMode) -> None:
    async with dify_pair(mode=mode, input_key="topic") as pair:
        pair.server.input_key = "topic"
        assert is_whole(await events_of(pair.dify, PROMPT))
        assert parameters_asked(pair.server) == 0


async def test_a_wrong_variable_is_a_refusal_whose_mend_names_the_setting() -> None:
    async with dify_pair(mode=AppMode.COMPLETION) as pair:
        pair.server.input_key = "topic"
        _, error = await events_and_error(pair.dify, PROMPT)
    assert isinstance(error, ProviderMisconfigured)
    assert "input_key" in error.mend


async def test_inputs_are_filled_anew_for_each_question() -> None:
    inputs = {"shop": "{account}", "day": "今天 {date}", "query": "不算"}
    async with dify_pair(mode=AppMode.COMPLETION, inputs=inputs) as pair:
        await events_of(pair.dify, PROMPT)
        await events_of(pair.dify, Prompt(text="再问", user="u1", values={"account": "cafe"}))
        sent = [each.values["inputs"] for each in pair.server.requests if each.method == "POST"]
    assert sent == [
        {"shop": "shop", "day": "今天 2026-07-22", "query": "问"},
        {"shop": "cafe", "day": "今天 ", "query": "再问"},
    ]


async def test_inputs_that_are_no_templates_are_refused_at_once() -> None:
    with pytest.raises(ProviderMisconfigured, match="the input tone"):
        async with dify_pair(inputs={"tone": "{nobody}"}):
            pass


@pytest.mark.parametrize("mode", ProviderMode)
def test_only_a_chat_app_gets_a_query_a_conversation_and_no_title(mode: ProviderMode) -> None:
    request = run_request(
        mode,
        Prompt(text="问", user="u1", trace_id="t-1"),
        inputs={"tone": "x"},
        question_key="topic",
        conversation_id="c1",
    )
    assert request.body["response_mode"] == "streaming"
    assert (request.body["user"], request.body["trace_id"]) == ("u1", "t-1")
    if mode in {ProviderMode.COMPLETION, ProviderMode.WORKFLOW}:
        assert request.body["inputs"] == {"tone": "x", "topic": "问"}
        assert not {"query", "conversation_id", "auto_generate_name"} & request.body.keys()
        assert not request.in_conversation
    else:
        assert request.body["inputs"] == {"tone": "x"}
        assert request.body["query"] == "问"
        assert request.body["conversation_id"] == "c1"
        assert request.body["auto_generate_name"] is False
        assert request.in_conversation


@pytest.mark.parametrize(
    ("mode", "path"),
    [
        (ProviderMode.CHAT, "/chat-messages/a%2Fb/stop"),
        (ProviderMode.ADVANCED_CHAT, "/chat-messages/a%2Fb/stop"),
        (ProviderMode.COMPLETION, "/completion-messages/a%2Fb/stop"),
        (ProviderMode.WORKFLOW, "/workflows/tasks/a%2Fb/stop"),
    ],
)
def test_a_run_is_stopped_where_its_type_is(mode: ProviderMode, path: str) -> None:
    assert stop_path(mode, "a/b") == path
