"""The words that are no question: commands and the pickup word, and how words are compared.

Operators may add words and change the pickup word; what each of them does is the engine's.
"""

import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class Command(StrEnum):
    """What a follower may ask of the gateway itself."""

    CLEAR = "clear"
    HELP = "help"


#: The word that always means a command. Chinese words are none of them: they might be questions,
#: so an operator chooses them.
COMMAND_WORDS: Mapping[Command, str] = {Command.CLEAR: "/clear", Command.HELP: "/help"}

#: The original system's word, which its followers know.
DEFAULT_PICKUP_WORD = "1"


def normalised(text: str) -> str:
    """How a word is compared: full-width forms, case and blanks make no difference."""
    # ASCII is its own normal form (Unicode Standard Annex #15), and most words are ASCII.
    form = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return "".join(form.casefold().split())


def words_to_commands(extra: Mapping[str, tuple[str, ...]]) -> dict[str, Command]:
    """Every word, normalised, with its command; `extra` holds an operator's own by command."""
    return {
        normalised(word): command
        for command in Command
        for word in (COMMAND_WORDS[command], *extra.get(command.value, ()))
    }
