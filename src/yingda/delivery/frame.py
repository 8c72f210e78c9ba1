"""What stands around a part of an answer, and how many bytes that leaves for the part.

Pure. It writes lines; `passive` puts them together.
"""

from yingda.delivery.naming import heard, named
from yingda.delivery.style import ReplyStyle, retry_link, tap_link
from yingda.errors import FailureKind
from yingda.texts import failure_key
from yingda.turn.model import Turn
from yingda.wechat.limits import PART_BYTES, TEXT_LIMIT_BYTES, size_bytes

#: A part is never made shorter than this. Our choice: below it a reply would be mostly decoration.
#: `yingda.texts` holds an operator's own sentences to lengths that leave this much.
PART_FLOOR_BYTES = 600
#: The longest number of a part that room is kept for: an answer of 100 000 characters has fewer.
_MOST_PARTS = 9999


class Frame:
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
            max(
                self._quote(),
                heard(self._turn, self._style),
                head_of_again(self._turn, self._style),
                key=size_bytes,
            ),
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
        return max(PART_FLOOR_BYTES, min(PART_BYTES, room))

    @property
    def has_failure_line(self) -> bool:
        """Whether the last part says that something went wrong."""
        return self._failure is not None

    def quote(self, *, names_question: bool) -> str:
        """The start of the question where it has to be named, or was spoken."""
        spoken = "" if self._turn.parts_offered else heard(self._turn, self._style)
        return spoken or (self._quote() if names_question else "")

    def _quote(self) -> str:
        return self._style.texts.say("quote", question=named(self._turn, self._style))

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
        """What went wrong, and how to ask again."""
        has_text = bool(self._turn.answer.strip())
        key = failure_key(self._failure or FailureKind.INTERNAL, has_text=has_text)
        return self._style.texts.say(key, retry=retry_link(self._style, self._turn))

    def paging(self, remaining: int) -> list[str]:
        """The part's number, and how to get the next one; nothing for an answer of one part.

        `remaining` counts the parts that are left, this one included.
        """
        part_no = self._turn.parts_offered + 1
        total = self._turn.parts_offered + remaining
        if total <= 1 or not remaining:
            return []
        if remaining <= 1 or self._turn.is_pushed:
            return [self._part_last(part_no, total)]
        return [self._more(part_no, total)]

    def paging_unfinished(self) -> str:
        """The part's number while nobody knows how many there will be."""
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
        """That the text was generated."""
        return self._style.texts.say("ai_label")


def head_of_again(turn: Turn, style: ReplyStyle) -> str:
    """What stands above an answer that is shown once more."""
    return style.texts.say("again", question=named(turn, style))


def with_announcement(text: str, style: ReplyStyle, other: Turn | None) -> str:
    """`text`, and that another answer waits to be read, where the byte limit leaves room."""
    if other is None:
        return text
    key = "unread_rest" if other.parts_offered else "unread_answer"
    line = style.texts.say(key, question=named(other, style), link=tap_link(style, other))
    announced = f"{text}\n\n{line}"
    return announced if size_bytes(announced) <= TEXT_LIMIT_BYTES else text
