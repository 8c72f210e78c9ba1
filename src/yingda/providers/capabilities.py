"""What a provider may be able to do besides answering.

A capability is the one who has it, or None; nobody asks a provider for its kind. Knows the values
that cross this seam, and no adapter.
"""

from enum import StrEnum
from typing import Protocol

import msgspec


class Memory(StrEnum):
    """Who keeps what was said before in a conversation."""

    #: The provider: a conversation id is all it needs.
    THERE = "there"
    #: We: every question carries its history.
    HERE = "here"
    #: Nobody: every question stands alone.
    NONE = "none"


class MemoryBounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much of a conversation goes to a provider that keeps none."""

    #: Earlier questions with their answers. Our choice: what came before is rarely meant.
    turns: int = 20
    #: Tokens of a question with all that goes with it. Our choice: it fits the 8192 of small
    #: models with 2000 left for the answer, and costs little with the large ones.
    tokens: int = 6000
    #: Of these, what goes with every question, such as a system prompt.
    own_tokens: int = 0


class Exchange(msgspec.Struct, frozen=True):
    """An earlier question of the conversation, and what was answered."""

    question: str
    answer: str


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """Speech as a file."""

    content: bytes
    #: Such as `audio/wav`.
    content_type: str

    def __repr__(self) -> str:
        return f"Recording({self.content_type}, {len(self.content)} bytes)"


class Rating(StrEnum):
    """What a follower thinks of an answer."""

    LIKE = "like"
    DISLIKE = "dislike"


class Opening(msgspec.Struct, frozen=True):
    """How an app introduces itself: Markdown, and questions that it suggests."""

    text: str
    questions: tuple[str, ...] = ()


class Welcomer(Protocol):
    """Whoever introduces the app."""

    async def opening(self) -> Opening | None:
        """The introduction as it is now; None when the app has none.

        Raises a `ProviderError` when the provider could not be asked.
        """


class Transcriber(Protocol):
    """Whoever turns speech into text."""

    async def transcribe(self, recording: Recording, user: str) -> str:
        """What is said, "" when nothing is. Raises a `ProviderError`."""


class Speaker(Protocol):
    """Whoever reads a text aloud."""

    async def speak(self, text: str, user: str) -> Recording:
        """The text as speech. Raises a `ProviderError`."""


class Suggester(Protocol):
    """Whoever thinks of questions that may come next."""

    async def suggest(self, message_id: str, user: str) -> tuple[str, ...]:
        """Questions after this answer, perhaps none; takes seconds. Raises a `ProviderError`."""


class Rater(Protocol):
    """Whoever wants to know what followers think."""

    async def rate(self, message_id: str, user: str, rating: Rating | None) -> None:
        """Tell what the follower thinks of this answer; None takes it back.

        An answer that is not known any more is fine. Raises a `ProviderError`.
        """


class Summariser(Protocol):
    """Whoever puts a conversation in short."""

    async def summarise(self, summary: str, exchanges: tuple[Exchange, ...], user: str) -> str:
        """What was said, in a paragraph: the former summary and these exchanges, oldest first.

        `summary` is "" the first time. Raises a `ProviderError`.
        """


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What one provider can do, as it is set up."""

    memory: Memory = Memory.THERE
    #: What a question may carry where we keep the conversation.
    memory_bounds: MemoryBounds = MemoryBounds()
    #: Asked for what falls out of these bounds; None lets it be forgotten.
    summariser: Summariser | None = None
    #: Whether a prompt may carry pictures.
    takes_pictures: bool = False
    #: Whether `stop` reaches a run whose stream was closed.
    stops: bool = False
    #: Whether `find_finished` may find anything.
    finds_finished: bool = False
    welcomer: Welcomer | None = None
    transcriber: Transcriber | None = None
    speaker: Speaker | None = None
    suggester: Suggester | None = None
    rater: Rater | None = None
