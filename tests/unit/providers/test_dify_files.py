"""Files that a text does not show become links and images."""

import json

import msgspec
import pytest

from yingda.providers.dify_files import as_file, files_in, made_files, missing_markdown

AT = "https://dify.example.com"


def raw(value: object) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(value, ensure_ascii=False).encode())


def shown(*files: dict[str, object], text: str = "") -> str:
    return missing_markdown(text, files_in(raw(list(files))), AT)


@pytest.mark.parametrize(
    ("file", "markdown"),
    [
        (
            {"filename": "图.png", "type": "image", "url": "/files/t/1.png?sign=a"},
            f"![图.png]({AT}/files/t/1.png?sign=a)",
        ),
        (
            {"filename": "a.pdf", "type": "document", "url": "https://x.com/a.pdf"},
            "[a.pdf](https://x.com/a.pdf)",
        ),
        (
            {"mime_type": "image/png", "remote_url": "https://x.com/p/%E5%9B%BE.png?b=1"},
            "![图.png](https://x.com/p/%E5%9B%BE.png?b=1)",
        ),
        ({"filename": "a]b[c\nd", "url": "https://x.com/1"}, "[a b c d](https://x.com/1)"),
        (
            {"filename": "a", "url": "https://x.com/1 (2).pdf"},
            "[a](https://x.com/1%20%282%29.pdf)",
        ),
        ({"type": "custom", "url": "https://x.com"}, "[custom](https://x.com)"),
    ],
)
def test_a_file_is_a_link_and_a_picture_an_image(file: dict[str, object], markdown: str) -> None:
    assert shown(file) == markdown


@pytest.mark.parametrize(
    "url",
    ["", "ftp://x.com/a", "javascript:alert(1)", "file:///etc/passwd", "http://[::1", "a.png"],
)
def test_what_nobody_could_open_is_left_out(url: str) -> None:
    assert shown({"filename": "a", "url": url}) == ""


def test_a_file_is_told_once_and_not_where_the_text_shows_it() -> None:
    again: dict[str, object] = {"filename": "1", "url": "/files/1?sign=b"}
    other: dict[str, object] = {"filename": "2", "url": "/files/2"}
    text = f"看 ![1]({AT}/files/1?sign=a)"
    assert shown(again, other, other, text=text) == f"\n\n[2]({AT}/files/2)"


@pytest.mark.parametrize("value", [None, {}, "x", [None, 5, {"url": 5}, []]])
def test_an_odd_list_of_files_is_none(value: object) -> None:
    assert files_in(raw(value)) == ()
    assert files_in(msgspec.Raw()) == ()


def test_what_the_follower_sent_is_not_among_what_the_run_made() -> None:
    methods = ["local_file", "remote_url", "tool_file", None]
    files = [{"url": "/files/1", "transfer_method": each} for each in methods]
    assert [each.transfer_method for each in made_files(raw(files))] == ["tool_file", None]


@pytest.mark.parametrize(
    ("value", "is_file"),
    [
        ({"url": "/files/1", "transfer_method": "tool_file"}, True),
        ({"remote_url": "https://x.com", "dify_model_identity": "__dify__file__"}, True),
        ({"url": "https://x.com", "title": "a search result"}, False),
        ({"transfer_method": "tool_file"}, False),
        ({"url": 5, "transfer_method": "tool_file"}, False),
        ("text", False),
    ],
)
def test_a_file_among_outputs_is_known_by_what_dify_says_of_it(
    value: object,
    *,
    is_file: bool,
) -> None:
    assert (as_file(value) is not None) is is_file
