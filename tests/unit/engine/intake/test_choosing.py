"""Who answers: shares hold in proportion and for good, and a choice is known by its name."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.house import account
from yingda.engine.intake.choosing import Choose, choice, default_of, share_of, shown_name
from yingda.words import normalised, words_to_commands

MODELS = {"快速": "quick", "DeepSeek V3": "deep"}
WORDS = words_to_commands({"model": ("换模型",)})
USERS = [f"wx-{number:032x}" for number in range(4000)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("/model 快速", Choose("快速")),
        ("／ｍｏｄｅｌ deepseek  v3", Choose("DeepSeek V3")),
        ("/model 没有", Choose(None)),
        ("/models", Choose(None)),
        ("换模型快速", Choose("快速")),
        ("换模型怎么弄", None),
        ("快速", None),
        ("问 /model 快速", None),
    ],
)
def test_a_choice_is_a_commands_word_with_a_models_name_behind_it(
    written: str, expected: Choose | None
) -> None:
    assert choice(normalised(written), WORDS, MODELS) == expected
    assert choice(normalised(written), WORDS, {}) is None


def test_shares_hold_in_proportion() -> None:
    counts = Counter(share_of({"a": 90, "b": 10}, user) for user in USERS)
    # Five standard deviations of 4000 draws at a tenth.
    assert abs(counts["b"] - 400) < 5 * 19


@given(
    st.sampled_from(USERS),
    st.dictionaries(st.sampled_from("abcd"), st.integers(1, 100), min_size=1),
    st.sampled_from("abcd"),
    st.integers(1, 500),
)
def test_whose_share_grows_wins_some_and_loses_none(
    user: str, split: dict[str, int], name: str, more: int
) -> None:
    before = share_of(split, user)
    after = share_of({**split, name: split.get(name, 0) + more}, user)
    assert after in {before, name}


def test_a_share_of_nothing_gets_nobody() -> None:
    assert {share_of({"a": 1, "b": 0}, user) for user in USERS[:99]} == {"a"}


def test_without_shares_the_accounts_own_provider_answers() -> None:
    assert default_of(account(), "wx-any") == "scripted"
    assert default_of(account(split={"trial": 1}), "wx-any") == "trial"


def test_followers_know_a_provider_by_its_shown_name() -> None:
    assert (shown_name(MODELS, "deep"), shown_name(MODELS, "other")) == ("DeepSeek V3", None)
