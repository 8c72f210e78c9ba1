"""Finding the answer of a run whose stream was lost.

Knows what Dify keeps of a run: the workflow run's result, and the messages of a conversation.
It never asks a question. Only an answer that Dify has whole counts as found.
"""

from collections.abc import AsyncIterator
from enum import Enum
from typing import TypeVar
from urllib.parse import quote

import msgspec

from yingda.clock import Clock
from yingda.errors import ProviderMisconfigured, ProviderUnavailable
from yingda.providers.base import FoundAnswer, RunTrace
from yingda.providers.dify_answer import whole_answer
from yingda.providers.dify_api import DifyApi, is_uuid
from yingda.providers.dify_outputs import outputs_in
from yingda.providers.dify_reading import Reading
from yingda.providers.dify_settings import DifySettings
from yingda.providers.dify_sources import kept_sources_in
from yingda.providers.dify_usage import WireUsage, read_usage
from yingda.providers.dify_wire import GOOD_ENDS
from yingda.providers.payloads import UNREADABLE

#: Dify's `created_at` is in whole seconds, and its clock is not ours. Our choice.
SLACK_S = 10.0
#: Dify cuts `created_at` down to whole seconds: a message of 5.9 s says 5. No more slack than
#: that behind the turn before: if Dify's clock is slow, the answer is not found, which costs one
#: more run; a follower who asks the same twice would be handed the wrong answer otherwise.
_ROUNDING_S = 1.0
#: Our choice: a crash is looked into at once, so the run is among the newest.
_NEWEST = "20"


class Absence(Enum):
    """Why there is no answer."""

    #: The run goes on, or its message was just created.
    PENDING = "pending"
    #: Dify has nothing, or the run failed.
    NONE = "none"


class _WorkflowRun(msgspec.Struct, frozen=True):
    status: str | None = None
    outputs: msgspec.Raw = msgspec.Raw()
    total_tokens: object = None


class _Message(msgspec.Struct, frozen=True):
    id: str
    conversation_id: str | None = None
    query: str | None = None
    answer: str | None = None
    status: str | None = None
    created_at: float | None = None
    retriever_resources: msgspec.Raw = msgspec.Raw()
    #: What it cost, where the version tells.
    message_tokens: object = None
    answer_tokens: object = None
    total_tokens: object = None
    total_price: object = None
    currency: object = None


class _Conversation(msgspec.Struct, frozen=True):
    id: str
    created_at: float | None = None


class _Messages(msgspec.Struct, frozen=True):
    data: list[_Message] = []


class _Conversations(msgspec.Struct, frozen=True):
    data: list[_Conversation] = []


_WORKFLOW_RUN = msgspec.json.Decoder(_WorkflowRun)
_MESSAGES = msgspec.json.Decoder(_Messages)
_CONVERSATIONS = msgspec.json.Decoder(_Conversations)

_Kept = TypeVar("_Kept")
_Outcome = FoundAnswer | Absence


class DifyRecovery:
    """Looks for a lost run's answer, for a bounded time while it is still being made."""

    def __init__(self, api: DifyApi, settings: DifySettings, clock: Clock) -> None:
        self._api = api
        self._wait_s = settings.recovery_s
        self._every_s = settings.recovery_every_s
        self._limit_chars = settings.answer_limit_chars
        self._clock = clock

    async def find(self, trace: RunTrace, reading: Reading) -> FoundAnswer | None:
        """The answer, or None. Raises a `ProviderError` when Dify could not be asked."""
        due_s = self._clock.monotonic() + self._wait_s
        while True:
            outcome = await self._look(trace, reading)
            if isinstance(outcome, FoundAnswer):
                # An answer over the cap cannot be handed over whole, so it does not count.
                return outcome if len(outcome.text) <= self._limit_chars else None
            late = self._clock.monotonic() + self._every_s > due_s
            if outcome is Absence.NONE or late:
                return None
            await self._clock.sleep(self._every_s)

    async def _look(self, trace: RunTrace, reading: Reading) -> _Outcome:
        if trace.workflow_run_id:
            outcome = await self._look_at_workflow_run(trace, trace.workflow_run_id, reading)
            if outcome is not None:
                return outcome
        if not reading.has_conversations:
            return Absence.NONE
        async for conversation_id in self._conversations(trace):
            outcome = await self._look_into(conversation_id, trace, reading)
            if outcome is not None:
                return outcome
        return Absence.NONE

    async def _look_at_workflow_run(
        self, trace: RunTrace, run_id: str, reading: Reading
    ) -> _Outcome | None:
        """What the run's record tells; None where it tells nothing and messages may."""
        try:
            body = await self._api.call("GET", f"/workflows/run/{quote(run_id, safe='')}")
        except ProviderMisconfigured:
            # Older versions refuse this call for a Chatflow's key.
            return None
        if body is None:
            return None
        run = _decoded(_WORKFLOW_RUN, body)
        if run.status == "running":
            return Absence.PENDING
        if run.status is None:
            return None
        if run.status not in GOOD_ENDS:
            return Absence.NONE
        answer = _answer_in(run.outputs, reading)
        if not answer:
            return None
        return FoundAnswer(
            text=answer,
            conversation_id=trace.conversation_id if reading.has_conversations else None,
            message_id=trace.message_id,
            usage=read_usage(WireUsage(total_tokens=run.total_tokens)),
        )

    async def _conversations(self, trace: RunTrace) -> AsyncIterator[str]:
        """Where the question may stand, likeliest first."""
        if is_uuid(trace.conversation_id):
            yield trace.conversation_id
            return
        if is_uuid(trace.asked_in_conversation_id):
            yield trace.asked_in_conversation_id
        body = await self._api.call(
            "GET", "/conversations", params={"user": trace.user, "limit": _NEWEST}
        )
        if body is None:
            return
        for conversation in _decoded(_CONVERSATIONS, body).data:
            if _is_recent(conversation.created_at, trace):
                yield conversation.id

    async def _look_into(
        self, conversation_id: str, trace: RunTrace, reading: Reading
    ) -> _Outcome | None:
        params = {"conversation_id": conversation_id, "user": trace.user, "limit": _NEWEST}
        body = await self._api.call("GET", "/messages", params=params)
        if body is None:
            return None
        asked = [each for each in _decoded(_MESSAGES, body).data if _is_asked(each, trace)]
        if not asked:
            return None
        newest = max(asked, key=lambda message: message.created_at or 0.0)
        return _outcome(newest, conversation_id, reading)


def _is_asked(message: _Message, trace: RunTrace) -> bool:
    """Whether this message is the lost run's, by its id if that is known.

    Without it the same words are only a likeness: no message of another turn, and none from
    before the end of the turn before.
    """
    if trace.message_id:
        return message.id == trace.message_id
    if message.id in trace.known_message_ids or not _is_recent(message.created_at, trace):
        return False
    if _is_of_an_earlier_turn(message.created_at, trace):
        return False
    return _as_kept(message.query or "") == _as_kept(trace.question)


def _as_kept(question: str) -> str:
    """A question as Dify keeps it: NUL characters are removed."""
    return question.replace("\0", "").strip()


def _is_recent(created_at: float | None, trace: RunTrace) -> bool:
    return created_at is not None and created_at >= trace.asked_at - SLACK_S


def _is_of_an_earlier_turn(created_at: float | None, trace: RunTrace) -> bool:
    if created_at is None or trace.not_before is None:
        return False
    return created_at < trace.not_before - _ROUNDING_S


def _outcome(message: _Message, conversation_id: str, reading: Reading) -> _Outcome:
    if message.status == "error":
        return Absence.NONE
    if not message.answer:
        return Absence.PENDING
    text = whole_answer(message.answer, (), reading.files_url)
    if not text:
        return Absence.NONE
    resources = message.retriever_resources
    usage = WireUsage(
        prompt_tokens=message.message_tokens,
        completion_tokens=message.answer_tokens,
        total_tokens=message.total_tokens,
        total_price=message.total_price,
        currency=message.currency,
    )
    return FoundAnswer(
        text=text,
        conversation_id=conversation_id,
        message_id=message.id,
        sources=kept_sources_in(resources) if reading.gives_sources else (),
        usage=read_usage(usage),
    )


def _answer_in(raw: msgspec.Raw, reading: Reading) -> str:
    outputs = outputs_in(raw)
    if not reading.is_workflow:
        answer = outputs.values.get("answer")
        return whole_answer(answer if isinstance(answer, str) else "", (), reading.files_url)
    text = outputs.text(reading.output_key)
    if not text and reading.output_key is None:
        text = outputs.as_json()
    return whole_answer(text, outputs.files(), reading.files_url)


def _decoded(decoder: msgspec.json.Decoder[_Kept], body: bytes) -> _Kept:
    try:
        return decoder.decode(body)
    except UNREADABLE as cause:
        raise ProviderUnavailable("Dify's record of the run cannot be read") from cause
