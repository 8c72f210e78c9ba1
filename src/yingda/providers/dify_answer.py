"""The visible text of one answer while it streams.

Knows what is told and what is held back: reasoning is taken out, addresses of files are made
whole, and the answer's limit is kept. Knows no event's name. Pure.
"""

from yingda.providers.base import Event, TextDelta, TextReplaced
from yingda.providers.dify_files import AnswerFile, missing_markdown
from yingda.providers.dify_links import LinkFilter, linked
from yingda.providers.thinking import ThinkingFilter, strip_thinking


class AnswerText:
    """Takes an answer's pieces in, and gives what a follower may see of them.

    Visible text beyond `limit_chars` is dropped, and `is_over_limit` set.
    """

    __slots__ = (
        "_files_url",
        "_is_void",
        "_limit_chars",
        "_links",
        "_pieces",
        "_room_chars",
        "_shown",
        "_thinking",
        "came",
        "is_over_limit",
    )

    def __init__(self, limit_chars: int, files_url: str) -> None:
        #: Whether any text came, visible or not.
        self.came = False
        self.is_over_limit = False
        self._limit_chars = self._room_chars = limit_chars
        self._files_url = files_url
        self._thinking = ThinkingFilter()
        self._links = LinkFilter(files_url)
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

    def add(self, answer: str) -> None:
        """Take the next piece in."""
        if not answer:
            return
        self.came = True
        text = self._thinking.feed(answer)
        if self._thinking.has_voided:
            self._void()
        visible = self._links.feed(text)
        if visible:
            self._show(visible)

    def replace(self, answer: str, events: list[Event]) -> None:
        """Set the text anew, telling no more than the difference when it merely goes on."""
        self.flush(events)
        shown = self.shown
        self.came = True
        self._begin_anew()
        whole = self._links.feed(self._thinking.feed(answer))
        # What is void was given by nobody: it stands in this very text.
        self._thinking.has_voided = False
        if not whole.startswith(shown):
            # Text that the filters hold back may be all that is missing.
            whole += self._rest()
            self._begin_anew()
        if whole.startswith(shown):
            self._show(whole[len(shown) :])
        else:
            kept = whole[: self._limit_chars]
            events.append(TextReplaced(kept))
            self._shown = [kept]
            self._room_chars = self._limit_chars - len(kept)
            self._show(whole[len(kept) :])

    def finish(self, files: tuple[AnswerFile, ...], events: list[Event]) -> None:
        """Tell what was held back, and the files that the text does not show."""
        self._show(self._rest())
        self.flush(events)
        if files:
            self._show(missing_markdown(self.shown, files, self._files_url))
            self.flush(events)

    def flush(self, events: list[Event]) -> None:
        """Put the text that waits into an event."""
        if not self._pieces and not self._is_void:
            return
        text = "".join(self._pieces)
        self._pieces.clear()
        if self._is_void:
            self._is_void = False
            self._shown = [text]
            events.append(TextReplaced(text))
        elif text:
            self._shown.append(text)
            events.append(TextDelta(text))

    def _void(self) -> None:
        """What was visible was reasoning; what an event carries of it is taken back."""
        self._thinking.has_voided = False
        self._links = LinkFilter(self._files_url)
        self._pieces.clear()
        self._room_chars = self._limit_chars
        self._is_void = bool(self._shown)

    def _begin_anew(self) -> None:
        self._thinking = ThinkingFilter()
        self._links = LinkFilter(self._files_url)

    def _rest(self) -> str:
        return self._links.feed(self._thinking.finish()) + self._links.finish()

    def _show(self, visible: str) -> None:
        """Add to the visible text, as far as the answer's limit leaves room."""
        if len(visible) > self._room_chars:
            visible = visible[: self._room_chars]
            self.is_over_limit = True
        self._room_chars -= len(visible)
        self._pieces.append(visible)


def whole_answer(text: str, files: tuple[AnswerFile, ...], files_url: str) -> str:
    """What streaming a text and its files would have shown; "" where that is nothing."""
    shown = linked(strip_thinking(text), files_url)
    shown += missing_markdown(shown, files, files_url)
    return shown if shown.strip() else ""
