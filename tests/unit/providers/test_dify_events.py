"""Dify's events, in every order of the field, folded into ours."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dify_pair import ids_of, text_of
from yingda.errors import (
    AnswerEmpty,
    AnswerIncomplete,
    ProviderUnavailable,
    QuotaExhausted,
)
from yingda.providers.base import Event, Finished, Metered, Started, TextDelta, TextReplaced, Usage
from yingda.providers.dify_events import RunReader
from yingda.providers.sse import EventSplitter

IDS = {"task_id": "t1", "conversation_id": "c1", "message_id": "m1"}


def payload(event: str, **fields: object) -> bytes:
    return json.dumps({"event": event, **IDS, **fields}, ensure_ascii=False).encode()


def read(*payloads: bytes) -> tuple[list[Event], RunReader]:
    reader = RunReader()
    return reader.read(list(payloads)), reader


def message(text: str) -> bytes:
    return payload("message", answer=text)


END = payload("message_end", metadata={"usage": {"total_tokens": 9}}, files=None)
WORKFLOW_END = payload("workflow_finished", workflow_run_id="r1", data={"status": "succeeded"})


def test_all_text_of_one_chunk_is_one_delta() -> None:
    events, reader = read(message("你"), message("好"), END)
    assert events == [
        Started(conversation_id="c1", task_id="t1", message_id="m1"),
        TextDelta("你好"),
        Finished(usage=Usage(total_tokens=9)),
    ]
    assert reader.over


def test_ids_that_come_later_are_told_when_they_come() -> None:
    first = json.dumps({"event": "message", "task_id": "t1", "answer": "你"}).encode()
    later = payload("message", answer="好", workflow_run_id="r1")
    events, _ = read(first, later)
    assert events == [
        Started(task_id="t1"),
        TextDelta("你"),
        Started(conversation_id="c1", task_id="t1", message_id="m1", workflow_run_id="r1"),
        TextDelta("好"),
    ]


def test_ids_are_kept_from_the_first_event_that_has_them() -> None:
    other = payload("message", answer="好", conversation_id="c2")
    events, _ = read(message("你"), other)
    assert ids_of(events).conversation_id == "c1"


def test_null_and_empty_ids_say_nothing() -> None:
    events, _ = read(b'{"event":"message","task_id":null,"conversation_id":"","answer":null}')
    assert events == []


@pytest.mark.parametrize(
    ("closing", "last"),
    [
        ("整个回答", None),
        ("整个回答。完", TextDelta("。完")),
        ("另一个", TextReplaced("另一个")),
        ("<think>想</think>整个回答", None),
    ],
)
def test_new_agents_closing_message_stands_for_the_whole(closing: str, last: Event | None) -> None:
    reader = RunReader()
    pieces = [payload("agent_message", answer=text) for text in ("整个", "回答")]
    before = reader.read(pieces)
    after = reader.read([message(closing)])
    assert text_of(before) == "整个回答"
    assert after == ([] if last is None else [last])


def test_a_closing_message_in_pieces_makes_up_the_whole() -> None:
    events, _ = read(payload("agent_message", answer="甲乙"), message("丙"), message("丁"), END)
    assert text_of(events) == "丙丁"


def test_moderation_replaces_all_text_so_far() -> None:
    events, _ = read(message("坏话"), payload("message_replace", answer="不便回答"), END)
    assert TextReplaced("不便回答") in events
    assert text_of(events) == "不便回答"


def test_an_agents_thoughts_are_never_printed() -> None:
    thought = payload("agent_thought", thought="秘密", observation="也是", tool="search")
    events, _ = read(thought, payload("agent_message", answer="答"), END)
    assert text_of(events) == "答"


def test_reasoning_inside_the_answer_is_removed() -> None:
    events, _ = read(message("<thi"), message("nk>想</th"), message("ink>\n\n答"), END)
    assert text_of(events) == "答"


@pytest.mark.parametrize("text", ["", "\n ", "<think>只有想法</think>", "<think>没有结尾"])
def test_an_end_without_visible_text_is_an_empty_answer(text: str) -> None:
    events, reader = read(message(text), END)
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerEmpty)
    assert not any(isinstance(event, Finished) for event in events)


@pytest.mark.parametrize("order", [[END, WORKFLOW_END], [WORKFLOW_END, END]])
def test_a_chatflow_ends_at_message_end_in_either_order(order: list[bytes]) -> None:
    events, reader = read(message("答"), *order)
    assert reader.over
    assert events[-1] == Finished(usage=Usage(total_tokens=9))


@pytest.mark.parametrize("status", ["succeeded", "partial-succeeded"])
def test_a_chatflow_without_message_end_is_settled_by_its_workflow(status: str) -> None:
    events, reader = read(message("答"), payload("workflow_finished", data={"status": status}))
    assert reader.settled
    assert not reader.over
    assert text_of(events) == "答"
    reader.end()
    assert reader.take() == [Finished()]


@pytest.mark.parametrize(
    ("rest", "is_whole"),
    [(b'{"event": "message_e', True), (END, True), (payload("error", code="x"), False)],
)
def test_a_body_that_ends_in_an_event_behind_a_settled_run_loses_nothing(
    rest: bytes, *, is_whole: bool
) -> None:
    _, reader = read(message("答"), payload("workflow_finished", data={"status": "succeeded"}))
    reader.feed_rest([rest])
    assert (reader.failure is None) is is_whole


def test_a_body_that_ends_in_an_event_before_the_answer_did_is_incomplete() -> None:
    _, reader = read(message("答"))
    reader.feed_rest([b'{"event": "message", "ans'])
    assert reader.failure is not None


def test_a_failed_workflow_is_explained_by_the_error_that_follows() -> None:
    failed = payload("workflow_finished", data={"status": "failed", "error": "x"})
    error = payload("error", code="provider_quota_exceeded", status=400, message="used up")
    _, reader = read(message("半"), failed, error)
    assert reader.failure is not None
    assert isinstance(reader.failure.error, QuotaExhausted)


@pytest.mark.parametrize("begun", [True, False])
def test_want_of_room_is_asked_again_only_where_no_node_has_run(*, begun: bool) -> None:
    started = [payload("workflow_started", workflow_run_id="r1")] if begun else []
    _, reader = read(*started, payload("error", code="too_many_requests", status=429))
    assert reader.failure is not None
    assert reader.failure.repeatable is not begun


def test_an_error_whose_code_is_a_number_is_told_as_such() -> None:
    _, reader = read(message("半"), payload("error", code=503, status="503", message="x"))
    assert reader.failure is not None
    assert isinstance(reader.failure.error, ProviderUnavailable)
    assert "503" in reader.failure.error.detail


@pytest.mark.parametrize(
    "odd",
    [
        b"",
        rb'{"event":"message","answer":"\ud83d"}',
        b'{"event":"message","answer":"\xe4\xbd"}',
        b'{"event":"message","answer":"\xef\xbf\xbd","elapsed":NaN}',
    ],
)
def test_a_hole_in_a_character_breaks_no_answer_off(odd: bytes) -> None:
    events, reader = read(message("前"), odd, message("后"), END)
    assert reader.over
    assert text_of(events).replace("\ufffd", "") == "前后"


def test_a_failed_workflow_without_explanation_is_a_failure_all_the_same() -> None:
    events, reader = read(payload("workflow_finished", data={"status": "failed", "error": "boom"}))
    assert not any(isinstance(event, Finished) for event in events)
    reader.end()
    assert reader.take() == []
    assert reader.failure is not None
    assert isinstance(reader.failure.error, ProviderUnavailable)
    assert "boom" in reader.failure.error.detail


@pytest.mark.parametrize(
    ("last", "detail"),
    [
        (payload("workflow_finished", data={"status": "stopped"}), "stopped"),
        (payload("workflow_finished", data={"status": "odd"}), "not known"),
        (payload("workflow_finished", data=None), "not known"),
        (b'{"event":"message","answer":5}', "cannot be read"),
        (b'{"event":"message","ans', "cannot be read"),
    ],
)
def test_a_run_that_cannot_go_on_is_incomplete(last: bytes, detail: str) -> None:
    events, reader = read(message("半句"), last)
    assert text_of(events) == "半句"
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerIncomplete)
    assert detail in reader.failure.error.detail


def test_the_end_of_the_body_before_the_end_of_the_answer_is_incomplete() -> None:
    _, reader = read(message("半句"))
    reader.end()
    assert reader.take() == []
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerIncomplete)


def test_unknown_events_and_odd_fields_of_untold_events_are_skipped() -> None:
    odd = b'{"event":"node_finished","code":7,"status":[1],"data":{"outputs":null}}'
    events, reader = read(payload("brand_new", data=[1]), odd, message("答"), END)
    assert reader.over
    assert text_of(events) == "答"


def test_pings_are_no_event_in_whatever_form() -> None:
    _, reader = read(b'{"event":"ping"}')
    assert not reader.began


@pytest.mark.parametrize(
    "payloads",
    [
        (message("一二三"), message("四五六"), END),
        (message("一二三四五六七八九"), END),
        (message("<think>深思熟虑</think>一二三四五"), message("六"), END),
        (message("旧"), payload("message_replace", answer="一二三四五六"), END),
        (message("一二"), payload("message_replace", answer="一二三四五六"), END),
        (payload("agent_message", answer="一二三四五<th"), END),
    ],
)
def test_an_answer_over_its_limit_is_incomplete_and_kept_up_to_it(
    payloads: tuple[bytes, ...],
) -> None:
    reader = RunReader(answer_limit_chars=5)
    events = reader.read(list(payloads))
    assert text_of(events) == "一二三四五"
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerIncomplete)
    assert not reader.over
    assert not any(isinstance(event, Finished) for event in events)


@pytest.mark.parametrize("first", ["一二", "替掉的话", "一二三四五"])
def test_an_answer_of_just_its_limit_is_whole(first: str) -> None:
    reader = RunReader(answer_limit_chars=5)
    replaced = payload("message_replace", answer="一二三四五")
    events = reader.read([message(first), replaced, END])
    assert text_of(events) == "一二三四五"
    assert reader.over


def test_what_follows_the_end_is_not_read() -> None:
    events, _ = read(message("答"), END, message("多余"))
    assert text_of(events) == "答"


def test_usage_with_a_price_is_told() -> None:
    usage = {"prompt_tokens": 1, "total_price": "0.0012", "currency": "USD"}
    events, _ = read(message("答"), payload("message_end", metadata={"usage": usage}))
    price = Usage(prompt_tokens=1, total_price="0.0012", currency="USD")
    assert events[-1] == Finished(usage=price)


@pytest.mark.parametrize(
    "odd",
    [{"prompt_tokens": "1"}, {"prompt_tokens": 1.0}, {"total_tokens": {}}, {"latency": []}],
)
def test_one_odd_field_of_usage_spoils_no_other(odd: dict[str, object]) -> None:
    usage = {"prompt_tokens": 1, "total_price": "0.0012", "currency": "USD"} | odd
    events, _ = read(message("答"), payload("message_end", metadata={"usage": usage}))
    price = Usage(prompt_tokens=1, total_price="0.0012", currency="USD")
    assert events[-1] == Finished(usage=price)


def test_what_a_run_cost_is_told_even_if_it_said_nothing_or_failed() -> None:
    end = payload("message_end", metadata={"usage": {"total_tokens": 9}})
    events, reader = read(message("<think>想</think>"), end)
    assert (events[-1], reader.over) == (Metered(Usage(total_tokens=9)), False)
    failed = payload("workflow_finished", data={"status": "failed", "error": "boom"})
    events, reader = read(message("半"), failed, end)
    assert (events[-1], reader.over) == (Metered(Usage(total_tokens=9)), False)


@pytest.mark.parametrize("metadata", [None, {}, {"usage": None}, {"usage": "odd"}, []])
def test_missing_or_odd_usage_does_not_spoil_the_answer(metadata: object) -> None:
    events, _ = read(message("答"), payload("message_end", metadata=metadata))
    assert events[-1] == Finished()


def test_foreign_bytes_nested_beyond_the_stack_are_incomplete_and_no_crash() -> None:
    _, reader = read(b'{"event":"message","data":' + b"[" * 200_000)
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerIncomplete)


WIRE = b"".join(
    b"data: " + line + b"\r\n\r\n"
    for line in (
        message("<think>想"),
        message("</think>\n\n你好"),
        b'{"event":"ping"}',
        message("，世界😀 <"),
        payload("agent_message", answer="再见"),
        message("你好，世界😀 <再见。"),
        END,
    )
)


@given(st.lists(st.integers(0, len(WIRE)), max_size=30))
def test_every_cut_of_the_bytes_gives_the_same_answer(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(WIRE)]
    splitter, reader = EventSplitter(), RunReader()
    events: list[Event] = []
    for begin, end in itertools.pairwise(edges):
        events += reader.read(splitter.feed(WIRE[begin:end]))
    assert text_of(events) == "你好，世界😀 <再见。"
    assert [event for event in events if isinstance(event, Started)] == events[:1]
    assert events[-1] == Finished(usage=Usage(total_tokens=9))
    assert not any(isinstance(event, TextReplaced) for event in events)


def test_reasoning_that_only_ends_is_taken_back_once_its_end_comes() -> None:
    reader = RunReader(answer_limit_chars=8)
    assert text_of(reader.read([message("想一想\n")])) == "想一想\n"
    rest = reader.read([message("</thi"), message("nk>\n\n你好，世界"), END])
    assert rest == [TextReplaced("你好，世界"), Finished(usage=Usage(total_tokens=9))]


def test_reasoning_that_only_ends_stays_out_of_a_repetition_of_the_whole() -> None:
    events, _ = read(
        payload("agent_message", answer="想\n</think>\n你好"), message("想\n</think>\n你好"), END
    )
    assert text_of(events) == "你好"
    assert not any(isinstance(each, TextReplaced) for each in events)


def test_reasoning_that_only_ends_with_nothing_behind_it_is_no_answer() -> None:
    reader = RunReader()
    reader.read([message("想\n")])
    events = reader.read([message("</think>\n"), END])
    assert TextReplaced("") in events
    assert isinstance(reader.failure and reader.failure.error, AnswerEmpty)
