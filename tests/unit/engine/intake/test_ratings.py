"""The signs by which followers say what they think of an answer."""

import pytest

from yingda.engine.intake.commands import interpret
from yingda.engine.intake.intents import Intent, Question, Told
from yingda.engine.intake.ratings import Rate
from yingda.providers.capabilities import Rating
from yingda.wechat.messages import TextMessage
from yingda.words import words_to_commands

WORDS = words_to_commands({})


def meaning(content: str) -> Intent:
    message = TextMessage("gh_a", "o_a", 1, "m:1", content=content)
    return interpret(message, pickup_word="1", words=WORDS)


UP, DOWN = Rate(Rating.LIKE), Rate(Rating.DISLIKE)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("👍", UP),
        (" 👍🏽 ", UP),
        ("👍️", UP),
        ("👍👍👍", UP),
        ("[强]", UP),
        ("[强][强]", UP),
        ("[強]", UP),
        ("[ThumbsUp]", UP),
        ("/:strong", UP),
        ("/good", UP),
        ("／ＧＯＯＤ", UP),
        ("/good#12", Rate(Rating.LIKE, 12)),
        ("👎", DOWN),
        ("👎🏿", DOWN),
        ("[弱]", DOWN),
        ("[ThumbsDown]", DOWN),
        ("/:weak", DOWN),
        ("/bad", DOWN),
        ("/bad#3", Rate(Rating.DISLIKE, 3)),
    ],
)
def test_a_thumb_or_a_command_rates_an_answer(text: str, meant: Rate) -> None:
    assert meaning(text) == meant


@pytest.mark.parametrize("text", ["👍 谢谢", "👍👎", "强", "[强", "good", "👌", "/:share", "好👍"])
def test_a_thumb_among_other_things_is_a_question(text: str) -> None:
    assert isinstance(meaning(text), Question)


def test_a_command_that_takes_no_number_gets_the_help_for_one() -> None:
    assert meaning("/clear#2") == Told("help")
