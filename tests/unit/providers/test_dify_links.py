"""Addresses of Dify's files are made whole, wherever the stream was cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.providers.dify_links import LinkFilter, linked, origin_of

AT = "https://dify.example.com"
PLAIN = "前文 ![图](/files/a.png?timestamp=1&sign=x%3D) 和 [表](</files/b.xlsx>) 后文"
WHOLE = f"前文 ![图]({AT}/files/a.png?timestamp=1&sign=x%3D) 和 [表](<{AT}/files/b.xlsx>) 后文"


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (PLAIN, WHOLE),
        ('[a](/files/x "标题")', f'[a]({AT}/files/x "标题")'),
        ("[a]( /files/x)", f"[a]( {AT}/files/x)"),
        ("[a](https://elsewhere.com/files/x)", "[a](https://elsewhere.com/files/x)"),
        ("[a](/docs/x) ](/file", "[a](/docs/x) ](/file"),
        ("数组[1](注)和路径 /files/x", "数组[1](注)和路径 /files/x"),
        ("没有收尾 [a](/files/x", "没有收尾 [a](/files/x"),
        ("]" * 50, "]" * 50),
    ],
)
def test_only_the_addresses_of_files_in_markdown_change(text: str, whole: str) -> None:
    assert linked(text, AT) == whole


@given(st.data())
def test_what_is_told_does_not_depend_on_the_cuts(data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(PLAIN)), max_size=12))
    edges = [0, *sorted(cuts), len(PLAIN)]
    pieces = [PLAIN[begin:end] for begin, end in pairwise(edges)]
    links = LinkFilter(AT)
    told = [*(links.feed(piece) for piece in pieces), links.finish()]
    assert "".join(told) == WHOLE
    # No piece ends within an address.
    ends = {len("".join(told[:count])) for count in range(len(told))}
    begin = WHOLE.index(AT)
    assert not ends & set(range(begin + 1, WHOLE.index(")", begin)))


@given(st.lists(st.sampled_from(["]", "(", ")", "/files/", "a", "<", " ", "/fil", "es/b"])))
def test_nothing_is_lost_whatever_the_pieces_are(pieces: list[str]) -> None:
    links = LinkFilter("")
    assert "".join([*map(links.feed, pieces), links.finish()]) == "".join(pieces)


def test_an_address_that_never_ends_is_told_as_it_is() -> None:
    text = "[a](/files/" + "x" * 5000
    links = LinkFilter(AT)
    told = "".join(links.feed(text[at : at + 7]) for at in range(0, len(text), 7))
    assert told + links.finish() == text
    assert len(told) > 1000


@pytest.mark.parametrize(
    ("base_url", "origin"),
    [
        ("https://api.dify.ai/v1", "https://api.dify.ai"),
        ("http://10.0.0.5:8080/dify/v1", "http://10.0.0.5:8080"),
    ],
)
def test_files_are_at_the_api_s_own_host(base_url: str, origin: str) -> None:
    assert origin_of(base_url) == origin
