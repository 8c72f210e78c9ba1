"""What a follower's questions have come to, in plain words.

Pure: a view in, one text that fits a reply out.
"""

from collections.abc import Iterator

from yingda.delivery.naming import named
from yingda.delivery.style import ReplyStyle, tap_link
from yingda.texts import LONGEST_BYTES
from yingda.turn.model import FollowerView, Turn
from yingda.wechat.limits import TEXT_LIMIT_BYTES, size_bytes

#: The longest wait that is told, in seconds: it has as many digits as room is kept for.
_LONGEST_S = 10 ** LONGEST_BYTES["seconds"] - 1


def status(view: FollowerView, style: ReplyStyle, *, now_s: float) -> str:
    """A line for each pending question and each unread answer, as many as fit."""
    lines = list(_lines(view, style, now_s))
    if not lines:
        return style.texts.say("status_nothing")
    for shown in range(len(lines), 0, -1):
        left = len(lines) - shown
        more = [style.texts.say("status_more", count=left)] if left else []
        text = "\n\n".join([*lines[:shown], *more])
        if size_bytes(text) <= TEXT_LIMIT_BYTES:
            return text
    return style.texts.say("status_more", count=len(lines))


def _lines(view: FollowerView, style: ReplyStyle, now_s: float) -> Iterator[str]:
    for turn in view.pending:
        yield _pending(turn, style, now_s)
    for turn in view.unread:
        key = "unread_rest" if turn.parts_offered else "unread_answer"
        yield style.texts.say(key, question=named(turn, style), link=tap_link(style, turn))


def _pending(turn: Turn, style: ReplyStyle, now_s: float) -> str:
    return style.texts.say(
        "status_queued" if turn.ahead else "status_running",
        question=named(turn, style),
        count=turn.ahead,
        # A clock that was set back must not tell of a negative wait.
        seconds=min(max(0, round(now_s - turn.entered_at)), _LONGEST_S),
        link=tap_link(style, turn),
    )
