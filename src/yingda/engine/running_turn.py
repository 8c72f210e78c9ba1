"""A turn while its provider speaks: the text so far, and what the provider calls the run."""

import msgspec

from yingda.clock import Clock, Timer
from yingda.engine.sharing.live import LiveText
from yingda.errors import FailureKind
from yingda.providers.base import (
    ConversationReset,
    Event,
    Finished,
    FoundAnswer,
    Metered,
    Picture,
    RunTrace,
    Source,
    Started,
    TextDelta,
    TextReplaced,
    Usage,
)
from yingda.store.runs import Claim, Outcome, RunIds


class RunningTurn:
    """Takes a provider's events in, and says what became of them."""

    def __init__(self, claim: Claim, clock: Clock) -> None:
        self.claim = claim
        self._clock = clock
        #: When the first text came that can be read.
        self.first_text_at: float | None = None
        #: What each run at a provider cost, with the provider's name; the present one is last.
        self.usages: list[tuple[str, Usage]] = []
        #: What the answer leans on, once it is whole.
        self.sources: tuple[Source, ...] = ()
        self.ids = RunIds(
            started_at=claim.turn.entered_at,
            provider=claim.provider,
            asked_in_conversation_id=claim.provider_conversation_id,
        )
        #: Due when the ids are to be written down before the run ends.
        self.note: Timer | None = None
        #: What the question is about, once it was fetched.
        self.pictures: tuple[Picture, ...] | None = None
        self._pieces: list[str] = []
        self._conversation_was_reset = False
        self._replaced: str | None = None
        self._edition = 0

    @property
    def turn_id(self) -> int:
        """The turn's id."""
        return self.claim.turn.id

    @property
    def provider(self) -> str:
        """Who is asked."""
        return self.ids.provider or self.claim.provider

    @property
    def text(self) -> str:
        """What has come so far."""
        return "".join(self._pieces)

    @property
    def has_text(self) -> bool:
        """Whether anything came that could be read, also if it is void by now."""
        return self._replaced is not None or bool(self.text.strip())

    @property
    def asked_earlier(self) -> str:
        """The name of the provider that the run before this one asked last."""
        earlier = self.claim.earlier
        return (earlier.provider if earlier else None) or self.claim.provider

    def claim_of(self, provider: str) -> Claim:
        """The claim as this candidate is asked by it: a stand-in knows no conversation."""
        if provider == self.claim.provider:
            return self.claim
        return msgspec.structs.replace(self.claim, provider=provider, provider_conversation_id=None)

    def begin_with(self, provider: str) -> None:
        """A stand-in is asked; nothing that could be read has come."""
        self.ids = RunIds(started_at=self.claim.turn.entered_at, provider=provider)
        self._begin_anew([])
        self._conversation_was_reset = False

    def hear(self, words: str) -> None:
        """The question was a recording; an earlier run did not get so far as to ask it."""
        turn = msgspec.structs.replace(self.claim.turn, question=words)
        self.claim = msgspec.structs.replace(self.claim, turn=turn, earlier=None)

    def take(self, event: Event) -> None:
        """Take one event in."""
        match event:
            case TextDelta(text):
                self._pieces.append(text)
                self._note_text(text)
            case TextReplaced(text):
                # Of several texts the first one is what may have been offered.
                if self._replaced is None:
                    self._replaced = "".join(self._pieces) or None
                self._begin_anew([text])
                self._note_text(text)
            case Started():
                known = {k: v for k, v in msgspec.structs.asdict(event).items() if v is not None}
                self.ids = msgspec.structs.replace(self.ids, **known)
            case ConversationReset():
                self._conversation_was_reset = True
            case Metered(usage):
                self._meter(usage)
            case Finished(usage=usage, sources=sources):
                self._meter(usage)
                self.sources = sources

    def live(self) -> LiveText:
        """What was written so far."""
        if len(self._pieces) > 1:
            self._pieces = ["".join(self._pieces)]
        return LiveText(
            run_no=self.claim.turn.run_no,
            text=self._pieces[0] if self._pieces else "",
            edition=self._edition,
            has_replaced=self._replaced is not None,
            conversation_was_reset=self._conversation_was_reset,
        )

    def answered(self) -> Outcome:
        """The stream came to its end."""
        if not "".join(self._pieces).strip():
            return self.failed(FailureKind.EMPTY, "the run ended well and said nothing")
        return self._outcome()

    def failed(self, kind: FailureKind, detail: str) -> Outcome:
        """No whole answer came; what came stays a part of one."""
        outcome = self._outcome()
        answer = outcome.answer
        if kind is FailureKind.REFUSED:
            # What led to the refusal is not to be read either, and what was read of it is void.
            replaced = outcome.replaced_answer
            outcome = msgspec.structs.replace(
                outcome, replaced_answer=answer if replaced is None else replaced
            )
            answer = ""
        elif answer.strip() and kind is not FailureKind.PERSON:
            # Asking again brings the rest of an answer that broke off, but no person.
            kind = FailureKind.INCOMPLETE
        return msgspec.structs.replace(
            outcome,
            answer=answer,
            failure=kind,
            failure_detail=detail,
            provider_forgot=kind is FailureKind.CONVERSATION_RESET and self._is_own,
        )

    def found(self, found: FoundAnswer) -> Outcome:
        """The provider had kept the answer of the run that was cut off."""
        if self.asked_earlier != self.provider:
            self.begin_with(self.asked_earlier)
        self._begin_anew([found.text])
        self._meter(found.usage)
        self.take(Started(conversation_id=found.conversation_id, message_id=found.message_id))
        self.sources = found.sources
        return self.answered()

    def trace(self) -> RunTrace:
        """Enough to stop this run."""
        return self._trace(self.ids)

    def earlier_trace(self) -> RunTrace | None:
        """Enough to look for the run that this one takes over; None when there was none."""
        return None if self.claim.earlier is None else self._trace(self.claim.earlier)

    def _trace(self, ids: RunIds) -> RunTrace:
        return RunTrace(
            question=self.claim.turn.question,
            user=self.claim.user,
            asked_at=ids.started_at,
            asked_in_conversation_id=ids.asked_in_conversation_id,
            conversation_id=ids.conversation_id,
            task_id=ids.task_id,
            message_id=ids.message_id,
            workflow_run_id=ids.workflow_run_id,
            known_message_ids=self.claim.former_message_ids,
            not_before=self.claim.former_ended_at,
        )

    def _begin_anew(self, pieces: list[str]) -> None:
        self._pieces = pieces
        self._edition += 1

    def _note_text(self, text: str) -> None:
        if self.first_text_at is None and not text.isspace() and text:
            self.first_text_at = self._clock.now()

    def _meter(self, usage: Usage | None) -> None:
        if usage is None:
            return
        if self.usages and self.usages[-1][0] == self.provider:
            # The same run, a little later: its usage is told as a whole each time.
            self.usages.pop()
        self.usages.append((self.provider, usage))

    def _outcome(self) -> Outcome:
        return Outcome(
            answer="".join(self._pieces),
            conversation_was_reset=self._conversation_was_reset,
            replaced_answer=self._replaced,
            # A stand-in's is asked in once only; the conversation goes on with its own provider.
            provider_conversation_id=self.ids.conversation_id if self._is_own else None,
            ids=self.ids,
        )

    @property
    def _is_own(self) -> bool:
        return self.provider == self.claim.provider
