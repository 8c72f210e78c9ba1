"""What a push means: a question, a pickup, another command, or something to be told politely.

Pure functions over one message and what is known of its follower.
"""

from collections.abc import Mapping

import msgspec
import regex

from yingda.turn.model import FollowerView, Turn
from yingda.wechat.base import Message
from yingda.wechat.events import ClickEvent, Event, SubscribeEvent, UnsubscribeEvent
from yingda.wechat.messages import (
    ImageMessage,
    LinkMessage,
    LocationMessage,
    ShortVideoMessage,
    TextMessage,
    VideoMessage,
    VoiceMessage,
)
from yingda.words import Command, normalised


class Question(msgspec.Struct, frozen=True):
    """Ask the AI."""

    text: str


class Pickup(msgspec.Struct, frozen=True):
    """Fetch an answer: that of the turn with this number, or whichever is due.

    `text` is what was written, for it may turn out to be a question after all.
    """

    text: str
    number: int | None


class Told(msgspec.Struct, frozen=True):
    """Reply with the sentence of this key; nothing else happens."""

    key: str


class Clear(msgspec.Struct, frozen=True):
    """Start a new conversation."""


class Unfollow(msgspec.Struct, frozen=True):
    """The follower left."""


class Ignore(msgspec.Struct, frozen=True):
    """Accept it, and show nothing."""


Intent = Question | Pickup | Told | Clear | Unfollow | Ignore

_UNSUPPORTED: Mapping[type[Message], str] = {
    ImageMessage: "unsupported_image",
    VoiceMessage: "unsupported_voice",
    VideoMessage: "unsupported_video",
    ShortVideoMessage: "unsupported_video",
    LocationMessage: "unsupported_location",
    LinkMessage: "unsupported_link",
}


def interpret(message: Message, *, pickup_word: str, words: Mapping[str, Command]) -> Intent:
    """What the push means, as far as the message alone tells."""
    match message:
        case TextMessage():
            return _text(message, pickup_word, words)
        case SubscribeEvent():
            return Told("welcome")
        case UnsubscribeEvent():
            return Unfollow()
        case ClickEvent():
            return _command(normalised(message.key), words) or Ignore()
        case Event():
            return Ignore()
        case _:
            key = _UNSUPPORTED.get(type(message), "unsupported_other")
            return Told(key)


def _text(message: TextMessage, pickup_word: str, words: Mapping[str, Command]) -> Intent:
    if message.is_unsupported_placeholder:
        return Told("unsupported_other")
    if not message.content.strip():
        return Told("empty_question")
    word = normalised(message.content)
    if pickup := _pickup(message.content, word, normalised(pickup_word)):
        return pickup
    if command := _command(word, words):
        return command
    # WeChat's classic emoji arrive as codes such as `/::)`; those are words, not commands.
    if word.startswith("/") and not word.startswith("/:"):
        return Told("help")
    return Question(message.content)


def _pickup(text: str, word: str, pickup_word: str) -> Pickup | None:
    if word == pickup_word:
        return Pickup(text, None)
    head, _, number = word.partition("#")
    if head == pickup_word and number.isascii() and number.isdigit() and len(number) <= 9:
        return Pickup(text, int(number))
    return None


def _command(word: str, words: Mapping[str, Command]) -> Intent | None:
    match words.get(word):
        case Command.CLEAR:
            return Clear()
        case Command.HELP:
            return Told("help")
        case _:
            return None


class Aim(msgspec.Struct, frozen=True):
    """What a pickup is about: a turn to hand over, or one to show again."""

    turn: Turn
    is_again: bool = False


#: "Reply 1", "press 1", "choose 1 to 4" and their like near the end of an answer, and a list
#: that begins with the very number. Our choice of words.
_ASKS_FOR_NUMBER = regex.compile(
    r"(?:回复|输入|选择|请选|发送|reply|type|choose|enter|answer with|pick)\W{0,8}"
    r"(?:数字|序号|选项|编号|with|the|number|option|a|an|\s)*\W{0,4}[1１一]",
    regex.IGNORECASE,
)
_NUMBERED_CHOICE = regex.compile(
    r"(?m)^\s*[（(]?1[.．、)）：:].+\n(?:.*\n)*?\s*[（(]?2[.．、)）：:]"
)
_QUESTION_AT_END = regex.compile(
    r"[?？]\W*$|(?:哪一?个|哪项|选择|which)[^\n]{0,40}$", regex.IGNORECASE
)
#: How much of an answer's end is looked at. Our choice: a choice that is still open stands there.
_TAIL_CHARS = 600


def aim(pickup: Pickup, view: FollowerView, pickup_word: str) -> Aim | None:
    """What a pickup fetches; None when the word is a question after all, or there is nothing.

    A turn that is pending or unread is fetched. Else a bare pickup word answers the last answer
    if that asked for it; else the last answer is shown again.
    """
    if pickup.number is not None and (named := view.find(pickup.number)):
        return Aim(named, is_again=not (named.is_pending or named.is_unread))
    if due := _due(view):
        return Aim(due)
    if view.last is None:
        return None
    if pickup.number is None and asks_for(pickup_word, view.last.answer):
        return None
    return Aim(view.last, is_again=True)


def _due(view: FollowerView) -> Turn | None:
    open_turns = sorted((*view.unread, *view.pending), key=lambda turn: turn.id)
    promised = [turn for turn in open_turns if turn.promised_at is not None]
    if promised:
        return max(promised, key=lambda turn: turn.promised_at or 0.0)
    return open_turns[0] if open_turns else None


def asks_for(pickup_word: str, answer: str) -> bool:
    """Whether the answer's end asks the follower to reply with this very word."""
    if normalised(pickup_word) != "1":
        return False
    tail = answer[-_TAIL_CHARS:].strip()
    if _ASKS_FOR_NUMBER.search(tail):
        return True
    return bool(_NUMBERED_CHOICE.search(tail) and _QUESTION_AT_END.search(tail))
