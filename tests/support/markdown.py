"""Markdown as models write it, and worse, for property tests of `yingda.delivery`."""

import re

from hypothesis import strategies as st

from yingda.delivery.plain import SEPARATOR, blocks

_WORD = re.compile(r"[A-Za-z0-9\u4e00-\u9fff]+")
#: No digits, so that list numbers are never words; joined words stay tellable apart.
_WORDS = st.sampled_from(["苹果", "香蕉", "海", "river", "Stone", "你好世界", "ok"])
_EMOJI = st.sampled_from(["👩‍👩‍👧‍👦", "🇨🇳", "e\u0301", "…", "。", "，"])


def words(text: str) -> list[str]:
    """The runs of letters, digits and Han characters, in order, without list numbers."""
    return [word for word in _WORD.findall(text) if not word.isdigit()]


def _phrase() -> st.SearchStrategy[str]:
    return st.lists(_WORDS | _EMOJI, min_size=1, max_size=5).map(" ".join)


def _inline() -> st.SearchStrategy[str]:
    wrapped = st.tuples(
        st.sampled_from(
            ["**{}**", "*{}*", "~~{}~~", "`{}`", "_{}_", "**{}：**", "<b>{}</b>", "{}"]
        ),
        _phrase(),
    ).map(lambda pair: pair[0].format(pair[1]))
    link = _WORDS.map(lambda word: f"[{word}](https://example.com/a_b)")
    return st.lists(wrapped | link, min_size=1, max_size=4).map(" ".join)


def _table() -> st.SearchStrategy[str]:
    def build(rows: list[list[str]]) -> str:
        width = len(rows[0])
        lines = ["| " + " | ".join(row) + " |" for row in rows]
        return "\n".join([lines[0], "|" + "---|" * width, *lines[1:]])

    return st.lists(st.lists(_phrase(), min_size=1, max_size=4), min_size=1, max_size=4).map(build)


def _block(*, tables: bool) -> st.SearchStrategy[str]:
    inline = _inline()
    several = st.lists(inline, min_size=1, max_size=4)
    kinds = [
        inline,
        several.map("\n".join),
        inline.map("## {}".format),
        several.map(lambda items: "\n".join(f"- {item}" for item in items)),
        several.map(lambda items: "\n\n".join(f"{n}. {item}" for n, item in enumerate(items, 2))),
        several.map(lambda items: "\n".join("  " * n + f"* {it}" for n, it in enumerate(items))),
        several.map(lambda items: "\n".join(f"> {item}" for item in items)),
        _phrase().map("```\n{}\n\n  x\n```".format),
        st.just("---"),
    ]
    return st.one_of([*kinds, _table()] if tables else kinds)


def answers(*, tables: bool = True) -> st.SearchStrategy[str]:
    """Well-formed answers: a few blocks of every kind, in any line ending."""
    whole = st.lists(_block(tables=tables), max_size=5)
    gap = st.sampled_from(["\n\n", "\n\n\n"] + ["\n"] * tables)
    end = st.sampled_from(["\n", "\r\n", "\r"])
    return st.tuples(whole, gap, end).map(lambda t: t[1].join(t[0]).replace("\n", t[2]))


_MARKS = (
    *(
        "\n",
        "\n\n",
        "\r",
        "\r\n",
        " ",
        "    ",
        "\t",
        "\x00",
        "\n- ",
        "\n1. ",
        "\n> ",
        "\n* ",
        "\n# ",
    ),
    *(
        "\n```\n",
        "\n~~~\n",
        "\n---\n",
        "\n===\n",
        "\n|-|-|\n",
        "a | b",
        "|",
        "|---|",
        "-",
        "#",
        ">",
    ),
    *("*", "**", "_", "~~", "`", "``", "[", "](", ")", "![", "<", "<a href='u'>", "</a>", "<br>"),
    *(
        "\\",
        "&lt;",
        "&#10;",
        "&#13;",
        "$",
        "\\(",
        "\\)",
        "https://e.com/a",
        "://",
        "[x]: u",
        "<div>",
    ),
    *("中文", "word", "1", "1.", "👩‍👩‍👧‍👦", "e\u0301", "\u3000", "\u2028", "。", "x"),
)


def fragments() -> st.SearchStrategy[str]:
    """Marks and words strewn in any order."""
    return st.lists(st.sampled_from(_MARKS), max_size=24).map("".join)


def render(source: str) -> str:
    """The whole answer as WeChat shall show it."""
    return SEPARATOR.join(block.text for block in blocks(source))
