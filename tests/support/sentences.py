"""Sentences as followers read them, with the links that belong into them."""

from support.house import account
from yingda.delivery.links import command_link
from yingda.engine.accounts.sentences import help_lines
from yingda.errors import FailureKind
from yingda.texts import Texts, failure_key
from yingda.words import COMMAND_WORDS, Command


def failure_text(
    kind: FailureKind, *, number: int = 1, texts: Texts | None = None, has_text: bool = True
) -> str:
    """What a follower reads of a failure of the question with this number."""
    return failure_sentence(failure_key(kind, has_text=has_text), number=number, texts=texts)


def failure_sentence(key: str, *, number: int = 1, texts: Texts | None = None) -> str:
    """The sentence of this key, about the question with this number."""
    texts = texts or Texts()
    word = COMMAND_WORDS[Command.RETRY]
    retry = command_link(word, f"#{number}", texts.say("retry_label"))
    return texts.say(key, retry=retry)


def help_text() -> str:
    """The help of an account with every command and no words of its own."""
    return Texts().say("help", word="1", commands=help_lines(account()))
