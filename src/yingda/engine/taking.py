"""What a place, a link or a page of a mini-program asks the AI, in words.

Pure functions over one message. Texts, taps and events are `commands`' to interpret.
"""

from collections.abc import Iterable, Iterator

from yingda.engine.commands import Intent, Question
from yingda.texts import LONGEST_BYTES, URL_LIMIT_BYTES, Texts
from yingda.turn.model import Form
from yingda.wechat.base import Message
from yingda.wechat.limits import size_bytes
from yingda.wechat.messages import LinkMessage, LocationMessage, MiniProgramMessage

#: UTF-8 bytes of one character at most.
_CHAR_BYTES = 4


def question_in(message: Message, texts: Texts) -> Intent | None:
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
