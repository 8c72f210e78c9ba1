"""The words that are no question: commands and the pickup word, and how words are compared.

Operators may add words, switch built-in ones off and change the pickup word; what each of them
does is the engine's.
"""

import unicodedata
from collections.abc import Collection, Mapping
from enum import StrEnum


class Command(StrEnum):
    """What a follower may ask of the gateway itself, in the order in which the help tells it."""

    CLEAR = "clear"
    STOP = "stop"
    RETRY = "retry"
    GOOD = "good"
    BAD = "bad"
    STATUS = "status"
    MODEL = "model"
    FORGET = "forget"
    HELP = "help"


#: The word that means a command unless it is switched off. Chinese words are none of them: they
#: might be questions, so an operator chooses them.
COMMAND_WORDS: Mapping[Command, str] = {command: f"/{command.value}" for command in Command}

#: The original system's word, which its followers know.
DEFAULT_PICKUP_WORD = "1"

#: Characters of a word for a command. Our choice: it is typed on a phone, and the help shows it.
COMMAND_WORD_LIMIT_CHARS = 16


def normalised(text: str) -> str:
    """How a word is compared: full-width forms, case and blanks make no difference."""
    # ASCII is its own normal form (Unicode Standard Annex #15), and most words are ASCII.
    form = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return "".join(form.casefold().split())


#: What confirms an erasure, if one is to be confirmed; else a text like any other.
CONFIRMING_WORDS = frozenset(map(normalised, ("确认", "confirm")))


def words_to_commands(
    extra: Mapping[str, tuple[str, ...]], off: Collection[Command] = ()
) -> dict[str, Command]:
    """Every word, normalised, with its command.

    `extra` holds an operator's own words by command, `off` the commands without their built-in
    word.
    """
    return {
        normalised(word): command for command in Command for word in _words(command, extra, off)
    }


def words_to_show(
    extra: Mapping[str, tuple[str, ...]], off: Collection[Command] = ()
) -> dict[Command, str]:
    """The word that replies name a command by; a command without any word is not there."""
    words = {command: _words(command, extra, off) for command in Command}
    return {command: own[0] for command, own in words.items() if own}


def _words(
    command: Command, extra: Mapping[str, tuple[str, ...]], off: Collection[Command]
) -> tuple[str, ...]:
    built_in = () if command in off else (COMMAND_WORDS[command],)
    return (*built_in, *extra.get(command.value, ()))
