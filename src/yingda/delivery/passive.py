"""What a passive reply says: a part of an answer with all that belongs around it, or a promise.

Pure: values in, text and the offered span out. When to say it is decided in `choose`.
"""

from functools import lru_cache

import msgspec

from yingda.delivery.extras import with_extras
from yingda.delivery.frame import PART_FLOOR_BYTES, Frame, head_of_again, with_announcement
from yingda.delivery.plain import SEPARATOR, Block, blocks
from yingda.delivery.settled import SettledPart, settle, settled_part
from yingda.delivery.split import all_parts
from yingda.delivery.style import ReplyStyle, tap_link
from yingda.texts import MOST_COUNTED
from yingda.turn.model import Cursor, Turn
from yingda.wechat.limits import PART_BYTES, size_bytes
from yingda.wechat.xml_text import clean_text

#: Answers whose blocks are kept for the parts that follow. Our choice: shorter ones are one part as
#: a rule, longer ones are rare; at 8 bytes a character, source and blocks, at most 4 MB in all.
_CACHED_FROM_CHARS, _CACHED_TO_CHARS, _CACHED_ANSWERS = 500, 16_000, 32
#: A shorter part of an unfinished answer is not worth a reply. Design rule: 40 characters.
_LIVE_FLOOR_CHARS = 40


class Composed(msgspec.Struct, frozen=True, kw_only=True):
    """A reply's text, and the span of the answer that it offers."""

    text: str
    start: Cursor
    end: Cursor
    #: Nothing of the ended answer is left after it.
    completes: bool
    #: The part itself, if the answer is still being written.
    shown: str | None = None


class Progress(msgspec.Struct, frozen=True):
    """How far an answer is that is still being made."""

    chars: int
    seconds: float


def promise(
    turn: Turn,
    style: ReplyStyle,
    *,
    progress: Progress | None = None,
    other_unread: Turn | None = None,
    others_before: int = 0,
) -> str:
    """The answer is not ready: when to come back, and how; with `progress`, how far it is.

    `others_before` is how many questions of other followers its provider answers first.
    """
    values: dict[str, object] = {"word": style.pickup_word, "link": tap_link(style, turn)}
    key = "waiting"
    if turn.ahead:
        key, values["count"] = "waiting_queued", turn.ahead
    elif others_before:
        key, values["count"] = "waiting_in_line", min(others_before, MOST_COUNTED)
    elif progress is not None and progress.chars:
        key, values["chars"] = "waiting_writing", progress.chars
    elif progress is not None:
        key, values["seconds"] = "waiting_thinking", max(1, int(progress.seconds))
    return with_announcement(style.texts.say(key, **values), style, other_unread)


def live_part(
    turn: Turn,
    text: str,
    style: ReplyStyle,
    *,
    names_question: bool = False,
    other_unread: Turn | None = None,
) -> Composed | None:
    """The next part of an answer of which `text` is written, and that more follows.

    None when nothing settled of at least 40 characters stands beyond the turn's cursor.
    """
    part = _worthwhile_part(turn, text, Frame(turn, style, is_empty=False).part_limit_bytes)
    if part is None:
        return None
    return unfinished(turn, part, style, names_question=names_question, other_unread=other_unread)


def unfinished(
    turn: Turn,
    part: SettledPart,
    style: ReplyStyle,
    *,
    names_question: bool = False,
    other_unread: Turn | None = None,
) -> Composed:
    """This very part of an answer, cut while it was written, with all that belongs around it."""
    frame = Frame(turn, style, is_empty=False)
    lines = [
        frame.quote(names_question=names_question),
        frame.opening(),
        part.text.strip("\n"),
        frame.paging_unfinished(),
        frame.label() if style.has_ai_label else "",
    ]
    shown = "\n\n".join(line for line in lines if line.strip())
    return Composed(
        text=with_announcement(shown, style, other_unread),
        start=turn.cursor,
        end=part.end,
        completes=False,
        shown=part.text,
    )


def _worthwhile_part(turn: Turn, text: str, limit_bytes: int) -> SettledPart | None:
    # Rendering adds marks, but a text this short has no part whatever stands in it.
    if len(text) < _LIVE_FLOOR_CHARS // 2:
        return None
    part = settled_part(settle(text), turn.cursor, limit_bytes)
    if part is None or len(clean_text(part.text).strip()) < _LIVE_FLOOR_CHARS:
        return None
    return part


def outcome(
    turn: Turn,
    style: ReplyStyle,
    *,
    names_question: bool = False,
    other_unread: Turn | None = None,
) -> Composed | None:
    """The next part of an ended turn, or its failure; None when it was read already.

    Where nothing is left behind what was offered while it was written, it says so.
    `names_question` puts the start of the question before it; `other_unread` is announced where
    the byte limit leaves room.
    """
    composed = _next_part(turn, style, names_question=names_question)
    if composed is None:
        return None
    text = with_announcement(composed.text, style, other_unread)
    return _with_extras(msgspec.structs.replace(composed, text=text), turn, style)


def _with_extras(composed: Composed, turn: Turn, style: ReplyStyle) -> Composed:
    if not composed.completes:
        return composed
    return msgspec.structs.replace(composed, text=with_extras(composed.text, turn, style))


def _next_part(
    turn: Turn, style: ReplyStyle, *, names_question: bool, is_again: bool = False
) -> Composed | None:
    if not turn.is_unread:
        return None
    shown = _shown(turn.answer)
    if not any(clean_text(block.text).strip() for block in shown):
        shown = ()
    frame = Frame(turn, style, is_empty=not shown)
    is_short = sum(size_bytes(block.text) + len(SEPARATOR) for block in shown) <= PART_FLOOR_BYTES
    # What fits the shortest part is one part, whatever stands around it.
    limit_bytes = PART_FLOOR_BYTES if is_short else frame.part_limit_bytes
    remaining = all_parts(shown, turn.cursor, limit_bytes)
    part = remaining[0] if remaining else None
    is_last = len(remaining) <= 1
    lines = [
        "" if is_again else frame.quote(names_question=names_question),
        frame.opening(),
        *([part.text.strip("\n")] if part else []),
        *([style.texts.say("nothing_more")] if not part and not frame.has_failure_line else []),
        *([frame.failure()] if is_last and frame.has_failure_line else []),
        *frame.paging(len(remaining)),
        *([frame.label()] if part and style.has_ai_label else []),
    ]
    text = "\n\n".join(line for line in lines if line.strip())
    return Composed(
        text=text,
        start=turn.cursor,
        end=part.end if part else turn.cursor,
        completes=is_last,
    )


def _shown(answer: str) -> tuple[Block, ...]:
    is_long = _CACHED_FROM_CHARS <= len(answer) <= _CACHED_TO_CHARS
    return _kept_blocks(answer) if is_long else blocks(answer)


@lru_cache(maxsize=_CACHED_ANSWERS)
def _kept_blocks(answer: str) -> tuple[Block, ...]:
    return blocks(answer)


def is_wholly_offered(turn: Turn) -> bool:
    """Whether an ended turn's answer has nothing left to show, and no failure to tell."""
    return turn.failure is None and not all_parts(_shown(turn.answer), turn.cursor, PART_BYTES)


def again(turn: Turn, style: ReplyStyle) -> Composed | None:
    """The last question and its answer from the start, for a pickup when nothing is unread."""
    unread = msgspec.structs.replace(
        turn, is_unread=True, cursor=Cursor(), parts_offered=0, notice=None
    )
    shown = _next_part(unread, style, names_question=False, is_again=True)
    if shown is None:
        return None
    headed = msgspec.structs.replace(shown, text=head_of_again(turn, style) + shown.text)
    return _with_extras(headed, turn, style)
