"""What a push means: a question, a pickup, another command, or something to be told politely.

Pure functions over one message. Which turn a pickup is about stands in `aiming`.
"""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from yingda.actions import Action, CommandAction, NothingAction, QuestionAction
from yingda.engine.accounts.duties import Duties
from yingda.engine.intake.choosing import Choose, choice
from yingda.engine.intake.intents import (
    Clear,
    Confirm,
    Forget,
    HoldProbe,
    Ignore,
    Intent,
    Pickup,
    Question,
    Retry,
    Revoke,
    Show,
    Status,
    Stop,
    Told,
    Unfollow,
)
from yingda.engine.intake.numbered import coded, numbered
from yingda.engine.intake.ratings import Rate, rated_by
from yingda.providers.capabilities import Rating
from yingda.wechat.base import Message
from yingda.wechat.events import (
    ClickEvent,
    Event,
    LocationSelectEvent,
    PhotoEvent,
    PrivacyEvent,
    ScanCodeEvent,
    ScanEvent,
    SubscribeEvent,
    UnsubscribeEvent,
)
from yingda.wechat.messages import (
    ImageMessage,
    LinkMessage,
    LocationMessage,
    MiniProgramMessage,
    ShortVideoMessage,
    TextMessage,
    VideoMessage,
    VoiceMessage,
)
from yingda.words import CONFIRMING_WORDS, Command, normalised

#: Our own event, which WeChat never sends: `yingda doctor` signs it to learn whether a proxy
#: lets a held request be.
HOLD_PROBE_EVENT = "yingda_hold"

#: Official pages on privacy events.
_REVOCATION_EVENT = "user_authorization_revoke"

_UNSUPPORTED: Mapping[type[Message], str] = {
    ImageMessage: "unsupported_image",
    VoiceMessage: "unsupported_voice",
    VideoMessage: "unsupported_video",
    ShortVideoMessage: "unsupported_video",
    LocationMessage: "unsupported_location",
    LinkMessage: "unsupported_link",
    MiniProgramMessage: "unsupported_mini_program",
}
_NO_DUTIES = Duties()
_NO_MODELS: Mapping[str, str] = MappingProxyType({})


def interpret(
    message: Message,
    *,
    pickup_word: str,
    words: Mapping[str, Command],
    duties: Duties = _NO_DUTIES,
    models: Mapping[str, str] = _NO_MODELS,
    confirms: bool = True,
) -> Intent:
    """What the push means, as far as the message alone tells.

    `confirms` is False once a confirming word was found to have nothing to confirm.
    """
    match message:
        case TextMessage():
            return _text(message, pickup_word, words, duties, models, confirms=confirms)
        case Event():
            return _event(message, words, duties)
        case _:
            key = _UNSUPPORTED.get(type(message), "unsupported_other")
            return Told(key)


def _event(event: Event, words: Mapping[str, Command], duties: Duties) -> Intent:
    match event:
        case SubscribeEvent(scene=scene):
            action = duties.by_scene(scene) or duties.welcome
            return Told("welcome") if action is None else intent_of(action, is_welcome=True)
        case UnsubscribeEvent():
            return Unfollow()
        case ScanEvent(scene=scene):
            return intent_of(duties.by_scene(scene) or NothingAction())
        case ClickEvent(key=key):
            return _click(key, words, duties)
        case ScanCodeEvent(key=key) | PhotoEvent(key=key) | LocationSelectEvent(key=key):
            return intent_of(duties.tapped(key) or NothingAction())
        case PrivacyEvent(name=name, subject_openid=openid, revoked=revoked):
            # The one always takes the right back; the other names the data when it does.
            is_revoked = name == _REVOCATION_EVENT or bool(revoked)
            return Revoke(openid) if is_revoked else Ignore()
        case _:
            return HoldProbe() if event.name == HOLD_PROBE_EVENT else Ignore()


def _click(key: str, words: Mapping[str, Command], duties: Duties) -> Intent:
    """A tap on a button: of our menu, or of one that was published by other means."""
    if action := duties.tapped(key):
        return intent_of(action)
    word = normalised(key)
    # The original system's keys have no slash.
    if command := _command(word, words) or _command(f"/{word}", words):
        return command
    return intent_of(duties.meant(key, word) or NothingAction())


def intent_of(action: Action, *, is_welcome: bool = False) -> Intent:
    """What an action means to the engine."""
    match action:
        case CommandAction(command):
            return _MEANINGS[command]
        case QuestionAction(text, provider):
            # Behind a rule's beginning there may have been nothing.
            return Question(text, provider=provider) if text else Told("empty_question")
        case NothingAction():
            return Ignore()
        case _:
            return Show(action, is_welcome)


def _text(
    message: TextMessage,
    pickup_word: str,
    words: Mapping[str, Command],
    duties: Duties,
    models: Mapping[str, str],
    *,
    confirms: bool,
) -> Intent:
    if message.is_unsupported_placeholder:
        return Told("unsupported_other")
    if not message.content.strip():
        return Told("empty_question")
    word = normalised(message.content)
    if pickup := _pickup(message.content, word, normalised(pickup_word)):
        return pickup
    command = _command(word, words) or _command_with_number(word, words)
    if command := command or choice(word, words, models):
        return command
    # Also where no word begins an erasure: a rule or a button may.
    if confirms and word in CONFIRMING_WORDS:
        return Confirm(None)
    if action := duties.meant(message.content, word):
        return intent_of(action)
    # WeChat's classic emoji arrive as codes such as `/::)`; those are words, not commands.
    is_unknown_command = word.startswith("/") and not word.startswith("/:")
    return rated_by(word) or (Told("help") if is_unknown_command else Question(message.content))


def _pickup(text: str, word: str, pickup_word: str) -> Pickup | None:
    if word == pickup_word:
        return Pickup(text, None)
    head, _, number = word.partition("#")
    if head == pickup_word and number.isascii() and number.isdigit() and len(number) <= 9:
        return Pickup(text, int(number))
    return None


def _command(word: str, words: Mapping[str, Command]) -> Intent | None:
    command = words.get(word)
    return None if command is None else _MEANINGS[command]


_MEANINGS: Mapping[Command, Intent] = {
    Command.CLEAR: Clear(),
    Command.STOP: Stop(),
    Command.RETRY: Retry(None),
    Command.GOOD: Rate(Rating.LIKE),
    Command.BAD: Rate(Rating.DISLIKE),
    Command.STATUS: Status(),
    Command.MODEL: Choose(),
    Command.FORGET: Forget(),
    Command.HELP: Told("help"),
}


def _command_with_number(word: str, words: Mapping[str, Command]) -> Intent | None:
    if found := numbered(word):
        meant = _command(found.word, words)
        if isinstance(meant, Retry | Rate):
            return msgspec.structs.replace(meant, number=found.number)
    code = coded(word)
    return Confirm(code.code) if code and words.get(code.word) is Command.FORGET else None
