"""Dify's stream events, folded into ours.

Knows the events of the four chat app types, in every order seen in the field, and what of them
is the answer. Knows no socket and no clock: payloads go in, our events come out, and flags tell
whether the run is over. Unknown events and fields are skipped, and null means missing. Source:
Dify service API, "The stream".
"""

import msgspec

from yingda.errors import AnswerEmpty, AnswerIncomplete
from yingda.providers.base import (
    Event,
    Finished,
    Started,
    TextDelta,
    TextReplaced,
    Usage,
)
from yingda.providers.dify_errors import from_event, needs_a_person, workflow_failed
from yingda.providers.dify_usage import UNREADABLE, usage_in
from yingda.providers.dify_wire import EVENT, TELLING, WireEvent, name_of, run_end, status_of
from yingda.providers.failures import Failure
from yingda.providers.limits import ANSWER_LIMIT_CHARS
from yingda.providers.thinking import ThinkingFilter

_LIMIT_MEND = "Have the app answer more briefly; look at the run's log for a model that loops."


class RunReader:
    """One run's events, read in order.

    `over` is set with the answer's end (its `Finished` is among the events), `failure`
    with the run's failure, `settled` once the workflow ended and only a closing event may still
    come. Text given before a failure stays valid as a part. Visible text beyond
    `answer_limit_chars` is such a failure.
    """

    __slots__ = (
        "_agent_spoke",
        "_events",
        "_filter",
        "_ids",
        "_limit_chars",
        "_pieces",
        "_room_chars",
        "_shown",
        "_workflow_failure",
        "began",
        "failure",
        "over",
        "settled",
        "text_came",
    )

    def __init__(self, answer_limit_chars: int = ANSWER_LIMIT_CHARS) -> None:
        #: Whether a real event came; pings are none.
        self.began = False
        self.text_came = False
        self.settled = False
        self.over = False
        self.failure: Failure | None = None
        self._events: list[Event] = []
        self._ids = Started()
        self._limit_chars = self._room_chars = answer_limit_chars
        self._filter = ThinkingFilter()
        #: Visible text that no event carries yet.
        self._pieces: list[str] = []
        #: Visible text so far, as the pieces that events carried.
        self._shown: list[str] = []
        self._agent_spoke = False
        self._workflow_failure: Failure | None = None

    @property
    def event_count(self) -> int:
        """Events not taken yet; text that none of them carries does not count."""
        return len(self._events)

    @property
    def has_text(self) -> bool:
        """Whether there is visible text that no event carries yet."""
        return bool(self._pieces)

    def feed(self, payloads: list[bytes]) -> None:
        """Read these payloads; what follows the end or a failure is not read."""
        for payload in payloads:
            wire = self._decode(payload)
            if wire is not None:
                self._take(wire, self._events)
            if self.over or self.failure is not None:
                break

    def feed_rest(self, payloads: list[bytes]) -> None:
        """Read what the body's end left without a line end.

        Behind a settled run, half an event is as little a loss as a cut connection.
        """
        if not self.settled or all(name_of(payload) is not None for payload in payloads):
            self.feed(payloads)

    def take(self) -> list[Event]:
        """Our events for what was read since the last call; its text in as few as can be."""
        events = self._events
        self._flush(events)
        self._events = []
        return events

    def read(self, payloads: list[bytes]) -> list[Event]:
        """Our events for these payloads."""
        self.feed(payloads)
        return self.take()

    def end(self) -> None:
        """Take the end of the body, or of the wait for a closing event, in."""
        if self._workflow_failure is not None:
            self.failure = self._workflow_failure
        elif self.settled:
            self._finish(None, self._events)
        else:
            self._fail(AnswerIncomplete("Dify's stream ended before the answer did"))

    def _decode(self, payload: bytes) -> WireEvent | None:
        try:
            return EVENT.decode(payload)
        except msgspec.ValidationError:
            if name_of(payload) not in TELLING:
                return None
        except UNREADABLE:
            pass
        self._fail(AnswerIncomplete("an event of Dify's stream cannot be read"))
        return None

    def _take(self, wire: WireEvent, events: list[Event]) -> None:
        name = wire.event
        if name == "ping":
            return
        self.began = True
        self._note_ids(wire, events)
        if name == "message":
            self._take_message(wire.answer or "", events)
        elif name == "agent_message":
            self._agent_spoke = True
            self._append(wire.answer or "")
        elif name in TELLING or name == "workflow_paused":
            self._take_rare(wire, events)

    def _take_rare(self, wire: WireEvent, events: list[Event]) -> None:
        if wire.event == "message_replace":
            self._replace(wire.answer or "", events)
        elif wire.event == "message_end":
            self._finish(usage_in(wire.metadata), events)
        elif wire.event == "workflow_paused":
            self.failure = needs_a_person()
        elif wire.event == "workflow_finished":
            self._take_workflow_end(wire.data)
        else:
            self.failure = from_event(wire.code, status_of(wire.status), wire.message)

    def _note_ids(self, wire: WireEvent, events: list[Event]) -> None:
        """Keep each id from the first event that has it; null and empty say nothing."""
        ids = self._ids
        if (
            (ids.task_id or not wire.task_id)
            and (ids.conversation_id or not wire.conversation_id)
            and (ids.message_id or not wire.message_id)
            and (ids.workflow_run_id or not wire.workflow_run_id)
        ):
            return
        self._ids = Started(
            conversation_id=ids.conversation_id or wire.conversation_id or None,
            task_id=ids.task_id or wire.task_id or None,
            message_id=ids.message_id or wire.message_id or None,
            workflow_run_id=ids.workflow_run_id or wire.workflow_run_id or None,
        )
        self._flush(events)
        events.append(self._ids)

    def _take_message(self, answer: str, events: list[Event]) -> None:
        """A piece, or, after an agent's pieces, New Agent's closing repetition of the whole.

        A repetition that itself came in pieces would go on by plain `message` events, hence
        the flag's fall.
        """
        if self._agent_spoke and answer:
            self._agent_spoke = False
            self._replace(answer, events)
        else:
            self._append(answer)

    def _append(self, answer: str) -> None:
        if not answer:
            return
        self.text_came = True
        visible = self._filter.feed(answer)
        if visible:
            self._show(visible)

    def _show(self, visible: str) -> None:
        """Add to the visible text, as far as the answer's limit leaves room."""
        if len(visible) > self._room_chars:
            visible = visible[: self._room_chars]
            self._fail(AnswerIncomplete("the answer is over its limit", mend=_LIMIT_MEND))
        self._room_chars -= len(visible)
        self._pieces.append(visible)

    def _replace(self, answer: str, events: list[Event]) -> None:
        """Set the text anew, telling no more than the difference when it merely goes on."""
        self._flush(events)
        shown = "".join(self._shown)
        self.text_came = True
        self._filter = ThinkingFilter()
        whole = self._filter.feed(answer)
        if not whole.startswith(shown):
            # Text that the filter holds back may be all that is missing.
            whole += self._filter.finish()
            self._filter = ThinkingFilter()
        if whole.startswith(shown):
            self._show(whole[len(shown) :])
        else:
            kept = whole[: self._limit_chars]
            events.append(TextReplaced(kept))
            self._shown = [kept]
            self._room_chars = self._limit_chars - len(kept)
            self._show(whole[len(kept) :])

    def _take_workflow_end(self, data: msgspec.Raw) -> None:
        """Either order of `workflow_finished` and its closing event is met in the field."""
        end = run_end(data)
        self.settled = True
        if end.status in {"failed", "exception"}:
            # The `error` event that follows tells the code; until then this is all we know.
            self._workflow_failure = workflow_failed(end.error)
        elif end.status == "paused":
            self.failure = needs_a_person()
        elif end.status == "stopped":
            self._fail(AnswerIncomplete("the run was stopped at Dify"))
        elif end.status not in {"succeeded", "partial-succeeded"}:
            self._fail(AnswerIncomplete("the workflow ended in a state that is not known"))

    def _finish(self, usage: Usage | None, events: list[Event]) -> None:
        self._show(self._filter.finish())
        self._flush(events)
        if self.failure is not None:
            return
        if self._workflow_failure is not None:
            self.failure = self._workflow_failure
        elif "".join(self._shown).strip():
            self.over = True
            events.append(Finished(usage=usage))
        else:
            mend = "Let every path of the app end in an answer."
            self.failure = Failure(error=AnswerEmpty("the run ended without text", mend=mend))

    def _flush(self, events: list[Event]) -> None:
        if not self._pieces:
            return
        text = "".join(self._pieces)
        self._pieces.clear()
        if text:
            self._shown.append(text)
            events.append(TextDelta(text))

    def _fail(self, error: AnswerIncomplete) -> None:
        self.failure = Failure(error=error)
