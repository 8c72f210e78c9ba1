"""Chunks of a chat completion, in the ways that compatible servers write them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.dify_pair import is_whole, text_of
from yingda.errors import (
    AnswerEmpty,
    AnswerIncomplete,
    ContentRefused,
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
)
from yingda.providers.base import Event, Finished, Metered, Started, TextReplaced, Usage
from yingda.providers.openai_body import BodySplitter
from yingda.providers.openai_events import ChatReader
from yingda.providers.sse import LINE_LIMIT_BYTES, TOTAL_LIMIT_BYTES

DONE = b"[DONE]"
USAGE = {"prompt_tokens": 3, "completion_tokens": 6, "total_tokens": 9}


def chunk(content: Any = None, reason: str | None = None, **more: Any) -> bytes:
    """One chunk; `more` goes into the delta."""
    delta = {**({} if content is None else {"content": content}), **more}
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return json.dumps({"id": "c1", "choices": [choice], "usage": None}).encode()


def told(*payloads: bytes, ends: bool = True) -> tuple[list[Event], ProviderError | None]:
    """The events of these payloads and of the body's end, and the failure."""
    reader = ChatReader()
    events = reader.read(list(payloads))
    if ends and not reader.over and reader.failure is None:
        reader.end()
        events += reader.take()
    return events, reader.failure.error if reader.failure else None


def usage_of(events: list[Event]) -> Usage | None:
    (finished,) = [each for each in events if isinstance(each, Finished)]
    return finished.usage


def test_a_plain_answer_begins_with_its_id_and_ends_with_its_usage() -> None:
    usage = json.dumps({"id": "c1", "choices": [], "usage": USAGE}).encode()
    events, error = told(
        chunk(role="assistant"), chunk("你"), chunk("好"), chunk(reason="stop"), usage, DONE
    )
    assert error is None
    assert events[0] == Started(task_id="c1", message_id="c1")
    assert text_of(events) == "你好"
    assert is_whole(events)
    assert usage_of(events) == Usage(prompt_tokens=3, completion_tokens=6, total_tokens=9)


@pytest.mark.parametrize(
    "payloads",
    [
        pytest.param([chunk("好", "stop")], id="reason-with-the-last-text"),
        pytest.param([chunk("好"), DONE], id="mark-without-a-reason"),
        pytest.param([chunk("好"), chunk("", "stop"), b""], id="reason-without-a-mark"),
        pytest.param([chunk("好"), chunk("", "eos"), DONE], id="a-reason-of-its-own"),
        pytest.param([chunk("好"), chunk("", ""), DONE], id="an-empty-reason"),
        pytest.param([chunk("好"), b'{"choices":null}', b"{}", DONE], id="nulls"),
        pytest.param([chunk("好"), b'{"choices":[{"delta":null}]}', DONE], id="null-delta"),
        pytest.param([b'{"id":7,"choices":[{"delta":{"content":"\\u597d"}}]}', DONE], id="odd-id"),
        pytest.param([chunk("好"), chunk("", "stop"), b'{"usage":[1]}', DONE], id="odd-usage"),
        pytest.param([chunk([{"type": "text", "text": "好"}], "stop"), DONE], id="parts"),
        pytest.param([chunk(None, refusal="好"), chunk(reason="stop")], id="refusal"),
        pytest.param([chunk("好", logprobs={"x": []}), b" [DONE] "], id="blanks-around-the-mark"),
        pytest.param(
            [b'{"choices":[{"message":{"content":"\\u597d"},"finish_reason":"stop"}]}'], id="whole"
        ),
        pytest.param([chunk("好"), b'{"error":null,"choices":[]}', DONE], id="null-error"),
    ],
)
def test_every_good_end_is_a_whole_answer(payloads: list[bytes]) -> None:
    events, error = told(*payloads)
    assert error is None
    assert text_of(events) == "好"
    assert is_whole(events)


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_reasoning_in_a_field_of_its_own_is_no_answer(field: str) -> None:
    events, _ = told(chunk(None, **{field: "想一想"}), chunk("答"), chunk(reason="stop"))
    assert text_of(events) == "答"


def test_printed_reasoning_is_taken_out_though_cut_into_pieces() -> None:
    pieces = ["<th", "ink>想一", "想</thi", "nk>\n\n答"]
    events, _ = told(*map(chunk, pieces), chunk(reason="stop"))
    assert text_of(events) == "答"


def test_thinking_parts_of_a_message_are_no_answer() -> None:
    parts = [{"type": "thinking", "thinking": [{"type": "text", "text": "想"}]}]
    events, _ = told(chunk(parts), chunk("答"), chunk(reason="stop"))
    assert text_of(events) == "答"


@pytest.mark.parametrize(
    ("payloads", "kind", "text"),
    [
        ([chunk("半"), chunk(reason="length")], AnswerIncomplete, "半"),
        ([chunk("半"), chunk(reason="MAX_TOKENS")], AnswerIncomplete, "半"),
        ([chunk(None, reasoning="想"), chunk(reason="length")], AnswerEmpty, ""),
        ([chunk("半"), chunk(reason="content_filter")], ContentRefused, "半"),
        ([chunk("半"), chunk(reason="sensitive")], ContentRefused, "半"),
        ([chunk("半"), chunk(reason="tool_calls")], ProviderMisconfigured, "半"),
        ([chunk("半"), chunk(reason="insufficient_system_resource")], AnswerIncomplete, "半"),
        ([chunk(reason="network_error")], ProviderUnavailable, ""),
        ([chunk(reason="stop"), DONE], AnswerEmpty, ""),
        ([chunk("  \n"), chunk(reason="stop"), DONE], AnswerEmpty, "  \n"),
        ([DONE], AnswerEmpty, ""),
        ([chunk("半")], AnswerIncomplete, "半"),
        ([chunk("半 <thi")], AnswerIncomplete, "半 <thi"),
        ([], ProviderUnavailable, ""),
        ([chunk("半"), b"{broken"], AnswerIncomplete, "半"),
        ([chunk("半"), b'{"choices":7}'], AnswerIncomplete, "半"),
        ([chunk("半"), b"\xff"], AnswerIncomplete, "半"),
        ([chunk("半"), b'{"error":{"message":"x","code":500}}'], ProviderUnavailable, "半"),
        ([b'{"error":{"message":"x","code":"rate_limit_exceeded"}}'], ProviderBusy, ""),
        ([b'{"error":"overloaded","code":429}'], ProviderBusy, ""),
        ([b'{"error":"it broke"}'], ProviderUnavailable, ""),
        ([b'{"code":20012,"message":"Model does not exist"}'], ProviderMisconfigured, ""),
        ([b'{"object":"error","message":"x","code":50505}'], ProviderBusy, ""),
    ],
)
def test_every_bad_end_has_its_error_after_the_text_that_came(
    payloads: list[bytes], kind: type[ProviderError], text: str
) -> None:
    events, error = told(*payloads)
    assert type(error) is kind
    assert text_of(events) == text
    assert not any(isinstance(each, Finished) for each in events)


@pytest.mark.parametrize(
    "last",
    [
        json.dumps({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": USAGE}),
        json.dumps({"choices": [{"delta": {}, "finish_reason": "stop", "usage": USAGE}]}),
    ],
)
def test_usage_is_found_in_the_last_chunk_and_in_its_choice(last: str) -> None:
    events, _ = told(chunk("好"), last.encode(), DONE)
    assert usage_of(events) == Usage(prompt_tokens=3, completion_tokens=6, total_tokens=9)


def test_what_a_cut_answer_cost_is_told_before_it_fails() -> None:
    usage = json.dumps({"choices": [], "usage": USAGE}).encode()
    events, error = told(chunk("半"), chunk(reason="length"), usage, DONE)
    assert isinstance(error, AnswerIncomplete)
    assert text_of(events) == "半"
    assert isinstance(events[-1], Metered)
    assert events[-1].usage.total_tokens == 9


@pytest.mark.parametrize(
    "cached",
    [
        {"prompt_tokens_details": {"cached_tokens": 2}},
        {"prompt_cache_hit_tokens": 2},
        {"cached_tokens": 2},
    ],
)
def test_tokens_that_were_read_before_are_told_apart(cached: dict[str, object]) -> None:
    last = json.dumps({"choices": [], "usage": USAGE | cached}).encode()
    events, _ = told(chunk("好", "stop"), last, DONE)
    usage = usage_of(events)
    assert usage is not None
    assert usage.cached_prompt_tokens == 2


@pytest.mark.parametrize(
    "odd",
    [
        rb'{"choices":[{"delta":{"content":"\ud83d"}}]}',
        b'{"choices":[{"delta":{"content":"\xe4\xbd"}}]}',
        b'{"choices":[{"delta":{"content":null}}],"x":-Infinity}',
    ],
)
def test_a_hole_in_a_character_breaks_no_answer_off(odd: bytes) -> None:
    events, _ = told(chunk("前"), odd, chunk("后"), chunk(reason="stop"), DONE)
    assert is_whole(events)
    assert text_of(events).replace("\ufffd", "") == "前后"


def test_a_closing_chunk_that_repeats_the_whole_answer_adds_nothing() -> None:
    whole = {"id": "c1", "choices": [{"finish_reason": "stop", "message": {"content": "前后"}}]}
    events, _ = told(chunk("前"), chunk("后"), json.dumps(whole).encode(), DONE)
    assert is_whole(events)
    assert text_of(events) == "前后"


@pytest.mark.parametrize(
    "odd",
    [
        {"prompt_tokens": "3"},
        {"prompt_tokens": 3.0},
        {"prompt_tokens_details": []},
        {"prompt_tokens_details": {"cached_tokens": "none"}},
        {"cached_tokens": -1},
        {"total_tokens": None},
        {"total_tokens": 10**30},
    ],
)
def test_one_odd_number_spoils_no_other(odd: dict[str, object]) -> None:
    last = json.dumps({"choices": [], "usage": USAGE | odd}).encode()
    events, _ = told(chunk("好", "stop"), last, DONE)
    assert usage_of(events) == Usage(prompt_tokens=3, completion_tokens=6, total_tokens=9)


@pytest.mark.parametrize("nothing", [{}, {"prompt_tokens": True}, [], "9", {"total_tokens": -4}])
def test_a_usage_of_nothing_is_none(nothing: object) -> None:
    last = json.dumps({"choices": [], "usage": nothing}).encode()
    events, _ = told(chunk("好", "stop"), last, DONE)
    assert usage_of(events) is None


def test_a_usage_without_a_total_is_summed_up() -> None:
    last = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 6}}
    events, _ = told(chunk("好", "stop"), json.dumps(last).encode(), DONE)
    assert usage_of(events) == Usage(prompt_tokens=3, completion_tokens=6, total_tokens=9)


def test_an_answer_over_its_limit_is_cut_and_incomplete() -> None:
    reader = ChatReader(answer_limit_chars=3)
    events = reader.read([chunk("一二"), chunk("三四"), chunk("五")])
    assert text_of(events) == "一二三"
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerIncomplete)


def test_half_a_chunk_behind_the_reason_is_no_loss() -> None:
    reader = ChatReader()
    reader.feed([chunk("好", "stop")])
    reader.feed_rest([b'{"choi'])
    reader.end()
    assert is_whole(reader.take())


@given(st.lists(st.text(alphabet="a<>/think`好 \n", max_size=8), max_size=12))
def test_cutting_an_answer_into_chunks_changes_nothing(pieces: list[str]) -> None:
    cut, _ = told(*map(chunk, pieces), chunk(reason="stop"))
    whole, _ = told(chunk("".join(pieces)), chunk(reason="stop"))
    assert text_of(cut) == text_of(whole)


@given(st.data())
def test_any_bytes_bring_events_or_an_error_and_no_other_exception(data: st.DataObject) -> None:
    wild = st.one_of(
        st.binary(max_size=40),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(
                        ["choices", "delta", "content", "error", "message", "usage", "id"]
                    ),
                    inner,
                    max_size=4,
                )
            ),
        ).map(lambda value: json.dumps(value).encode()),
    )
    events, error = told(*data.draw(st.lists(wild, max_size=6)))
    assert is_whole(events) is (error is None)


def split(*chunks: bytes) -> list[bytes]:
    splitter = BodySplitter(line_limit_bytes=LINE_LIMIT_BYTES, total_limit_bytes=TOTAL_LIMIT_BYTES)
    found = [payload for each in chunks for payload in splitter.feed(each)]
    return found + splitter.finish()


@pytest.mark.parametrize(
    ("chunks", "payloads"),
    [
        ([b"data: 1\n\ndata: 2\n\n"], [b"1", b"2"]),
        ([b"data:1\r\n\r\nda", b"ta: 2"], [b"1", b"2"]),
        ([b": keep-alive\n\n", b"event: x\ndata: 1\n\n"], [b"1"]),
        ([b"\n", b" \n{", b'"a": 1}\n'], [b' \n{"a": 1}\n']),
        ([b'{"a":\n', b"1}"], [b'{"a":\n1}']),
        ([], []),
        ([b"\n\n"], []),
    ],
)
def test_events_and_one_whole_answer_are_told_apart(
    chunks: list[bytes], payloads: list[bytes]
) -> None:
    assert split(*chunks) == payloads


def test_a_whole_answer_has_a_cap() -> None:
    splitter = BodySplitter(line_limit_bytes=10, total_limit_bytes=100)
    splitter.feed(b'{"a": "')
    with pytest.raises(AnswerIncomplete):
        splitter.feed(b"x" * 10)


def test_reasoning_that_only_ends_is_taken_back_once_its_end_comes() -> None:
    reader = ChatReader(answer_limit_chars=20)
    begun = reader.read([chunk("想一想，"), chunk("想好了\n")])
    assert text_of(begun) == "想一想，想好了\n"
    rest = reader.read([chunk("</thi"), chunk("nk>\n\n你"), chunk("好" * 19, "stop"), DONE])
    assert rest[:1] == [TextReplaced("你" + "好" * 19)]
    assert is_whole(rest)


def test_reasoning_that_only_ends_and_was_not_told_needs_no_taking_back() -> None:
    events, _ = told(chunk("想\n"), chunk("</think>\n你好"), chunk(reason="stop"))
    assert not any(isinstance(each, TextReplaced) for each in events)
    assert text_of(events) == "你好"


def test_reasoning_that_only_ends_with_nothing_behind_it_is_no_answer() -> None:
    reader = ChatReader()
    reader.read([chunk("想\n")])
    assert reader.read([chunk("</think>\n", "stop"), DONE]) == [TextReplaced("")]
    assert reader.failure is not None
    assert isinstance(reader.failure.error, AnswerEmpty)
