"""Dify's stream events, folded into ours.

Knows the events of every app type, in every order seen in the field, and what of them is the
answer; its text is kept by `dify_answer`. Knows no socket and no clock: payloads go in, our
events come out, and flags tell whether the run is over. Unknown events and fields are skipped,
and null means missing. Source: Dify service API, "The stream".
"""

import msgspec

from yingda.errors import AnswerEmpty, AnswerIncomplete
from yingda.providers.base import Event, Finished, Metered, Source, Started, Usage
from yingda.providers.dify_answer import DifyAnswerText
from yingda.providers.dify_errors import from_event, needs_a_person, workflow_failed
from yingda.providers.dify_files import AnswerFile, files_in, made_file, made_files
from yingda.providers.dify_outputs import outputs_in
from yingda.providers.dify_reading import Reading
from yingda.providers.dify_sources import sources_in
from yingda.providers.dify_usage import usage_in
from yingda.providers.dify_wire import (
    EVENT,
    GOOD_ENDS,
    PAUSES,
    TELLING,
    RunEnd,
    WireEvent,
    chunk_text,
    form_title,
    is_text_alone,
    name_of,
    run_end,
    status_of,
)
from yingda.providers.failures import Failure
from yingda.providers.limits import ANSWER_LIMIT_CHARS
from yingda.providers.payloads import UNREADABLE, decoded

_LIMIT_MEND = "Have the app answer more briefly; look at the run's log for a model that loops."
_EMPTY_MEND = "Let every path of the app end in an answer."
_RUN_MEND = "Look at the run's log in Dify; a proxy in front of it may have cut the answer off."
_ODD_MEND = "Look for a proxy that changes the stream; else this version of Dify is not known here."
_STOPPED_MEND = "Somebody stopped it in Dify, or a limit did: look at the run's log."
_NO_OUTPUT_MEND = "Let the workflow end with an output of text, and name it as `output_key`."
_PLAIN = Reading()


class RunReader:
    """One run's events, read in order; see `intake_base.Reader` for the flags.

    Text given before a failure stays valid as a part. Visible text beyond `answer_limit_chars`
    is such a failure.
    """

    __slots__ = (
        "_agent_spoke",
        "_end_failure",
        "_events",
        "_files",
        "_ids",
        "_reading",
        "_text",
        "began",
        "failure",
        "over",
        "settled",
    )

    may_wait = staticmethod(is_text_alone)

    def __init__(
        self, answer_limit_chars: int = ANSWER_LIMIT_CHARS, reading: Reading = _PLAIN
    ) -> None:
        #: Whether a real event came; pings are none.
        self.began = False
        self.settled = False
        self.over = False
        self.failure: Failure | None = None
        self._reading = reading
        self._events: list[Event] = []
        self._ids = Started()
        self._text = DifyAnswerText(answer_limit_chars, reading.files_url)
        self._files: tuple[AnswerFile, ...] = ()
        self._agent_spoke = False
        #: What the run's end will mean, whatever events still come before it.
        self._end_failure: Failure | None = None

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
            wire = self._decode(payload) if payload else None
            if wire is not None:
                self._take(wire, self._events)
                if wire.event == "message_file":
                    self._files += made_file(payload)
            if self.over or self.failure is not None:
                break
        self._settle_text()

    def feed_rest(self, payloads: list[bytes]) -> None:
        """Read what the body's end left without a line end.

        Behind a settled run, half an event is as little a loss as a cut connection.
        """
        if not self.settled or all(name_of(payload) is not None for payload in payloads):
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
        """Take the end of the body, or of the wait for a closing event, in."""
        if self._end_failure is not None:
            self.failure = self._end_failure
        elif self.settled:
            self._finish(None, (), self._events)
        else:
            self._fail(
                AnswerIncomplete("Dify's stream ended before the answer did", mend=_RUN_MEND)
            )

    def _decode(self, payload: bytes) -> WireEvent | None:
        try:
            return decoded(EVENT, payload)
        except UNREADABLE as error:
            if not isinstance(error, msgspec.ValidationError) or name_of(payload) in TELLING:
                self._fail_unreadable()
            return None

    def _take(self, wire: WireEvent, events: list[Event]) -> None:
        name = wire.event
        if name == "ping":
            return
        had_begun, self.began = self.began, True
        self._note_ids(wire, events)
        if name == "message":
            self._take_message(wire.answer or "", events)
        elif name == "agent_message":
            self._agent_spoke = True
            self._text.add(wire.answer or "")
        elif name == "text_chunk":
            self._take_chunk(wire, events)
        elif not self._settle_text():
            return
        elif name == "error":
            status = status_of(wire.status)
            self.failure = from_event(wire.code_text, status, wire.message, had_begun=had_begun)
        elif name in TELLING or name in PAUSES:
            self._take_rare(wire, events)

    def _settle_text(self) -> bool:
        """Look at the text that came; False where it is over its limit."""
        self._text.settle()
        return self._keeps_limit()

    def _keeps_limit(self) -> bool:
        if self._text.is_over_limit:
            self._fail(AnswerIncomplete("the answer is over its limit", mend=_LIMIT_MEND))
        return not self._text.is_over_limit

    def _take_rare(self, wire: WireEvent, events: list[Event]) -> None:
        match wire.event:
            case "text_replace":
                self._take_chunk(wire, events)
            case "message_replace":
                self._text.replace(wire.answer or "", events)
            case "message_end":
                self._files += made_files(wire.files)
                sources = sources_in(wire.metadata) if self._reading.gives_sources else ()
                self._finish(usage_in(wire.metadata), sources, events)
            case "human_input_required":
                # Normally the pause follows at once, and says less.
                self._end_failure = needs_a_person(form_title(wire.data))
                self.settled = True
            case "workflow_paused":
                self.failure = self._end_failure or needs_a_person()
            case _:
                self._take_workflow_end(run_end(wire.data), events)

    def _take_chunk(self, wire: WireEvent, events: list[Event]) -> None:
        text = chunk_text(wire.data)
        if text is None:
            self._fail_unreadable()
        elif wire.event == "text_chunk":
            self._text.add(text)
        else:
            self._text.replace(text, events)

    def _note_ids(self, wire: WireEvent, events: list[Event]) -> None:
        """Keep each id from the first event that has it; null and empty say nothing."""
        ids = self._ids
        conversation_id = wire.conversation_id if self._reading.has_conversations else None
        if (
            (ids.task_id or not wire.task_id)
            and (ids.conversation_id or not conversation_id)
            and (ids.message_id or not wire.message_id)
            and (ids.workflow_run_id or not wire.workflow_run_id)
        ):
            return
        self._ids = Started(
            conversation_id=ids.conversation_id or conversation_id or None,
            task_id=ids.task_id or wire.task_id or None,
            message_id=ids.message_id or wire.message_id or None,
            workflow_run_id=ids.workflow_run_id or wire.workflow_run_id or None,
        )
        self._text.flush(events)
        events.append(self._ids)

    def _take_message(self, answer: str, events: list[Event]) -> None:
        """A piece, or, after an agent's pieces, New Agent's closing repetition of the whole.

        A repetition that itself came in pieces would go on by plain `message` events, hence
        the flag's fall.
        """
        if self._agent_spoke and answer:
            self._agent_spoke = False
            self._text.replace(answer, events)
        else:
            self._text.add(answer)

    def _take_workflow_end(self, end: RunEnd, events: list[Event]) -> None:
        """Either order of `workflow_finished` and its closing event is met in the field."""
        self.settled = True
        if end.status in {"failed", "exception"}:
            # The `error` event that follows tells the code; until then this is all we know.
            self._end_failure = workflow_failed(end.error)
            if end.usage is not None:
                events.append(Metered(end.usage))
        elif end.status == "paused":
            self.failure = self._end_failure or needs_a_person()
        elif end.status == "stopped":
            self._fail(AnswerIncomplete("the run was stopped at Dify", mend=_STOPPED_MEND))
        elif end.status not in GOOD_ENDS:
            detail = "the workflow ended in a state that is not known"
            self._fail(AnswerIncomplete(detail, mend=_ODD_MEND))
        elif self._reading.is_workflow:
            self._take_outputs(end, events)
            self._finish(end.usage, (), events)
        else:
            self._files += made_files(end.files)

    def _take_outputs(self, end: RunEnd, events: list[Event]) -> None:
        """The outputs are what the app's owner made of the text, so they win over its chunks.

        Only where none of them is sure to be the answer, the chunks stay.
        """
        outputs = outputs_in(end.outputs)
        text = outputs.text(self._reading.output_key)
        if not text and not self._text.came and self._reading.output_key is None:
            text = outputs.as_json()
        if text:
            self._text.replace(text, events)
        self._files += files_in(end.files) or outputs.files()

    def _finish(
        self, usage: Usage | None, sources: tuple[Source, ...], events: list[Event]
    ) -> None:
        self._text.finish(self._files, events)
        if not self._keeps_limit():
            return
        if usage is not None and (self._end_failure is not None or not self._text.has_shown):
            # What failed has to be paid for all the same.
            events.append(Metered(usage))
        if self._end_failure is not None:
            self.failure = self._end_failure
        elif self._text.has_shown:
            self.over = True
            events.append(Finished(usage=usage, sources=sources))
        else:
            mend = _NO_OUTPUT_MEND if self._reading.is_workflow else _EMPTY_MEND
            self.failure = Failure(error=AnswerEmpty("the run ended without text", mend=mend))

    def _fail_unreadable(self) -> None:
        self._fail(AnswerIncomplete("an event of Dify's stream cannot be read", mend=_ODD_MEND))

    def _fail(self, error: AnswerIncomplete) -> None:
        self.failure = Failure(error=error)
