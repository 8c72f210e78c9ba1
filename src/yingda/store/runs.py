"""A turn's run at its provider: the right to it, its names there, and how it ended.

Values of the store seam; its operations on them stand in `base`.
"""

import msgspec

from yingda.errors import FailureKind
from yingda.store.cost_base import Cost, Spent
from yingda.store.enclosure_base import NewEnclosure
from yingda.turn.model import Attachment, Turn


class RunIds(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's names for a run."""

    started_at: float = 0.0
    #: Who was asked.
    provider: str | None = None
    asked_in_conversation_id: str | None = None
    conversation_id: str | None = None
    task_id: str | None = None
    message_id: str | None = None
    workflow_run_id: str | None = None


class StandIn(msgspec.Struct, frozen=True, kw_only=True):
    """A run goes on with another provider than the conversation's own."""

    #: Who is asked from now on.
    provider: str
    #: What the former one called the run.
    left: RunIds
    at: float


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The right to run a turn, under the run number it carries."""

    turn: Turn
    user: str
    provider: str
    provider_conversation_id: str | None
    #: What came with the question.
    attachments: tuple[Attachment, ...] = ()
    #: What an earlier run that was cut off had learnt from its provider; None on a first run.
    earlier: RunIds | None = None
    #: The provider's messages that answered the conversation's turns before this one, and when
    #: the last of those turns ended; looked up only where an earlier run was cut off.
    former_message_ids: frozenset[str] = frozenset()
    former_ended_at: float | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended."""

    answer: str
    failure: FailureKind | None = None
    #: For the operator: what went wrong, never shown to a follower.
    failure_detail: str = ""
    conversation_was_reset: bool = False
    #: The provider's id of the conversation as it is now; None leaves what is stored.
    provider_conversation_id: str | None = None
    #: What the follower may have read of a text that is void now; None when all of it stands.
    replaced_answer: str | None = None
    #: The provider no longer knows the conversation: the next question starts a new one there.
    provider_forgot: bool = False
    #: None when nobody asked a provider.
    cost: Cost | None = None
    #: What the provider called the run; None, and None in it, leaves what is stored.
    ids: RunIds | None = None
    #: What is to follow the answer, in this order.
    enclosures: tuple[NewEnclosure, ...] = ()


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A turn after its end, and the one that its end lets start."""

    turn: Turn
    to_run: int | None
    #: What the provider calls the answer.
    message_id: str | None = None
    #: What the account has spent by now, in each currency that the turn cost something in.
    spent: tuple[Spent, ...] = ()
