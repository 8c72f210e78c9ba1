"""The provider seam: what every AI back end takes and gives.

A provider keeps no state about turns: all that a later call needs travels in the prompt or in
the `RunTrace` that its events built up. What it can do besides stands in `capabilities`.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Protocol

import msgspec

from yingda.providers.capabilities import Capabilities, Exchange

__all__ = [
    "ConversationReset",
    "Event",
    "Exchange",
    "Finished",
    "FoundAnswer",
    "Picture",
    "Prompt",
    "Provider",
    "RunTrace",
    "Source",
    "Started",
    "TextDelta",
    "TextReplaced",
    "Usage",
]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that belongs to a question, fetched and looked at."""

    content: bytes
    #: What the bytes are, not what somebody said of them: `image/jpeg`, `image/png`, `image/gif`
    #: or `image/webp`.
    content_type: str

    def __repr__(self) -> str:
        return f"Picture({self.content_type}, {len(self.content)} bytes)"


class Prompt(msgspec.Struct, frozen=True, kw_only=True):
    """One question as it goes to a provider."""

    text: str
    #: A pseudonym, never the openid; the same for the whole life of a conversation.
    user: str
    #: The provider's own id of the conversation; None starts a new one.
    conversation_id: str | None = None
    #: What the operator's templates may name, such as `account` or `date`.
    values: Mapping[str, str] = {}
    #: 1 to 128 characters of `A-Z a-z 0-9 _ -`; lets the operator find the run in traces.
    trace_id: str | None = None
    #: Only for a provider that takes pictures.
    pictures: tuple[Picture, ...] = ()
    #: The conversation so far, oldest first; only for a provider that keeps none itself.
    history: tuple[Exchange, ...] = ()
    #: What of the conversation came before `history`, in short; "" when nothing did.
    summary: str = ""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer cost, as far as the provider tells."""

    prompt_tokens: int = 0
    #: Those of them that the provider had read before, where it tells.
    cached_prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    #: A decimal number as text, in `currency`; None when the provider names no price.
    total_price: str | None = None
    currency: str | None = None


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """The provider accepted the run; sent once the ids are known, and again when more become so.

    A field that is None says nothing; it takes back no earlier id.
    """

    conversation_id: str | None = None
    task_id: str | None = None
    message_id: str | None = None
    workflow_run_id: str | None = None


class ConversationReset(msgspec.Struct, frozen=True):
    """The stored conversation was gone; the same question is asked once more without it."""


class TextDelta(msgspec.Struct, frozen=True):
    """The next piece of the answer."""

    text: str


class TextReplaced(msgspec.Struct, frozen=True):
    """All text so far is void, this stands in its place."""

    text: str


class Source(msgspec.Struct, frozen=True):
    """A document that the answer leans on."""

    title: str
    #: "" when nobody can open it.
    url: str = ""


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """The answer is whole. Always the last event; a stream that ends without it is broken."""

    usage: Usage | None = None
    #: In the order of their weight, none twice.
    sources: tuple[Source, ...] = ()


class Metered(msgspec.Struct, frozen=True):
    """What the run has cost up to here; only needed of one that may yet fail."""

    usage: Usage


Event = Started | ConversationReset | TextDelta | TextReplaced | Metered | Finished


class RunTrace(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a run that was cut off: enough to look for its result or to stop it."""

    question: str
    user: str
    #: Unix seconds, by our clock, when the run was asked for.
    asked_at: float
    #: The conversation the question was asked in; None if it was to be a new one.
    asked_in_conversation_id: str | None = None
    #: Messages that belong to other turns, so that none of them is taken for this run's.
    known_message_ids: frozenset[str] = frozenset()
    #: Unix seconds, by our clock, when the conversation's turn before this one ended; what the
    #: provider made earlier is not this run's. None when there was no turn before.
    not_before: float | None = None
    conversation_id: str | None = None
    task_id: str | None = None
    message_id: str | None = None
    workflow_run_id: str | None = None


class FoundAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A finished answer that the provider had kept."""

    text: str
    conversation_id: str | None = None
    message_id: str | None = None
    usage: Usage | None = None
    #: As in `Finished`.
    sources: tuple[Source, ...] = ()


class Provider(Protocol):
    """One AI back end, safe to use from many tasks at once."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do besides answering."""

    def stream(self, prompt: Prompt) -> AsyncIterator[Event]:
        """Ask once, and yield events up to and including `Finished`.

        Raises a `ProviderError` when no whole answer came; the text yielded before stays valid
        as a part of an answer. Closing the iterator early ends the request.
        """

    async def find_finished(self, trace: RunTrace) -> FoundAnswer | None:
        """The answer of a run whose stream was lost, if the provider has it whole, else None.

        Raises a `ProviderError` when the provider could not be asked.
        """

    async def stop(self, trace: RunTrace) -> None:
        """Ask the provider to stop a run; does nothing where that is not possible or needed."""

    async def forget(self, conversation_id: str, user: str) -> None:
        """Erase a conversation at the provider; does nothing if it is not there."""

    async def aclose(self) -> None:
        """Let go of connections; the provider is not used afterwards."""
