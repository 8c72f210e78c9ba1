"""Which of a workflow's outputs is the answer."""

import json

import msgspec
import pytest

from yingda.providers.dify_outputs import Outputs, outputs_in

FILE = {"url": "/files/1", "transfer_method": "tool_file", "filename": "a.png"}


@pytest.mark.parametrize(
    ("values", "key", "text"),
    [
        ({"reply": "答"}, None, "答"),
        ({"reply": "答", "count": 3}, None, "答"),
        ({"note": "注", "answer": "答"}, None, "答"),
        ({"output": "出", "result": "果"}, None, "果"),
        ({"text": "", "answer": "答"}, None, "答"),
        ({"a": "甲", "b": "乙"}, None, ""),
        ({"count": 3}, None, ""),
        ({}, None, ""),
        ({"a": "甲", "b": "乙"}, "b", "乙"),
        ({"a": "甲"}, "b", ""),
        ({"a": None}, "a", ""),
        ({"a": ["一", "二"]}, "a", '[\n  "一",\n  "二"\n]'),
    ],
)
def test_the_named_output_then_the_only_text_then_a_usual_name(
    values: dict[str, object], key: str | None, text: str
) -> None:
    assert Outputs(values).text(key) == text


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"a": "甲", "n": 1}, '{\n  "a": "甲",\n  "n": 1\n}'),
        ({"a": "甲", "f": FILE, "fs": [FILE], "e": None, "l": []}, '{\n  "a": "甲"\n}'),
        ({"f": FILE}, ""),
        ({}, ""),
    ],
)
def test_for_want_of_an_answer_everything_but_files_is_told(
    values: dict[str, object], text: str
) -> None:
    assert Outputs(values).as_json() == text


def test_files_among_the_outputs_are_found() -> None:
    files = Outputs({"a": FILE, "b": [FILE, "x"], "c": "y"}).files()
    assert [each.filename for each in files] == ["a.png", "a.png"]


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"5", b'"text"', b"{", b'"\xff"'])
def test_outputs_that_cannot_be_read_are_none(raw: bytes) -> None:
    assert outputs_in(msgspec.Raw(raw)) == Outputs()


def test_outputs_written_as_text_are_read() -> None:
    written = json.dumps(json.dumps({"a": "甲"})).encode()
    assert outputs_in(msgspec.Raw(written)).values == {"a": "甲"}
