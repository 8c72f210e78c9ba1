"""The visible text of one answer while it streams.

Knows what is told and what is held back: reasoning is taken out, and the answer's limit is kept.
Knows no event's name and no provider. Pure.
"""

from yingda.providers.base import Event, TextDelta, TextReplaced
from yingda.providers.thinking import ThinkingFilter


class AnswerText:
    """Takes an answer's pieces in, and gives what a follower may see of them.

    Pieces are only collected until `settle`, which looks at all of them at once. Visible text
    beyond `limit_chars` is dropped, and `is_over_limit` set.
    """

    __slots__ = (
        "_is_void",
        "_limit_chars",
        "_pieces",
        "_room_chars",
        "_shown",
        "_thinking",
        "_unread",
        "came",
        "has_shown",
        "is_over_limit",
    )

    def __init__(self, limit_chars: int) -> None:
        #: Whether any text came, visible or not.
        self.came = False
        #: Whether any of it but blanks is visible.
        self.has_shown = False
        self.is_over_limit = False
        self._limit_chars = self._room_chars = limit_chars
        self._thinking = ThinkingFilter()
        #: Pieces that nobody looked at.
        self._unread: list[str] = []
        #: Visible text that no event carries yet.
        self._pieces: list[str] = []
        #: Visible text so far, as the pieces that events carried.
        self._shown: list[str] = []
        #: Whether that turned out to be no answer.
        self._is_void = False

    @property
    def is_waiting(self) -> bool:
        """Whether there is visible text that no event carries yet."""
        return bool(self._pieces)

    @property
    def shown(self) -> str:
        """The visible text that events carry."""
        return "".join(self._shown)

    def add(self, piece: str) -> None:
        """Take the next piece in."""
        if piece:
            self.came = True
            self._unread.append(piece)

    def settle(self) -> None:
        """Find out what of the pieces is visible."""
        if not self._unread:
            return
        unread = "".join(self._unread)
        self._unread.clear()
        text = self._thinking.feed(unread)
        if self._thinking.has_voided:
            self._void()
        self._show(self._finished(text))

    def end(self) -> None:
        """Make visible what was held back: the answer, or this part of it, does not go on."""
        self.settle()
        self._show(self._rest())
        self._begin_anew()

    def flush(self, events: list[Event]) -> None:
        """Put the text that waits into an event."""
        self.settle()
        if not self._pieces and not self._is_void:
            return
        text = "".join(self._pieces)
        self._pieces.clear()
        if self._is_void:
            self._is_void = False
            self._shown = [text]
            events.append(TextReplaced(text))
        else:
            self._shown.append(text)
            events.append(TextDelta(text))

    def _finished(self, text: str) -> str:
        """The text as it is shown; a provider's own may change it, or hold its end back."""
        return text

    def _rest(self) -> str:
        return self._finished(self._thinking.finish())

    def _begin_anew(self) -> None:
        self._thinking = ThinkingFilter()

    def _void(self) -> None:
        """What was visible was reasoning; what an event carries of it is taken back."""
        self._thinking.has_voided = False
        self._pieces.clear()
        self._room_chars = self._limit_chars
        self.has_shown = False
        self._is_void = bool(self._shown)

    def _show(self, visible: str) -> None:
        """Add to the visible text, as far as the answer's limit leaves room."""
        if len(visible) > self._room_chars:
            visible = visible[: self._room_chars]
            self.is_over_limit = True
        if not visible:
            return
        self._room_chars -= len(visible)
        self.has_shown = self.has_shown or not visible.isspace()
        self._pieces.append(visible)
