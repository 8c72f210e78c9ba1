"""How one account words its replies, and the links that its replies carry.

Pure. Which reply carries which is decided elsewhere.
"""

import msgspec

from yingda.delivery.links import command_link, sending_link
from yingda.texts import Texts
from yingda.turn.model import Turn
from yingda.words import COMMAND_WORDS, DEFAULT_PICKUP_WORD, Command


class ReplyStyle(msgspec.Struct, frozen=True, kw_only=True):
    """How one account's replies are worded."""

    texts: Texts
    #: What a follower types to pick an answer up.
    pickup_word: str = DEFAULT_PICKUP_WORD
    #: Whether generated text is marked as such (China's labelling rules of September 2025).
    has_ai_label: bool = True
    #: The word that asks again, as followers are told it; None when there is none.
    retry_word: str | None = COMMAND_WORDS[Command.RETRY]
    #: Whether links that rate an answer stand below it, and the words that they send.
    has_feedback_links: bool = False
    good_word: str | None = COMMAND_WORDS[Command.GOOD]
    bad_word: str | None = COMMAND_WORDS[Command.BAD]


def tap_link(style: ReplyStyle, turn: Turn) -> str:
    """A link that sends the pickup word with the turn's number when it is tapped."""
    return sending_link(f"{style.pickup_word}#{turn.number}", style.texts.say("pickup_label"))


def retry_link(style: ReplyStyle, turn: Turn) -> str:
    """A link that asks this turn's question again."""
    label = style.texts.say("retry_label")
    return command_link(style.retry_word, f"#{turn.number}", label)
