"""Reasoning is taken out, and nothing else, wherever the text was cut."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.providers.thinking import LONE_LIMIT_CHARS, ThinkingFilter, strip_thinking

FOLDED = '<details style="color:gray;" open> <summary> Thinking... </summary>\n想\n</details>\n\n'
OTHER_DETAILS = "<details><summary>展开</summary>正文</details>"

CASES = {
    "<think>想一想</think>\n\n你好": "你好",
    "\n<think>想</think>\n你好": "\n你好",
    "你好<think>再想</think>，再见": "你好，再见",
    "<think>一</think><think>二</think>\n答": "答",
    "<THINK>想</Think>答": "答",
    '<think class="x">想</think>答': "答",
    "<think>没有结尾": "",
    "先说<think>没有结尾 </thin": "先说",
    FOLDED + "答": "答",
    "答\n" + FOLDED + "后": "答\n\n\n后",
    OTHER_DETAILS: OTHER_DETAILS,
    "<details><summary>Thinking about 1 < 2": "<details><summary>Thinking about 1 < 2",
    "用 `<think>` 标签": "用 `<think>` 标签",
    "看：\n```xml\n<think>想</think>\n```\n完": "看：\n```xml\n<think>想</think>\n```\n完",
    "看：\n~~~\n<think>\n~~~\n<think>想</think>完": "看：\n~~~\n<think>\n~~~\n完",
    '1. 看：\n   ```py\n   print("<think>")\n   ```\n完': (
        '1. 看：\n   ```py\n   print("<think>")\n   ```\n完'
    ),
    "用 `看 <think> 标签` 完": "用 `看 <think> 标签` 完",
    "用 `a` 和<think>想</think> `b`": "用 `a` 和 `b`",
    "没关的 ` 号\n<think>想</think>完": "没关的 ` 号\n完",
    "1 < 2，<thinker> 也不是": "1 < 2，<thinker> 也不是",
    "以尖括号结尾 <": "以尖括号结尾 <",
    "半个标签 <thi": "半个标签 <thi",
    "想一想\n</think>\n\n你好": "你好",
    "想\n```py\nx\n```\n</THINK>你好\n": "你好\n",
    "</think>你好": "你好",
    "想\n</think>\n你好\n</think>": "你好\n</think>",
    "想\n</think>\n你好<think>再想</think>，再见": "你好，再见",
    "<think>想</think>\n你好\n</think>\n再见": "你好\n</think>\n再见",
    "行中的 </think> 不算": "行中的 </think> 不算",
    "看：\n```\n</think>\n```\n完": "看：\n```\n</think>\n```\n完",
    "\n</thi": "\n</thi",
    "": "",
}
FRAGMENTS = [
    "```",
    "~~~\n",
    "<think>",
    "</think>",
    "<thi",
    "nk>",
    "`",
    "<",
    ">",
    "字",
    "\n",
    "<details>",
    "<summary>",
    " Thinking...",
    "</summary>",
    "</details>",
]


def _streamed(pieces: Iterable[str]) -> str:
    """What is left of the text at the end, fed piece by piece."""
    reasoning = ThinkingFilter()
    shown = ""
    for piece in pieces:
        visible = reasoning.feed(piece)
        shown = visible if reasoning.has_voided else shown + visible
        reasoning.has_voided = False
    return shown + reasoning.finish()


@pytest.mark.parametrize(("text", "shown"), CASES.items())
def test_reasoning_is_removed_and_the_rest_stays(text: str, shown: str) -> None:
    assert strip_thinking(text) == shown


@pytest.mark.parametrize(("text", "shown"), CASES.items())
def test_single_characters_give_the_same_text(text: str, shown: str) -> None:
    assert _streamed(text) == shown


@given(st.lists(st.sampled_from(FRAGMENTS), max_size=25), st.data())
def test_any_cut_gives_what_the_whole_gives(fragments: list[str], data: st.DataObject) -> None:
    text = "".join(fragments)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=10)))
    edges = [0, *cuts, len(text)]
    pieces = [text[begin:end] for begin, end in itertools.pairwise(edges)]
    assert _streamed(pieces) == strip_thinking(text)


@given(st.text(alphabet=st.characters(exclude_characters="<")))
def test_text_without_tags_passes_untouched(text: str) -> None:
    assert strip_thinking(text) == text


def test_code_is_looked_for_in_the_whole_of_a_long_text() -> None:
    text = "字\n" * 100 + "```\n" + "行\n" * 100 + "<think>\n```\n完"
    assert _streamed(text) == text


@pytest.mark.parametrize("extra_chars", [0, 1])
def test_a_closing_tag_alone_counts_only_so_far_behind_the_beginning(extra_chars: int) -> None:
    reasoning = "想" * (LONE_LIMIT_CHARS - 1 + extra_chars) + "\n"
    text = reasoning + "</think>答"
    assert _streamed([reasoning, "</think>答"]) == strip_thinking(text)
    assert strip_thinking(text) == ("答" if not extra_chars else text)


def test_text_before_a_possible_tag_is_not_held_back() -> None:
    assert ThinkingFilter().feed("你好，<th") == "你好，"
