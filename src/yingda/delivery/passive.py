"""What a passive reply says: a part of an answer with all that belongs around it, or a promise.

Pure: values in, text and the offered span out. When to say it is decided in `choose`.
"""

from functools import lru_cache

import msgspec

from yingda.delivery.links import command_link, sending_link
from yingda.delivery.plain import SEPARATOR, Block, blocks
from yingda.delivery.quote import quoted, size_bytes
from yingda.delivery.settled import SettledPart, settle, settled_part
from yingda.delivery.split import all_parts
from yingda.errors import FailureKind
from yingda.texts import MOST_COUNTED, Texts, failure_key
from yingda.turn.model import Cursor, Turn
from yingda.wechat.limits import PART_BYTES, TEXT_LIMIT_BYTES
from yingda.wechat.xml_text import clean_text
from yingda.words import COMMAND_WORDS, DEFAULT_PICKUP_WORD, Command

#: A part is never made shorter than this. Our choice: below it a reply would be mostly decoration.
#: `yingda.texts` holds an operator's own sentences to lengths that leave this much.
_PART_FLOOR_BYTES = 600
#: The longest number of a part that room is kept for: an answer of 100 000 characters has fewer.
_MOST_PARTS = 9999
#: Answers whose blocks are kept for the parts that follow. Our choice: shorter ones are one part as
#: a rule, longer ones are rare; at 8 bytes a character, source and blocks, at most 4 MB in all.
_CACHED_FROM_CHARS, _CACHED_TO_CHARS, _CACHED_ANSWERS = 500, 16_000, 32
#: A shorter part of an unfinished answer is not worth a reply. Design rule: 40 characters.
_LIVE_FLOOR_CHARS = 40


class ReplyStyle(msgspec.Struct, frozen=True, kw_only=True):
    """How one account's replies are worded."""

    texts: Texts
    #: What a follower types to pick an answer up.
    pickup_word: str = DEFAULT_PICKUP_WORD
    #: Whether generated text is marked as such (China's labelling rules of September 2025).
    has_ai_label: bool = True
    #: The word that asks again, as followers are told it; None when there is none.
    retry_word: str | None = COMMAND_WORDS[Command.RETRY]


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


def tap_link(style: ReplyStyle, turn: Turn) -> str:
    """A link that sends the pickup word with the turn's number when it is tapped."""
    return sending_link(f"{style.pickup_word}#{turn.number}", style.texts.say("pickup_label"))


def retry_link(style: ReplyStyle, turn: Turn) -> str:
    """A link that asks this turn's question again."""
    label = style.texts.say("retry_label")
    return command_link(style.retry_word, f"#{turn.number}", label)


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
    return _with_announcement(style.texts.say(key, **values), style, other_unread)


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
    part = _worthwhile_part(turn, text, _Writer(turn, style, is_empty=False).part_limit_bytes)
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
    writer = _Writer(turn, style, is_empty=False)
    lines = [
        writer.quote() if names_question else "",
        writer.opening(),
        part.text.strip("\n"),
        writer.paging_unfinished(),
        writer.label() if style.has_ai_label else "",
    ]
    shown = "\n\n".join(line for line in lines if line.strip())
    return Composed(
        text=_with_announcement(shown, style, other_unread),
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
    if not turn.is_unread:
        return None
    shown = _shown(turn.answer)
    if not any(clean_text(block.text).strip() for block in shown):
        shown = ()
    writer = _Writer(turn, style, is_empty=not shown)
    is_short = sum(size_bytes(block.text) + len(SEPARATOR) for block in shown) <= _PART_FLOOR_BYTES
    # What fits the shortest part is one part, whatever stands around it.
    limit_bytes = _PART_FLOOR_BYTES if is_short else writer.part_limit_bytes
    remaining = all_parts(shown, turn.cursor, limit_bytes)
    part = remaining[0] if remaining else None
    is_last = len(remaining) <= 1
    lines = [
        *([writer.quote()] if names_question else []),
        writer.opening(),
        *([part.text.strip("\n")] if part else []),
        *([style.texts.say("nothing_more")] if not part and not writer.has_failure_line else []),
        *([writer.failure()] if is_last and writer.has_failure_line else []),
        *writer.paging(len(remaining)),
        *([writer.label()] if part and style.has_ai_label else []),
    ]
    text = "\n\n".join(line for line in lines if line.strip())
    return Composed(
        text=_with_announcement(text, style, other_unread),
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
    shown = outcome(unread, style)
    if shown is None:
        return None
    return msgspec.structs.replace(shown, text=_head_of_again(turn, style) + shown.text)


def _head_of_again(turn: Turn, style: ReplyStyle) -> str:
    return style.texts.say("again", question=quoted(turn.question))


class _Writer:
    """The lines around a part, and how many bytes they leave for it."""

    def __init__(self, turn: Turn, style: ReplyStyle, *, is_empty: bool) -> None:
        self._turn = turn
        self._style = style
        self._failure = turn.failure
        if self._failure is None and is_empty:
            self._failure = FailureKind.EMPTY

    @property
    def part_limit_bytes(self) -> int:
        """The same for all parts of a turn, or their number would change on the way."""
        around = (
            max(self.quote(), _head_of_again(self._turn, self._style), key=size_bytes),
            self._opening(),
            self.failure() if self.has_failure_line else "",
            max(
                self._part_last(_MOST_PARTS, _MOST_PARTS),
                self._more(_MOST_PARTS, _MOST_PARTS),
                self._more_coming(_MOST_PARTS),
                key=size_bytes,
            ),
            self.label() if self._style.has_ai_label else "",
        )
        room = TEXT_LIMIT_BYTES - sum(size_bytes(line) + 2 for line in around if line)
        return max(_PART_FLOOR_BYTES, min(PART_BYTES, room))

    @property
    def has_failure_line(self) -> bool:
        return self._failure is not None

    def quote(self) -> str:
        return self._style.texts.say("quote", question=quoted(self._turn.question))

    def opening(self) -> str:
        """What has to be known before the first part."""
        return "" if self._turn.parts_offered else self._opening()

    def _opening(self) -> str:
        # One line at most: there is room for no more beside the longest other ones.
        if self._turn.notice is not None:
            return self._style.texts.say(f"notice_{self._turn.notice.value}")
        if not self._turn.conversation_was_reset:
            return ""
        return self._style.texts.say("conversation_restarted")

    def failure(self) -> str:
        return self._style.texts.say(
            failure_key(self._failure or FailureKind.INTERNAL),
            retry=retry_link(self._style, self._turn),
        )

    def paging(self, remaining: int) -> list[str]:
        part_no = self._turn.parts_offered + 1
        total = self._turn.parts_offered + remaining
        if total <= 1 or not remaining:
            return []
        if remaining <= 1 or self._turn.is_pushed:
            return [self._part_last(part_no, total)]
        return [self._more(part_no, total)]

    def paging_unfinished(self) -> str:
        part_no = self._turn.parts_offered + 1
        if self._turn.is_pushed:
            # The next one comes by itself.
            return self._style.texts.say("part", part=part_no)
        return self._more_coming(part_no)

    def _part_last(self, part: int, total: int) -> str:
        return self._style.texts.say("part_last", part=part, total=total)

    def _more(self, part: int, total: int) -> str:
        return self._style.texts.say(
            "more",
            part=part,
            total=total,
            word=self._style.pickup_word,
            link=tap_link(self._style, self._turn),
        )

    def _more_coming(self, part: int) -> str:
        return self._style.texts.say(
            "more_coming",
            part=part,
            word=self._style.pickup_word,
            link=tap_link(self._style, self._turn),
        )

    def label(self) -> str:
        return self._style.texts.say("ai_label")


def _with_announcement(text: str, style: ReplyStyle, other: Turn | None) -> str:
    if other is None:
        return text
    key = "unread_rest" if other.parts_offered else "unread_answer"
    line = style.texts.say(key, question=quoted(other.question), link=tap_link(style, other))
    announced = f"{text}\n\n{line}"
    return announced if size_bytes(announced) <= TEXT_LIMIT_BYTES else text
