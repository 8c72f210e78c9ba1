"""Blocks without a mark are read without the parser, and come out as the parser reads them."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.markdown import answers, fragments
from yingda.delivery import plain
from yingda.delivery.bare import Bare, Marked, stretches
from yingda.delivery.plain import Block, blocks, closed_blocks

#: Lines that begin a block, might begin one, or change what the lines around them are.
LINES = st.sampled_from(
    [
        *(
            "中文一句。",
            "word two",
            "a  ",
            "a\\",
            "\u3000全角起头",
            "x~y",
            "a <b>",
            "&amp;",
            "[1]",
            "$a$",
        ),
        *(
            "## 标题",
            "# a #",
            "#x",
            "【题】",
            "## 【题】",
            "####### 七",
            "é\u2003",
            "**b**",
            "`c`",
            "~~s~~",
        ),
        *(
            "- 甲",
            "- b  ",
            "* 丙",
            "+ x",
            "-",
            "- ",
            "-   x",
            "-      x",
            "- - x",
            "- # h",
            "- [ ] t",
        ),
        *(
            "1. 一",
            "2. 二",
            "10. a",
            "1) y",
            "3) ",
            "1.  z",
            "1.",
            "  - 深",
            "> - 引",
            "> 引",
            "* * *",
        ),
        *(
            "",
            " ",
            "\t",
            "\x0b",
            "\x1c",
            "\u3000",
            "    code",
            "  缩进",
            "a | b",
            "--|--",
            "---",
            "==",
        ),
        *("```", "~~~", "https://a.b/c_d 好", "http://x.y"),
    ]
)
texts = st.lists(LINES, max_size=9).map("\n".join)


def by_the_parser_alone(read: Callable[[str], tuple[Block, ...]], source: str) -> tuple[Block, ...]:
    def whole(text: str) -> Iterator[Bare | Marked]:
        yield Marked(text, 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "stretches", whole)
        return read(source)


@given(texts | answers() | fragments() | st.text(max_size=60))
def test_an_answer_reads_as_if_the_parser_had_read_all_of_it(source: str) -> None:
    assert blocks(source) == by_the_parser_alone(blocks, source)


@given(texts | answers() | fragments() | st.text(max_size=60))
def test_an_unfinished_answer_closes_the_same_blocks_as_by_the_parser(source: str) -> None:
    assert closed_blocks(source) == by_the_parser_alone(closed_blocks, source)


@pytest.mark.parametrize(
    "source",
    [
        "天空是蓝色的。\n因为光。\n\n就这样。",
        "## 标题\n\n1. 一\n2. 二\n\n所以：\n\n- 甲\n- 乙",
        "步骤如下：\n- 甲\n- 乙\n\n详见 https://example.com/a 这一页。",
        "约 10~20 元，see https://example.com/a",
    ],
)
def test_text_without_marks_needs_no_parser(source: str) -> None:
    assert all(isinstance(stretch, Bare) for stretch in stretches(source))


@pytest.mark.parametrize(
    "source",
    [
        "- 甲\n乙",
        "- 甲\n\n- 乙",
        "- 甲\n\n1. 乙",
        "甲\n2. 乙",
        "a | b\n--|--",
        "**甲**",
        "- 甲\n\n  乙",
        "# 甲 #",
        "甲\\",
    ],
)
def test_what_could_be_something_else_goes_to_the_parser(source: str) -> None:
    assert [*stretches(source)] == [Marked(source, 0)]


def test_a_mark_in_one_block_leaves_the_others_to_be_read_without_the_parser() -> None:
    found = [*stretches("甲。\n\n**乙**\n\n丙。")]
    assert found == [
        Bare("paragraph_open", "甲。", 1),
        Marked("**乙**\n\n", 2),
        Bare("paragraph_open", "丙。", 5),
    ]
