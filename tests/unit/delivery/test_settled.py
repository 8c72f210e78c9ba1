"""What is handed over of an unfinished answer is how the whole begins, whatever comes behind it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.markdown import answers, fragments, render, words
from yingda.delivery.plain import SEPARATOR, blocks
from yingda.delivery.settled import handed_over, settle, settled_part
from yingda.turn.model import Cursor

#: Marks, ends of sentences and what makes them doubtful, to be strewn in any order.
_PIECES = (
    *("。", "！", "。」", "；", ". ", "! ", "? ", "…", "：", "，"),
    *("**", "*", "_", "__", "~~", "~", "`", "``", "[", "]", "](", ")", "(u)", "![", "[1]", "\\"),
    *(
        "$",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "<",
        ">",
        "<b>",
        "</b>",
        "<br>",
        "<a href='u'>",
        "</a>",
    ),
    *("&amp;", "&", "#", "|", "|---|---|", "---", " | ", "://", "http://e.com", "http://e.com/a_b"),
    *("\n", "\n\n", "\n- ", "\n1. ", "\n2. ", "\n   ", "\n  - ", "\n> ", "\n# ", "\n```\n", "    "),
    *("甲", "乙丙", "word", "ab", "a", "1", "2.5", " ", "- [ ] ", "\n|-|-|\n", "\n|-|\n", "a | b"),
)
STREWN = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=18).map("".join)

CHINESE = (
    "好的，**下面**是几点说明。第一，`x` 很重要；第二，见 [文档](https://e.com/a_b)。\n\n"
    "## 步骤\n\n1. **准备**：先装好 `pip`。\n2. 运行 `make`，看到 3~5 行输出。\n"
    "   - 若失败，重试！\n   - 再看日志。\n3. 完成。\n\n"
    "| 名 | 值 |\n|---|---|\n| a | 1 |\n\n最后：祝顺利！"
)
ENGLISH = (
    "Sure! Here is **the plan**. It has 2.5 steps, e.g. this one. See https://e.com/x.y for it.\n"
    "Then we go on. *Done.* And so on.\n\n* One thing. Another.\n* Two things\n* Three\n\nThe end. "
)
MATHS = "设 $x_1$ 与 \\(y_2\\) 如下[1]。则 $$x+y$$ 成立[2]。价格 $5 到 $6。完。"
LLM = [CHINESE, ENGLISH, MATHS]


def assert_begins(whole_source: str, *ends: int) -> None:
    whole = blocks(whole_source)
    for end in ends:
        prefix = whole_source[:end]
        settled = settle(prefix)
        count = len(settled.blocks) - settled.is_open
        assert settled.blocks[:count] == whole[:count], (prefix, whole_source)
        if settled.is_open:
            assert len(whole) > count, (prefix, whole_source)
            assert whole[count].text.startswith(settled.blocks[-1].text), (prefix, whole_source)
            before = whole[count - 1].source_end if count else 0
            assert (settled.blocks[-2].source_end if count else 0) == before


def assert_every_prefix_begins(source: str) -> None:
    assert_begins(source, *range(len(source) + 1))


@settings(max_examples=400, deadline=None)
@given(STREWN, STREWN)
def test_no_continuation_changes_what_was_settled(prefix: str, rest: str) -> None:
    assert_begins(prefix + rest, len(prefix))


@settings(max_examples=120, deadline=None)
@given(STREWN)
def test_every_prefix_of_strewn_marks_is_how_the_whole_begins(source: str) -> None:
    assert_every_prefix_begins(source)


@settings(max_examples=60, deadline=None)
@given(fragments())
def test_every_prefix_of_fragments_is_how_the_whole_begins(source: str) -> None:
    assert_every_prefix_begins(source)


# Of a long answer not every prefix: that takes as long as the square of its length.
@settings(max_examples=60, deadline=None)
@given(answers(), st.integers(0, 3))
def test_a_prefix_of_an_answer_is_how_the_whole_begins(source: str, first: int) -> None:
    assert_begins(source, *range(first, len(source) + 1, 4), len(source))


@pytest.mark.parametrize("source", LLM)
def test_every_prefix_of_what_models_write_is_how_the_whole_begins(source: str) -> None:
    assert_every_prefix_begins(source)


@pytest.mark.parametrize("source", LLM)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_models_write_is_settled_whatever_they_write_next(
    source: str, data: st.DataObject
) -> None:
    end = data.draw(st.integers(0, len(source)))
    assert_begins(source[:end] + data.draw(STREWN), end)


@pytest.mark.parametrize(
    ("prefix", "shown"),
    [
        ("一句话。第二句", "一句话。"),
        ("一句话", ""),
        ("他说：“好。”然后", "他说：“好。”"),
        ("First one. Second", "First one."),
        ("Version 2. Then", ""),
        ("Plan B. Then", ""),
        ("See https://e.com/a.b and", ""),
        ("**注意：这很重要。** 后面", "注意：这很重要。"),
        ("**注意：这很重要。**后面", ""),
        ("**没完。后面", ""),
        ("设 \\[x。", ""),
        ("见[1]。", "见[1]。"),
        ("见[文档。", ""),
        ("用 `x。y` 吧。", "用 x。y 吧。"),
        ("用 `x。y", ""),
        ("价格 $5。", ""),
        ("设 $x_1$ 为零。", "设 $x_1$ 为零。"),
        ("1. 苹果\n2. 香蕉\n3. 橙", "1. 苹果\n2. 香蕉"),
        ("- 苹果\n  - 梨子。\n  - 桃", "• 苹果\n　• 梨子。"),
        ("- [x] 完成。\n- [", "☑ 完成。"),
        ("- 甲。乙", ""),
        ("- 甲。\n", "• 甲。"),
        ("甲 | 乙。丙", ""),
        ("第一行\n第二行。后", ""),
        ("第一行。\n第二行", "第一行。"),
        ("第一行\n第二行。\n第三", "第一行\n第二行。"),
        ("> 引用。后", ""),
        ("```\n代码。\n", ""),
        ("|名|值|\n|-|-|\n|一。", ""),
        ("# 标题。", ""),
        ("看<a href='u'>这。", ""),
        ("甲。\r\n乙。", ""),
    ],
)
def test_what_is_settled_is_this_much(prefix: str, shown: str) -> None:
    assert SEPARATOR.join(block.text for block in settle(prefix).blocks) == shown


@pytest.mark.parametrize("source", LLM)
@pytest.mark.parametrize("limit_bytes", [90, 1800])
def test_parts_taken_while_it_grows_and_after_it_join_to_the_whole(
    source: str, limit_bytes: int
) -> None:
    cursor, shown = Cursor(), ""
    for end in range(0, len(source), 7):
        part = settled_part(settle(source[:end]), cursor, limit_bytes)
        if part is not None:
            shown, cursor = shown + part.text, part.end
            assert "".join(handed_over(source, cursor).split()) == "".join(shown.split())
    assert "".join(render(source).split()).startswith("".join(shown.split()))
    assert words(shown)


def test_nothing_is_handed_over_twice_when_a_block_becomes_unsure() -> None:
    first = settled_part(settle("一句话。"), Cursor(), 600)
    assert first is not None
    assert settled_part(settle("一句话。又一句 `x"), first.end, 600) is None
    closed = settled_part(settle("一句话。\n\n又一段。"), first.end, 600)
    assert closed is not None
    assert closed.text == "又一段。"


def test_a_long_open_block_is_left_alone_and_many_ends_are_few_tries() -> None:
    assert not settle("很长的一句。" * 3000).is_open
    assert settle("一句。<" + "很长的一句。" * 1500).is_open
