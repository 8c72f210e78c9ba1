"""How the settings of an account become values of the rooms."""

import pytest

from support.settings import LEAST
from yingda.config import load
from yingda.engine.accounts import Account
from yingda.wiring import account_of


def account(**environ: str) -> Account:
    return account_of(load({**LEAST, **environ}).accounts[0], b"k" * 32)


@pytest.mark.parametrize("is_on", [True, False])
def test_suggestions_and_links_that_rate_are_as_they_are_set(*, is_on: bool) -> None:
    word = str(is_on).lower()
    set_up = account(YINGDA_SUGGESTIONS=word, YINGDA_FEEDBACK_LINKS=word)
    assert (set_up.suggestions, set_up.style.has_feedback_links) == (is_on, is_on)


def test_neither_is_on_by_itself_and_links_carry_the_built_in_words() -> None:
    set_up = account()
    assert (set_up.suggestions, set_up.style.has_feedback_links) == (False, False)
    assert (set_up.style.good_word, set_up.style.bad_word) == ("/good", "/bad")
