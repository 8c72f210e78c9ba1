"""What may stand below an answer that is shown whole: links that rate it, questions to go on with.

Pure. Nothing here pushes anything else out of a reply: it stands where bytes are left.
"""

from collections.abc import Iterable
from urllib.parse import quote

from yingda.delivery.links import sending_link
from yingda.delivery.style import ReplyStyle
from yingda.texts import COMMAND_LINK_LIMIT_BYTES
from yingda.turn.lifecycle import State
from yingda.turn.model import Turn
from yingda.wechat.limits import TEXT_LIMIT_BYTES, size_bytes
from yingda.wechat.links import label_text, tap_to_send

_UP, _DOWN = "👍", "👎"


def with_extras(text: str, turn: Turn, style: ReplyStyle) -> str:
    """The reply that completes an answer, and below it what else there is room for.

    A turn whose parts are sent by themselves gets its questions in a message of their own.
    """
    if turn.state is not State.ANSWERED:
        return text
    if style.has_feedback_links:
        text = _appended(text, [_rating_links(turn, style)])
    if turn.suggestions and not turn.is_pushed:
        text = _appended(text, _tappable(turn), head=style.texts.say("suggestions_head"))
    return text


def suggestions_message(turn: Turn, style: ReplyStyle) -> str:
    """The questions alone; "" where none can be shown."""
    text = _appended("", _tappable(turn), head=style.texts.say("suggestions_head"))
    if not text or not style.has_ai_label:
        return text
    return _appended(text, [style.texts.say("ai_label")])


def _rating_links(turn: Turn, style: ReplyStyle) -> str:
    good = _rating_link(style.good_word, turn, _UP)
    return style.texts.say("feedback", good=good, bad=_rating_link(style.bad_word, turn, _DOWN))


def _rating_link(word: str | None, turn: Turn, thumb: str) -> str:
    if word is None or len(quote(word, safe="")) > COMMAND_LINK_LIMIT_BYTES:
        # The thumb itself always means it, of the answer that was shown last.
        return sending_link(thumb, thumb)
    return sending_link(f"{word}#{turn.number}", thumb)


def _tappable(turn: Turn) -> list[str]:
    return [tap_to_send(each, each) for each in turn.suggestions if label_text(each)]


def _appended(text: str, lines: Iterable[str], *, head: str = "") -> str:
    """The text, and as many of the lines as its limit leaves room for; a head alone is nothing."""
    listed = head
    begin = f"{text}\n\n" if text else ""
    has_line = False
    for line in lines:
        longer = f"{listed}\n{line}" if listed else line
        if size_bytes(begin + longer) <= TEXT_LIMIT_BYTES:
            listed, has_line = longer, True
    return begin + listed if has_line else text
