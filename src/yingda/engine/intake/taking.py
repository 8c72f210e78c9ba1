"""What a push of any kind means for this account: pictures, recordings, places and links too.

Pure functions over one message; what an account takes besides words, `senses` says. Texts, taps
and events are `commands`' to interpret.
"""

from collections.abc import Iterable, Iterator

import msgspec

from yingda.engine.accounts.accounts import Account, PictureMode
from yingda.engine.inputs.senses import Senses
from yingda.engine.intake.commands import interpret
from yingda.engine.intake.intents import Intent, Question
from yingda.engine.intake.keeping import Keep
from yingda.texts import LONGEST_BYTES, URL_LIMIT_BYTES, Texts
from yingda.turn.model import Attachment, AttachmentKind, Form
from yingda.wechat.base import Message
from yingda.wechat.events import Event
from yingda.wechat.limits import size_bytes
from yingda.wechat.messages import (
    ImageMessage,
    LinkMessage,
    LocationMessage,
    MiniProgramMessage,
    TextMessage,
    VoiceMessage,
)

#: UTF-8 bytes of one character at most.
_CHAR_BYTES = 4
#: What recognisers put behind a word that was a whole sentence.
_ENDS = "。.！!？?，,、 \t\n"


def meaning(account: Account, message: Message, senses: Senses, *, confirms: bool = True) -> Intent:
    """What the push means; `confirms` as for `commands.interpret`."""
    if isinstance(message, TextMessage | Event):
        # Most pushes are one of these, and a look at every other kind is half of their cost.
        return _interpreted(account, message, confirms=confirms)
    match message:
        case VoiceMessage(recognition=words) if account.hears_voice and words.strip():
            return _spoken(account, message, words.strip(), confirms=confirms)
        case VoiceMessage():
            found: Intent | None = _recording(account, message, senses)
        case ImageMessage():
            found = _picture(account, message, senses)
        case _:
            found = question_in(message, account.style.texts)
    return found or _interpreted(account, message, confirms=confirms)


def question_in(message: Message, texts: Texts) -> Question | None:
    """The question that a place or a link is; None for other kinds, and where nothing is told."""
    match message:
        case LocationMessage():
            return _question("question_place", _place(message, texts), Form.PLACE, texts)
        case LinkMessage():
            return _question("question_link", _link(message, texts), Form.LINK, texts)
        case MiniProgramMessage(title=title):
            lines = [_line(texts, "link_title", title=title)]
            return _question("question_mini_program", lines, Form.LINK, texts)
        case _:
            return None


def _interpreted(account: Account, message: Message, *, confirms: bool) -> Intent:
    return interpret(
        message,
        pickup_word=account.style.pickup_word,
        words=account.command_words,
        duties=account.duties,
        models=account.models,
        confirms=confirms,
    )


def _spoken(account: Account, message: VoiceMessage, words: str, *, confirms: bool) -> Intent:
    """Words that WeChat recognised mean what they would mean typed."""
    typed = TextMessage(
        message.account_id,
        message.openid,
        message.created_at_s,
        message.push_key,
        content=words.rstrip(_ENDS) or words,
    )
    intent = _interpreted(account, typed, confirms=confirms)
    if isinstance(intent, Question) and intent.text == typed.content:
        return msgspec.structs.replace(intent, text=words, form=Form.VOICE)
    return intent


def _recording(account: Account, message: VoiceMessage, senses: Senses) -> Question | None:
    if not (message.media_id or message.media_id_16k) or not senses.hears(account):
        return None
    recording = Attachment(
        kind=AttachmentKind.VOICE,
        media_id=message.media_id,
        fine_media_id=message.media_id_16k,
    )
    return Question("", Form.VOICE, attachment=recording)


def _picture(account: Account, message: ImageMessage, senses: Senses) -> Intent | None:
    can_be_had = message.picture_url or (message.media_id and senses.may_download(account))
    if not can_be_had or not senses.sees(account):
        return None
    picture = Attachment(
        kind=AttachmentKind.PICTURE, url=message.picture_url, media_id=message.media_id
    )
    if account.pictures is PictureMode.WAIT:
        return Keep(picture)
    asked = account.style.texts.say("question_picture")
    return Question(asked, Form.PICTURE, attachment=picture)


def _question(key: str, lines: Iterable[str], form: Form, texts: Texts) -> Question | None:
    told = [line for line in lines if line]
    return Question("\n".join([texts.say(key), *told]), form) if told else None


def _place(message: LocationMessage, texts: Texts) -> Iterator[str]:
    yield _line(texts, "place_label", label=message.label)
    latitude, longitude = message.latitude, message.longitude
    if latitude is None or longitude is None:
        return
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        # To a tenth of a metre, as WeChat tells it.
        point = {"latitude": f"{latitude:.6f}", "longitude": f"{longitude:.6f}"}
        yield texts.say("place_point", **point)


def _link(message: LinkMessage, texts: Texts) -> Iterator[str]:
    yield _line(texts, "link_title", title=message.title)
    yield _line(texts, "link_description", description=message.description)
    if size_bytes(message.url) <= URL_LIMIT_BYTES:
        yield _line(texts, "link_url", url=message.url)


def _line(texts: Texts, key: str, **value: str) -> str:
    """The sentence with its one value on one line and cut to its bound; "" without a value."""
    ((name, text),) = value.items()
    line = " ".join(text.split())
    if name != "url":
        line = line[: LONGEST_BYTES[name] // _CHAR_BYTES]
    return texts.say(key, **{name: line}) if line else ""
