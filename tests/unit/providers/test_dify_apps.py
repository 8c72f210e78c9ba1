"""What differs between Dify's app types: text, files, sources and pauses, folded into ours."""

import json

import pytest

from support.dify_pair import ids_of, text_of
from yingda.errors import AnswerEmpty, AnswerIncomplete, NeedsPerson, QuotaExhausted
from yingda.providers.base import Event, Finished, Source, TextReplaced, Usage
from yingda.providers.dify_events import RunReader
from yingda.providers.dify_reading import Reading

AT = "https://dify.example.com"
WORKFLOW = Reading(is_workflow=True, has_conversations=False, files_url=AT)
CHAT = Reading(files_url=AT)
IDS = {"task_id": "t1", "workflow_run_id": "r1"}
PICTURE = {"filename": "图.png", "type": "image", "url": "/files/tools/1.png?sign=a"}


def payload(event: str, **fields: object) -> bytes:
    return json.dumps({"event": event, **IDS, **fields}, ensure_ascii=False).encode()


def chunk(text: str | None) -> bytes:
    return payload("text_chunk", data={"text": text, "from_variable_selector": ["a", "b"]})


def message(text: str) -> bytes:
    return payload("message", answer=text)


def end(outputs: object, *, status: str = "succeeded", **data: object) -> bytes:
    return payload("workflow_finished", data={"status": status, "outputs": outputs, **data})


def read(*payloads: bytes, reading: Reading = WORKFLOW) -> tuple[list[Event], RunReader]:
    reader = RunReader(reading=reading)
    return reader.read(list(payloads)), reader


def test_a_workflow_s_chunks_are_its_text_and_its_end_is_the_answer_s() -> None:
    events, reader = read(chunk("你"), chunk(None), chunk("好"), end({"x": "你好"}, total_tokens=9))
    assert text_of(events) == "你好"
    assert not any(isinstance(event, TextReplaced) for event in events)
    assert events[-1] == Finished(usage=Usage(total_tokens=9))
    assert reader.over


@pytest.mark.parametrize(
    ("chunks", "outputs", "text"),
    [
        ([], {"answer": "整个"}, "整个"),
        (["整"], {"answer": "整个"}, "整个"),
        (["草稿"], {"answer": "定稿"}, "定稿"),
        (["<think>想</think>整个"], {"answer": "<think>想</think>整个"}, "整个"),
        (["![图](/fil", "es/a)"], {"answer": "![图](/files/a)"}, f"![图]({AT}/files/a)"),
        (["甲", "乙"], {"a": "甲", "b": "乙"}, "甲乙"),
        (["甲"], None, "甲"),
        (["甲"], {}, "甲"),
        ([], {"a": "甲", "n": 1}, "甲"),
        ([], {"n": 1}, '{\n  "n": 1\n}'),
    ],
)
def test_the_outputs_win_over_the_chunks_where_one_is_sure_to_be_the_answer(
    chunks: list[str], outputs: object, text: str
) -> None:
    events, reader = read(*map(chunk, chunks), end(outputs))
    assert text_of(events) == text
    assert reader.over


@pytest.mark.parametrize(
    ("outputs", "text"),
    [({"a": "甲", "b": "乙"}, "乙"), ({"a": "甲", "b": 5}, "5"), ({"a": "甲"}, "流出的字")],
)
def test_the_output_that_is_named_is_the_answer(outputs: object, text: str) -> None:
    reading = Reading(is_workflow=True, output_key="b")
    events, _ = read(chunk("流出的字"), end(outputs), reading=reading)
    assert text_of(events) == text


@pytest.mark.parametrize("outputs", [None, {}, {"a": ""}, {"a": "<think>想</think>"}])
def test_a_workflow_without_text_is_empty_and_its_mend_names_the_setting(outputs: object) -> None:
    _, reader = read(end(outputs))
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerEmpty)
    assert "output_key" in reader.failure.error.mend


def test_a_named_output_that_is_missing_is_no_json_of_the_others() -> None:
    _, reader = read(end({"a": "甲"}), reading=Reading(is_workflow=True, output_key="b"))
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerEmpty)


def test_text_that_a_workflow_takes_back_is_replaced() -> None:
    events, _ = read(chunk("坏话"), payload("text_replace", data={"text": "不便回答"}), end({}))
    assert text_of(events) == "不便回答"


@pytest.mark.parametrize("reading", [WORKFLOW, CHAT])
def test_a_partial_success_is_a_success(reading: Reading) -> None:
    text = chunk("答") if reading.is_workflow else message("答")
    _, reader = read(text, end({"answer": "答"}, status="partial-succeeded"), reading=reading)
    reader.end()
    assert reader.over
    assert reader.failure is None


@pytest.mark.parametrize("last", [end(None, status="stopped"), end(None, status="odd")])
def test_a_workflow_that_was_stopped_is_incomplete(last: bytes) -> None:
    events, reader = read(chunk("半句"), last)
    assert text_of(events) == "半句"
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerIncomplete)


def test_the_error_behind_a_failed_workflow_tells_why() -> None:
    error = payload("error", code="provider_quota_exceeded", status=400, message="used up")
    _, reader = read(chunk("半句"), end(None, status="failed", error="node"), error)
    assert reader.failure is not None
    assert isinstance(reader.failure.error, QuotaExhausted)


@pytest.mark.parametrize("data", [None, 5, {"text": 5}])
def test_a_chunk_that_cannot_be_read_is_a_loss(data: object) -> None:
    _, reader = read(payload("text_chunk", data=data))
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerIncomplete)


def test_an_app_without_conversations_names_none() -> None:
    reading = Reading(has_conversations=False)
    reader = RunReader(reading=reading)
    events = reader.read([payload("message", answer="答", conversation_id="c1", message_id="m1")])
    assert (ids_of(events).conversation_id, ids_of(events).message_id) == (None, "m1")


PAUSE = payload("workflow_paused", data={"paused_nodes": ["n1"]})
FORM = payload("human_input_required", data={"form_id": "f1", "node_title": "主管\n审批"})


@pytest.mark.parametrize("pause", [PAUSE, end(None, status="paused")])
@pytest.mark.parametrize("reading", [WORKFLOW, CHAT])
def test_a_pause_needs_a_person_and_keeps_the_text_before(reading: Reading, pause: bytes) -> None:
    text = chunk("请稍等") if reading.is_workflow else message("请稍等")
    events, reader = read(text, FORM, pause, reading=reading)
    assert text_of(events) == "请稍等"
    assert not any(isinstance(event, Finished) for event in events)
    assert reader.failure is not None
    assert isinstance(reader.failure.error, NeedsPerson)
    assert "主管 审批" in reader.failure.error.mend
    assert not reader.failure.repeatable


def test_a_form_without_a_pause_behind_it_needs_a_person_too() -> None:
    _, reader = read(FORM)
    states = [(reader.settled, reader.failure)]
    reader.end()
    assert states == [(True, None)]
    assert reader.failure is not None
    assert isinstance(reader.failure.error, NeedsPerson)


@pytest.mark.parametrize("data", [None, 5, {}, {"node_title": None}, {"node_title": 5}])
def test_a_form_without_a_title_is_a_form(data: object) -> None:
    _, reader = read(payload("human_input_required", data=data), PAUSE)
    assert reader.failure is not None
    assert isinstance(reader.failure.error, NeedsPerson)
    assert "Human Input" in reader.failure.error.mend


def test_files_of_a_workflow_follow_the_text() -> None:
    events, reader = read(chunk("画好了"), end({"text": "画好了", "pic": PICTURE}, files=[PICTURE]))
    assert text_of(events) == f"画好了\n\n![图.png]({AT}/files/tools/1.png?sign=a)"
    assert reader.over


def test_a_workflow_of_files_alone_answers_with_them() -> None:
    output = {**PICTURE, "transfer_method": "tool_file"}
    events, _ = read(end({"pic": output}))
    assert text_of(events) == f"![图.png]({AT}/files/tools/1.png?sign=a)"


def test_files_of_a_chat_s_end_follow_the_text_but_for_those_that_were_sent() -> None:
    sent = {"filename": "mine.jpg", "url": "/files/2", "transfer_method": "local_file"}
    made = {**PICTURE, "transfer_method": "tool_file"}
    last = payload("message_end", metadata={}, files=[sent, made])
    events, _ = read(message("看："), last, reading=CHAT)
    assert text_of(events) == f"看：\n\n![图.png]({AT}/files/tools/1.png?sign=a)"


def test_a_picture_that_an_agent_s_tool_made_is_shown_once() -> None:
    made = {"type": "image", "url": "/files/tools/1.png?sign=a"}
    pieces = [
        payload("message_file", id="f1", belongs_to="assistant", **made),
        payload("message_file", id="f2", belongs_to="user", type="image", url="/files/mine"),
        payload("message_file", id="f3", belongs_to=5, url=None),
        payload("agent_message", answer="画好了"),
        payload("message_end", metadata={}, files=[{**made, "transfer_method": "tool_file"}]),
    ]
    events, reader = read(*pieces, reading=CHAT)
    assert text_of(events) == f"画好了\n\n![1.png]({AT}/files/tools/1.png?sign=a)"
    assert reader.over


def test_a_file_that_the_text_shows_is_not_told_again() -> None:
    text = "![图](/files/tools/1.png?sign=other)"
    last = payload("message_end", metadata={}, files=[PICTURE])
    events, _ = read(*map(message, text), last, reading=CHAT)
    assert text_of(events) == f"![图]({AT}/files/tools/1.png?sign=other)"


def test_files_over_the_answer_s_limit_make_it_incomplete() -> None:
    reader = RunReader(answer_limit_chars=10, reading=CHAT)
    last = payload("message_end", metadata={}, files=[PICTURE])
    assert len(text_of(reader.read([message("看"), last]))) == 10
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerIncomplete)


@pytest.mark.parametrize("gives_sources", [True, False])
def test_sources_are_given_where_they_are_wanted(*, gives_sources: bool) -> None:
    resources = [{"document_id": "1", "document_name": "手册"}]
    last = payload("message_end", metadata={"usage": None, "retriever_resources": resources})
    reading = Reading(gives_sources=gives_sources)
    events, _ = read(message("答"), last, reading=reading)
    assert events[-1] == Finished(sources=(Source("手册"),) if gives_sources else ())
