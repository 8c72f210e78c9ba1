"""How a reply names a question: by its start, or, of a recording that nobody heard yet, as one.

Pure.
"""

from yingda.delivery.quote import quoted
from yingda.delivery.style import ReplyStyle
from yingda.turn.model import Form, Turn


def named(turn: Turn, style: ReplyStyle) -> str:
    """The start of the turn's question."""
    if turn.form is Form.VOICE and not turn.question:
        return style.texts.say("unheard")
    return quoted(turn.question)


def heard(turn: Turn, style: ReplyStyle) -> str:
    """What was understood of a recording, to stand above its answer; "" of other questions."""
    if turn.form is not Form.VOICE or not turn.question:
        return ""
    return style.texts.say("heard", question=quoted(turn.question))
