"""The documents that an answer leans on, as a part of its text."""

import pytest

from support.markdown import render
from yingda.delivery.plain import blocks
from yingda.engine.asking.citing import SOURCES_LIMIT, cited
from yingda.errors import FailureKind
from yingda.providers.base import Source
from yingda.store.runs import Outcome
from yingda.texts import Language, Texts

PAGE = "https://example.cn/a_b_c?x=(1)&y=2"


def shown(*sources: Source, answer: str = "好。", language: Language = Language.CHINESE) -> str:
    return render(cited(Outcome(answer=answer), sources, Texts(language)).answer)


def test_sources_stand_numbered_below_the_answer_with_their_addresses() -> None:
    assert shown(Source("价目", PAGE), Source("手册")) == (
        f"好。\n\n参考资料：\n\n1. 价目: {PAGE}\n2. 手册"
    )
    assert "Sources:" in shown(Source("a"), language=Language.ENGLISH)


def test_the_first_five_are_named() -> None:
    text = shown(*(Source(f"文档{n}") for n in range(1, 9)))
    assert f"{SOURCES_LIMIT}. 文档{SOURCES_LIMIT}" in text
    assert f"文档{SOURCES_LIMIT + 1}" not in text


@pytest.mark.parametrize(
    "title",
    [
        "*a*_b_.pdf",
        "# 一",
        "2024. 年报",
        "- 一",
        "`x` $5 & <b>x</b>",
        "a\\(b\\)",
        "~~x~~ &amp;",
        "===",
    ],
)
def test_a_title_is_shown_as_it_is(title: str) -> None:
    assert f"1. {title}" in shown(Source(title))
    assert f"1. {title}: {PAGE}" in shown(Source(title, PAGE))


def test_brackets_in_a_title_make_no_link() -> None:
    assert "1. ［1］(x): " + PAGE in shown(Source("[1](x)", PAGE))


@pytest.mark.parametrize("url", ["https://a.cn/a b", "https://a.cn/>", "https://a.cn/\n"])
def test_an_address_that_markdown_cannot_hold_is_left_out(url: str) -> None:
    assert shown(Source("一", url)).endswith("1. 一")


@pytest.mark.parametrize(
    "answer",
    [
        "好。",
        "- a\n- b",
        "1. x\n2. y",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "```py\nprint(1)",
        "~~~\nx",
    ],
)
def test_the_list_joins_no_block_of_the_answer(answer: str) -> None:
    joined = cited(Outcome(answer=answer), [Source("文档")], Texts()).answer
    own = blocks(answer)
    assert [block.text for block in blocks(joined)[: len(own)]] == [block.text for block in own]
    assert "参考资料：\n\n1. 文档" in render(joined)


def test_without_sources_and_after_a_failure_nothing_is_added() -> None:
    plain, failed = Outcome(answer="好"), Outcome(answer="半", failure=FailureKind.INCOMPLETE)
    assert cited(plain, (), Texts()) is plain
    assert cited(failed, [Source("文档")], Texts()) is failed
