"""Which rule a text meets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.actions import AskAction, Match, NothingAction, QuestionAction, Rule, TextAction
from yingda.engine.accounts.rules import Rules
from yingda.patterns import Pattern, PatternInvalid, folded
from yingda.words import normalised


def rule(match: Match, *words: str, says: str = "yes") -> Rule:
    return Rule(match, words, TextAction(says))


def found(text: str, *rules: Rule) -> str | None:
    action = Rules(rules).find(text, normalised(text))
    return action.text if isinstance(action, TextAction) else None


@pytest.mark.parametrize(
    ("match", "word", "text", "is_met"),
    [
        (Match.EXACT, "价格", "价格", True),
        (Match.EXACT, "价格", " 价 格\n", True),
        (Match.EXACT, "ＷｉＦｉ", "wifi", True),
        (Match.EXACT, "价格", "价格？", False),
        (Match.PREFIX, "查 快递", "查快递 SF123", True),
        (Match.PREFIX, "查快递", "我要查快递", False),
        (Match.KEYWORD, "Opening Hours", "what are your OPENING hours?", True),
        (Match.KEYWORD, "人工", "转 人 工", True),
        (Match.KEYWORD, "人工", "人类", False),
        (Match.REGEX, r"^\d{6}$", " １２３４５６ ", True),
        (Match.REGEX, r"^\d{6}$", "123 456", False),
        (Match.REGEX, r"order\s+no", "My ORDER  No is 5", True),
        (Match.REGEX, "价|钱", "多少钱", True),
        (Match.REGEX, "^$", "x", False),
    ],
)
def test_a_rule_is_met_as_the_table_says(
    match: Match, word: str, text: str, *, is_met: bool
) -> None:
    assert (found(text, rule(match, word)) is not None) is is_met


@pytest.mark.parametrize("first", Match)
@pytest.mark.parametrize("second", Match)
def test_the_first_rule_in_the_operators_order_wins(first: Match, second: Match) -> None:
    rules = (rule(first, "hello", says="1"), rule(second, "hello", says="2"))
    assert found("hello", *rules) == "1"


def test_each_word_of_a_rule_counts_and_none_means_no_rule() -> None:
    several = rule(Match.EXACT, "a", "b")
    assert [found(text, several) for text in ("a", "b", "c")] == ["yes", "yes", None]
    assert found("a") is None


def test_a_rule_may_say_that_nothing_happens() -> None:
    rules = Rules((Rule(Match.EXACT, ("ok",), NothingAction()),))
    assert rules.find("OK", "ok") == NothingAction()


@pytest.mark.parametrize("pattern", ["(", "[", "a{2001}", r"(a)\1", "(?=a)", "(?<!a)b", "*"])
def test_what_a_linear_engine_cannot_do_is_refused(pattern: str) -> None:
    with pytest.raises(PatternInvalid) as caught:
        Pattern(pattern)
    assert pattern not in str(caught.value)


def test_a_pattern_that_hangs_other_engines_answers_at_once() -> None:
    # (a+)+$ takes a backtracking engine 2 ** 5000 steps here.
    assert not Pattern("^(a+)+$").matches("a" * 5000 + "b")


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_no_text_breaks_a_rule(text: str) -> None:
    rules = Rules(tuple(rule(match, "x") for match in Match))
    assert rules.find(text, normalised(text)) in {None, TextAction("yes")}
    assert isinstance(folded(text), str)


@pytest.mark.parametrize(
    ("match", "word", "text", "asked"),
    [
        (Match.PREFIX, "/画", "/画 一只猫", "一只猫"),
        (Match.PREFIX, "/画", "／ 画：一只 猫 ", "一只 猫 "),
        (Match.PREFIX, "翻译成 English", "翻译成ＥＮＧＬＩＳＨ, 你好", "你好"),
        (Match.PREFIX, "/画", "/画", ""),
        (Match.EXACT, "今日新闻", "今日 新闻", "今日 新闻"),
        (Match.KEYWORD, "画", "请画一只猫", "请画一只猫"),
        (Match.REGEX, "画|写", "请写诗", "请写诗"),
    ],
)
def test_a_rule_that_asks_passes_on_what_was_written_and_of_a_beginning_the_rest(
    match: Match, word: str, text: str, asked: str
) -> None:
    rules = Rules((Rule(match, (word,), AskAction("draw")),))
    assert rules.find(text, normalised(text)) == QuestionAction(asked, "draw")


@given(st.text(), st.text(min_size=1))
def test_what_is_passed_on_is_the_end_of_what_was_written(head: str, rest: str) -> None:
    rules = Rules((Rule(Match.PREFIX, (head,), AskAction()),))
    action = rules.find(head + rest, normalised(head + rest))
    assert isinstance(action, QuestionAction)
    assert (head + rest).endswith(action.text)
