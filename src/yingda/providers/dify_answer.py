"""The visible text of one of Dify's answers while it streams.

Knows beside `answer_text` what only Dify does: it tells an answer anew, names its files without
their host, and leaves some of them out of the text. Knows no event's name. Pure.
"""

from yingda.providers.answer_text import AnswerText
from yingda.providers.base import Event, TextReplaced
from yingda.providers.dify_files import AnswerFile, missing_markdown
from yingda.providers.dify_links import LinkFilter, linked
from yingda.providers.thinking import strip_thinking


class DifyAnswerText(AnswerText):
    """An answer whose addresses of files are made whole."""

    __slots__ = ("_files_url", "_links")

    def __init__(self, limit_chars: int, files_url: str) -> None:
        super().__init__(limit_chars)
        self._files_url = files_url
        self._links = LinkFilter(files_url)

    def replace(self, answer: str, events: list[Event]) -> None:
        """Set the text anew, telling no more than the difference when it merely goes on."""
        self.flush(events)
        shown = self.shown
        self.came = True
        self._begin_anew()
        whole = self._finished(self._thinking.feed(answer))
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
            self.has_shown = bool(kept.strip())
            self._room_chars = self._limit_chars - len(kept)
            self._show(whole[len(kept) :])

    def finish(self, files: tuple[AnswerFile, ...], events: list[Event]) -> None:
        """Tell what was held back, and the files that the text does not show."""
        self.end()
        self.flush(events)
        if files:
            self._show(missing_markdown(self.shown, files, self._files_url))
            self.flush(events)

    def _finished(self, text: str) -> str:
        return self._links.feed(text)

    def _rest(self) -> str:
        return super()._rest() + self._links.finish()

    def _begin_anew(self) -> None:
        super()._begin_anew()
        self._links = LinkFilter(self._files_url)

    def _void(self) -> None:
        super()._void()
        self._links = LinkFilter(self._files_url)


def whole_answer(text: str, files: tuple[AnswerFile, ...], files_url: str) -> str:
    """What streaming a text and its files would have shown; "" where that is nothing."""
    shown = linked(strip_thinking(text), files_url)
    shown += missing_markdown(shown, files, files_url)
    return shown if shown.strip() else ""
