"""Sentences as followers read them, with the links that belong into them."""

from support.house import account
from yingda.delivery.links import command_link
from yingda.engine.sentences import help_lines
from yingda.errors import FailureKind
from yingda.texts import Texts, failure_key
from yingda.words import COMMAND_WORDS, Command


def failure_text(kind: FailureKind, *, number: int = 1, texts: Texts | None = None) -> str:
    """What a follower reads of a failure of the question with this number."""
    texts = texts or Texts()
    word = COMMAND_WORDS[Command.RETRY]
    retry = command_link(word, f"#{number}", texts.say("retry_label"))
    return texts.say(failure_key(kind), retry=retry)


def help_text() -> str:
    """The help of an account with every command and no words of its own."""
    return Texts().say("help", word="1", commands=help_lines(account()))
