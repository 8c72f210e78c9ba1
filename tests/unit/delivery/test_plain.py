import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.markdown import answers, fragments, render, words
from yingda.delivery.plain import SEPARATOR, Block, blocks, closed_blocks


def assert_prefix_stable(source: str, first: int = 0, step: int = 1) -> None:
    whole = blocks(source)
    for end in range(first, len(source) + 1, step):
        closed = closed_blocks(source[:end])
        assert closed == whole[: len(closed)], source[:end]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("## 标题 **粗**", "【标题 粗】"),
        ("# 【已有】", "【已有】"),
        ("#", ""),
        ("**注意：**请看", "注意：请看"),
        ("他说**“好”**然后", "他说“好”然后"),
        ("*斜* _em_ ~~删~~", "斜 em 删"),
        ("2**3 与 a*b*c", "2**3 与 a*b*c"),
        ("甲\n乙  \n丙\\\n丁<br/>戊", "甲\n乙\n丙\n丁\n戊"),
        ("- 甲\n- 乙\n  - 丙", "• 甲\n• 乙\n　• 丙"),
        ("- 甲\n\n- 乙", "• 甲\n• 乙"),
        ("3. 甲\n4. 乙", "3. 甲\n4. 乙"),
        ("1. 甲\n1. 乙", "1. 甲\n2. 乙"),
        ("1) 甲", "1) 甲"),
        ("- [ ] 做\n- [x] 完", "☐ 做\n☑ 完"),
        ("- 甲\n  ```\n  x\n    y\n  ```", "• 甲\nx\n  y"),
        ("> 引\n>\n> - 列", "│ 引\n│ \n│ • 列"),
        ("| 名 | 值 |\n|---|---|\n| 价 | 10 |\n| 空 | |", "名：值\n价：10\n空：—"),
        (
            "|a|b|c|\n|-|-|-|\n|1|2|3|\n|4|5|6|",
            "a：1\nb：2\nc：3\n\na：4\nb：5\nc：6",
        ),
        ("|a|b|\n|-|-|\n|1|2|多|余|", "a：b\n1：2 | 多 | 余"),
        ("|a|\n|-|\n|1|", "a\n1"),
        ("```python\nif x:\n    **y**\n```", "if x:\n    **y**"),
        ("    def f():\n        pass", "def f():\n    pass"),
        ("用 `**x**` 吧", "用 **x** 吧"),
        ("[文档](https://e.com/a_b_c)查看", "文档: https://e.com/a_b_c 查看"),
        ("[文档](https://e.com)。", "文档: https://e.com。"),
        ("<https://e.com> [https://e.com](https://e.com)", "https://e.com https://e.com"),
        ("https://g.com/src/__init__.py 与 https://e.com/a*", None),
        ("<a@b.cn>", "a@b.cn"),
        ("[锚](#top)", "锚"),
        ("![图](https://e.com/i.png)", "[图片] 图: https://e.com/i.png"),
        ("[![图](https://e.com/i)](https://h.com)", "[图片] 图: https://e.com/i https://h.com"),
        ("![](https://e.com/i.png)", "[图片] https://e.com/i.png"),
        ("![图](data:image/png;base64,AAAA)", "[图片] 图"),
        ("***", "———"),
        ("正文\n---", "正文\n\n———"),
        ('看<a href="https://e.com">这里</a>', "看这里: https://e.com"),
        ("<b>粗</b> <!-- x -->", "<b>粗</b> <!-- x -->"),
        ("&lt;b&gt; &amp;amp; &copy;", "<b> &amp; ©"),
        (r"\(a_1 * b_1 * c\) 与 $x_i*y_i*z$", r"\(a_1 * b_1 * c\) 与 $x_i*y_i*z$"),
        ("[x]: https://e.com", "[x]: https://e.com"),
        ("甲\r\n乙\r丙", "甲\n乙\n丙"),
    ],
)
def test_markdown_reads_as_plain_text(source: str, shown: str | None) -> None:
    assert render(source) == (source if shown is None else shown)


@pytest.mark.parametrize("source", ["", " ", "\n\n\t\r\n", "&nbsp;", "#\n\n>\n\n```\n```"])
def test_an_answer_that_shows_nothing_has_no_blocks(source: str) -> None:
    assert blocks(source) == ()


@pytest.mark.parametrize(
    "source",
    [
        '<a href="weixin://bizmsgmenu?msgmenucontent=1&msgmenuid=1">点</a>',
        "[点](weixin://bizmsgmenu?msgmenucontent=1)",
        '`<a href="weixin://x">点</a>`',
        '```html\n<A\thref="weixin://x">点</a>\n```',
        '&lt;a href="weixin://x">点&lt;/a>',
        r'\<a href="weixin://x">点\</a>',
        '<a href="weixin://x">点',
        '<<a href="https://e.com"></a>a href="weixin://x">',
    ],
)
def test_an_answer_cannot_smuggle_a_tap_link(source: str) -> None:
    shown = render(source)
    assert "weixin" in shown
    assert not re.search(r"<\s*/?\s*a\b", shown, re.IGNORECASE)


def test_atoms_are_addresses_and_code_spans() -> None:
    (block,) = blocks("- 见 [文档](https://e.com/a)、`x y` 和 https://e.com/b。 `<a b>` 完")
    spans = [block.text[begin:end] for begin, end in block.atoms]
    assert spans == ["https://e.com/a", "x y", "https://e.com/b", "<\u2060a b>"]


def test_source_end_counts_the_source_as_given() -> None:
    source = "# 甲\r\n\r\n乙\r\n丙\r\r- 丁\n\n\n戊"
    ends = [block.source_end for block in blocks(source)]
    assert [source[:end][-3:] for end in ends] == ["甲\r\n", "\n丙\r", "\n\n\n", "\n\n戊"]


@pytest.mark.parametrize(
    ("prefix", "closed"),
    [
        ("一段", 0),
        ("一段\n", 0),
        ("一段\n\n", 1),
        ("# 题\n", 0),
        ("# 题\n正", 1),
        ("# 题\n-", 0),
        ("- 甲\n\n", 0),
        ("- 甲\n\n正", 1),
        ("- 甲\n\n1", 0),
        ("```\nx\n\n", 0),
        ("```\nx\n```\n", 0),
        ("```\nx\n```\n\n", 1),
        ("a | b\n--|--\n1 | 2\n", 0),
        ("a | b\n--|--\n1 | 2\n\n", 1),
    ],
)
def test_a_block_is_handed_over_once_later_text_cannot_change_it(prefix: str, closed: int) -> None:
    assert len(closed_blocks(prefix)) == closed


@settings(max_examples=80, deadline=None)
@given(answers(), st.integers(0, 7))
def test_what_a_prefix_closed_is_the_start_of_the_whole(source: str, first: int) -> None:
    assert_prefix_stable(source, first, 8)


@settings(max_examples=250, deadline=None)
@given(fragments())
def test_marks_in_any_order_never_change_a_closed_block(source: str) -> None:
    assert_prefix_stable(source)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_arbitrary_text_never_changes_a_closed_block(source: str) -> None:
    assert_prefix_stable(source)


@pytest.mark.parametrize(
    "source",
    [
        "段\na | b\n|---|--x\n尾",
        "段\na | b\n|---|---|\n尾\n\n",
        "- 甲\nb | c\n  |---|---|\n\n丁",
        "甲\n===\n\n[x]: https://e.com\n\n[x]\n",
        "<div>\n\n甲\n\n</div>\n",
        "> 甲\n乙\n\n> 丙\n```\n\n",
        "1. 甲\n\n   ```\n   x\n\n2. 乙\n\n丙",
        "甲\r\n\r\n乙👩‍👩‍👧‍👦\r\r\n丙🇨🇳",
        "\tx\n\n\ty\n\nz",
        "- a\n\n\n      code\n* b\n+ c\n\n---\n- - d\n",
    ],
)
def test_constructs_that_reach_back_never_change_a_closed_block(source: str) -> None:
    assert_prefix_stable(source)


@settings(max_examples=150, deadline=None)
@given(answers(tables=False))
def test_no_word_of_an_answer_is_lost_and_their_order_stays(source: str) -> None:
    shown = iter(words(render(source)))
    assert all(any(word == other for other in shown) for word in words(source))


@settings(max_examples=100, deadline=None)
@given(answers())
def test_no_word_of_a_table_is_lost(source: str) -> None:
    assert set(words(source)) <= set(words(render(source)))


@settings(max_examples=150, deadline=None)
@given(fragments())
def test_blocks_are_visible_and_their_atoms_ordered(source: str) -> None:
    shown = blocks(source)
    assert SEPARATOR.join(block.text for block in shown) == render(source)
    ends = [block.source_end for block in shown]
    assert ends == sorted(set(ends))
    assert all(end <= len(source) for end in ends)
    assert all(is_sound(block) for block in shown)


def is_sound(block: Block) -> bool:
    flat = [at for span in block.atoms for at in span]
    in_order = flat == sorted(flat) and all(begin < end for begin, end in block.atoms)
    in_text = not flat or (flat[0] >= 0 and flat[-1] <= len(block.text))
    return in_order and in_text and bool(block.text.strip()) and block.text == block.text.rstrip()


@pytest.mark.parametrize(
    "unit",
    ["*", "_*", "中**，", "[", "![", "[a](", "](", "`", "``` ", ">", "> ", "- ", "1. ", "<", "<a ",
     "<!--", "&", "$", "\\(", "~~a", "a://(", "|", "- a\n", "> a\n", "|a\n", "\t", "\n", "  - "],
)  # fmt: skip
def test_hostile_runs_are_rendered_without_loss_of_the_word_after_them(unit: str) -> None:
    source = unit * (20_000 // len(unit))
    assert words(render(source + "\n\n终"))[-1:] == ["终"]
    assert closed_blocks(source) == blocks(source)[: len(closed_blocks(source))]


def test_text_nested_deeper_than_the_parser_goes_is_kept() -> None:
    deep = "\n".join(f"{'  ' * level}- 层{level}" for level in range(60))
    shown = words(render(f"{deep}\n\n{'> ' * 200}底\n\n尾"))
    assert shown == [*(f"层{level}" for level in range(60)), "底", "尾"]
