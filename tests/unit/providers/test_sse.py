"""The splitter: any cut of the bytes gives the same payloads."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.errors import AnswerIncomplete
from yingda.providers.sse import EventSplitter

STREAM = (
    'event: ping\n\ndata: {"answer":"你好😀"}\n\n: comment\r\ndata:{"b":1}\r\r\n'
    "id: 7\ndata:   third\r\n\r\ndatum: no\ndata\n"
).encode()
PAYLOADS = ['{"answer":"你好😀"}'.encode(), b'{"b":1}', b"third"]


def split_at(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cuts), len(stream)]
    return [stream[begin:end] for begin, end in itertools.pairwise(edges)]


@given(st.lists(st.integers(0, len(STREAM)), max_size=40))
def test_every_cut_of_the_bytes_gives_the_same_payloads(cuts: list[int]) -> None:
    splitter = EventSplitter()
    found = [payload for chunk in split_at(STREAM, cuts) for payload in splitter.feed(chunk)]
    assert found + splitter.finish() == PAYLOADS


def test_single_bytes_give_the_same_payloads() -> None:
    splitter = EventSplitter()
    assert [p for byte in STREAM for p in splitter.feed(bytes([byte]))] == PAYLOADS


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_each_line_end_of_the_standard_ends_a_line(line_end: str) -> None:
    stream = f"data: 1{line_end}data: 2{line_end}{line_end}"
    assert EventSplitter().feed(stream.encode()) == [b"1", b"2"]


def test_a_last_line_without_line_end_is_given_at_the_end() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"data: 1\ndata: 2") == [b"1"]
    assert splitter.finish() == [b"2"]
    assert splitter.finish() == []


@pytest.mark.parametrize("cut", [1, 8, 15])
def test_a_line_over_the_cap_is_refused_however_it_arrives(cut: int) -> None:
    splitter = EventSplitter(line_limit_bytes=8)
    stream = b"data: " + b"x" * 9 + b"\n"
    with pytest.raises(AnswerIncomplete, match="line"):
        [splitter.feed(chunk) for chunk in split_at(stream, [cut])]


def test_a_line_that_never_ends_is_refused_before_it_fills_the_memory() -> None:
    splitter = EventSplitter(line_limit_bytes=100)
    assert [splitter.feed(b"x" * 10) for _ in range(10)] == [[]] * 10
    with pytest.raises(AnswerIncomplete, match="line"):
        splitter.feed(b"x")


def test_a_stream_over_the_total_cap_is_refused() -> None:
    splitter = EventSplitter(total_limit_bytes=20)
    assert splitter.feed(b"data: 1\n\ndata: 2\n\n") == [b"1", b"2"]
    with pytest.raises(AnswerIncomplete, match="stream"):
        splitter.feed(b"data: 3\n\n")
