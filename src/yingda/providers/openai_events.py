"""The chunks of a chat completion, folded into our events.

Knows what of a chunk is the answer, and when it is whole, over all the ways in which compatible
servers end one. Knows no socket and no clock: payloads go in, our events come out, and flags
tell whether the run is over. Unknown fields are skipped, and null means missing.
"""

from yingda.errors import AnswerIncomplete, ProviderError, ProviderUnavailable
from yingda.providers.answer_text import AnswerText
from yingda.providers.base import (
    Event,
    Finished,
    Metered,
    Started,
    Usage,
)
from yingda.providers.failures import Failure
from yingda.providers.limits import ANSWER_LIMIT_CHARS
from yingda.providers.openai_errors import empty, from_event, from_finish
from yingda.providers.openai_wire import (
    CHUNK,
    Choice,
    Chunk,
    is_text_alone,
    text_of,
    usage_in,
)
from yingda.providers.payloads import UNREADABLE, decoded

_DONE = b"[DONE]"
_LOG_MEND = "Look at the log of the model's server: it failed after it had accepted."
_ODD_MEND = "Look for a proxy that changes the stream; else the server is not compatible."
_LIMIT_MEND = "Set `max_tokens`, or look at the model for one that loops."


class ChatReader:
    """One answer's chunks, read in order; see `intake_base.Reader` for the flags.

    Visible text beyond `answer_limit_chars` is a failure; text given before stays valid.
    """

    __slots__ = (
        "_bad_end",
        "_events",
        "_text",
        "_usage",
        "began",
        "failure",
        "over",
        "settled",
    )

    may_wait = staticmethod(is_text_alone)

    def __init__(self, answer_limit_chars: int = ANSWER_LIMIT_CHARS) -> None:
        self.began = False
        self.settled = False
        self.over = False
        self.failure: Failure | None = None
        self._events: list[Event] = []
        self._text = AnswerText(answer_limit_chars)
        self._usage: Usage | None = None
        #: Why the answer that is told is no whole one.
        self._bad_end: ProviderError | None = None

    @property
    def event_count(self) -> int:
        """Events not taken yet; text that none of them carries does not count."""
        return len(self._events)

    @property
    def has_text(self) -> bool:
        """Whether there is visible text that no event carries yet."""
        return self._text.is_waiting

    @property
    def text_came(self) -> bool:
        """Whether any text came, visible or not."""
        return self._text.came

    def feed(self, payloads: list[bytes]) -> None:
        """Read these payloads; what follows the end or a failure is not read."""
        for payload in payloads:
            self._take(payload)
            if self.over or self.failure is not None:
                break
        self._text.settle()
        self._keep_limit()

    def feed_rest(self, payloads: list[bytes]) -> None:
        """Read what the body's end left; half a chunk behind a settled answer is no loss."""
        if not self.settled:
            self.feed(payloads)

    def take(self) -> list[Event]:
        """Our events for what was read since the last call; its text in as few as can be."""
        events, self._events = self._events, []
        self._text.flush(events)
        return events

    def read(self, payloads: list[bytes]) -> list[Event]:
        """Our events for these payloads."""
        self.feed(payloads)
        return self.take()

    def end(self) -> None:
        """Take the end of the body, or of the wait for a closing chunk, in."""
        if self.settled:
            self._finish()
        elif self.began:
            detail = "the stream ended before the answer did"
            self._end_with(AnswerIncomplete(detail, mend=_LOG_MEND))
        else:
            # Some servers accept, and fail before the first chunk without a word.
            self._end_with(ProviderUnavailable("the stream ended at once", mend=_LOG_MEND))

    def _take(self, payload: bytes) -> None:
        try:
            chunk = decoded(CHUNK, payload)
        except UNREADABLE:
            self._take_odd(payload.strip())
            return
        if chunk.choices:
            self._take_choice(chunk, chunk.choices[0])
        if chunk.usage is not None:
            self._usage = usage_in(chunk.usage) or self._usage
        if chunk.error:
            self._take_error({"error": chunk.error, "code": chunk.code})
        elif chunk.message and not chunk.choices:
            # Without a frame it is an error only where there is nothing else.
            self._take_error({"message": chunk.message, "code": chunk.code})

    def _take_odd(self, payload: bytes) -> None:
        """What is no chunk: the mark of the end, nothing, or a loss."""
        if payload == _DONE:
            # Some servers give no reason for the end; the mark alone says that it is one.
            self._finish()
        elif payload:
            detail = "a chunk of the stream cannot be read"
            self._end_with(AnswerIncomplete(detail, mend=_ODD_MEND))

    def _take_choice(self, chunk: Chunk, choice: Choice) -> None:
        if not self.began:
            self.began = True
            known = chunk.id if isinstance(chunk.id, str) and chunk.id else None
            self._events.append(Started(task_id=known, message_id=known))
        # Some close their stream with the whole answer, behind all of its pieces.
        if choice.delta is not None or not self._text.came:
            self._text.add(text_of(choice))
        if choice.usage is not None:
            self._usage = usage_in(choice.usage) or self._usage
        if choice.finish_reason and not self.settled:
            self._settle(choice.finish_reason)

    def _settle(self, reason: str) -> None:
        """The answer is told; usage may still come."""
        if not self._end_text():
            return
        self._bad_end = from_finish(reason.lower(), has_text=self._text.has_shown)
        self.settled = True

    def _take_error(self, told: dict[str, object]) -> None:
        if self._end_text():
            self.failure = from_event(told, had_begun=self.began)

    def _end_text(self) -> bool:
        """Look at all the text that came; False where it is over its limit."""
        self._text.end()
        return self._keep_limit()

    def _keep_limit(self) -> bool:
        if self._text.is_over_limit:
            error = AnswerIncomplete("the answer is over its limit", mend=_LIMIT_MEND)
            self.failure = Failure(error=error)
        return not self._text.is_over_limit

    def _finish(self) -> None:
        if not self._end_text():
            return
        self._text.flush(self._events)
        error = self._bad_end or (None if self._text.has_shown else empty())
        if error is None:
            self.over = True
            self._events.append(Finished(usage=self._usage))
            return
        self.failure = Failure(error=error)
        if self._usage is not None:
            self._events.append(Metered(self._usage))

    def _end_with(self, error: ProviderError) -> None:
        if self._end_text():
            self.failure = Failure(error=error)
