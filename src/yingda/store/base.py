"""The store seam; the values of its larger operations stand in `entries`, `runs` and `wishes`.

Every method is one transaction: when it returns, its effect survives a crash. Times are Unix
seconds and always handed in. Every method raises `StoreError` when the database cannot keep or
give what it is asked for.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from yingda.store.breaker_base import BreakerStore
from yingda.store.cost_base import Cost, Spent
from yingda.store.enclosure_base import EnclosureStore
from yingda.store.entries import Effect, Entered, NewPush, NewQuestion
from yingda.store.input_base import InputStore
from yingda.store.memory_base import MemoryStore
from yingda.store.pruning_base import PruningStore
from yingda.store.push_base import PushStore
from yingda.store.reaction_base import ReactionStore
from yingda.store.runs import Claim, Ended, Outcome, RunIds, StandIn
from yingda.store.snapshot_base import SnapshotStore
from yingda.store.wishes import (
    Confirmation,
    Erased,
    NewErasure,
    NewForgetting,
    NewRetry,
    ProviderDeletion,
)
from yingda.turn.model import Cursor, FollowerView, Turn
from yingda.wechat.api_base import TokenVault


class NewOffer(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of an answer that a reply carries."""

    turn_id: int
    run_no: int
    start: Cursor
    end: Cursor
    #: Whether nothing of the ended answer is left after it.
    completes: bool
    #: The answer was read already and is shown again from its start.
    is_again: bool = False
    #: The revision of the text that it is cut from.
    revision: int = 0
    #: The part itself, if the answer is still being written; it stands only while that is so.
    shown: str | None = None


class OfferedPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part that was shown of an answer while it was being written."""

    start: Cursor
    end: Cursor
    shown: str


class ChosenReply(msgspec.Struct, frozen=True, kw_only=True):
    """What a push is to be answered with, for good."""

    reply: bytes
    chosen_at: float
    offer: NewOffer | None = None
    #: The turn that the reply says can be picked up.
    promises: int | None = None
    #: A hold that came to nothing, for its attempt is answered by this very reply.
    gives_back: int | None = None
    #: The turn whose parts are sent by themselves from now on; needs a message that is left.
    pushes: int | None = None


class NewHold(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that would be left to time out, and what may be spent on that."""

    account: str
    provider: str
    openid: str
    turn_id: int
    at: float
    #: The span in which holds count.
    span_s: float
    #: How many there may be in it: of the account, the follower and the provider.
    account_limit: int
    follower_limit: int
    provider_limit: int
    #: How likely it is that the answer comes in time; None when nobody knows.
    chance: float | None
    #: It is too unlikely: only the estimate is kept.
    is_hopeless: bool


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """A turn, and what else a reply about it should mention."""

    turn: Turn
    #: The follower's oldest other answer that is not wholly offered; perhaps it still runs.
    other_unread: Turn | None
    #: The number of the follower's newest question.
    newest_number: int
    #: When the run that the turn waits behind was begun; None when there is none.
    head_started_at: float | None = None


class Recovered(msgspec.Struct, frozen=True, kw_only=True):
    """What an earlier process left behind."""

    #: Turns that are first in their conversation and must be run, oldest first, each with the
    #: name of the provider that is to answer it.
    to_run: tuple[tuple[int, str], ...]
    #: Replies that were chosen and not seen sent; their parts will be offered again.
    doubtful_count: int
    #: Account and openid of everyone whose pushes are not over.
    to_push: tuple[tuple[str, str], ...] = ()
    #: The same of everyone for whom something is due that follows an answer.
    to_enclose: tuple[tuple[str, str], ...] = ()


class Store(
    TokenVault,
    PushStore,
    MemoryStore,
    InputStore,
    ReactionStore,
    EnclosureStore,
    BreakerStore,
    SnapshotStore,
    PruningStore,
    Protocol,
):
    """Everything that must survive a crash: all that these and the methods below keep."""

    async def recover(self) -> Recovered:
        """Take over what an earlier process left: call once, before anything else."""

    async def close(self) -> None:
        """Finish what was submitted, and let go of the database."""

    async def check_writable(self) -> None:
        """Return when a write has reached the disk."""

    async def secret(self, name: str) -> bytes:
        """The 32 random bytes kept under `name`, made at the first call."""

    async def repeat(self, account: str, openid: str, key: str) -> Entered | None:
        """Where a push stands, if this is another attempt of one that was entered before."""

    async def enter_question(self, push: NewPush, question: NewQuestion) -> Entered:
        """Make the push and its new turn durable; a repeat finds what the first attempt made.

        When a bound is reached, there is no turn, and the reply says so; such a question counts
        for no bound.
        """

    async def enter_pickup(self, push: NewPush, turn_id: int) -> Entered:
        """Make durable that the push asks for this turn's answer."""

    async def enter_reply(self, push: NewPush, reply: bytes, effect: Effect) -> Entered:
        """Make the push, its effect and its reply durable at once."""

    async def enter_stop(
        self, push: NewPush, reply: Callable[[tuple[Turn, ...]], bytes]
    ) -> Entered:
        """Cancel every pending turn of the follower; `reply` says it, from what was cancelled."""

    async def enter_retry(self, push: NewPush, question: NewQuestion, retry: NewRetry) -> Entered:
        """Ask an earlier question as a new turn; the text of `question` is not looked at.

        Not while that question is pending, nor, of an unnumbered wish, while any is.
        """

    async def enter_choice(self, push: NewPush, reply: bytes, provider: str) -> Entered:
        """Make durable that this provider is to answer the follower, from the next question on."""

    async def preference(self, account: str, openid: str) -> str | None:
        """The provider that the follower chose, whether it is still offered or not."""

    async def enter_erasure(self, push: NewPush, reply: bytes, erasure: NewErasure) -> Entered:
        """Withdraw all that this openid asked, cancel what is pending, and erase it in time."""

    async def enter_forgetting(self, push: NewPush, forgetting: NewForgetting) -> Entered:
        """Keep the wish until it is confirmed or expires."""

    async def enter_confirmation(self, push: NewPush, confirmation: Confirmation) -> Entered | None:
        """Begin the erasure that the follower wished for, at once.

        None, and no change, when there is nothing that a mere word could confirm.
        """

    async def keep_cut_run(
        self,
        turn_id: int,
        run_no: int,
        ids: RunIds,
        *,
        text: str,
        at: float,
        cost: Cost | None = None,
    ) -> tuple[Spent, ...]:
        """Keep what had come of a cancelled turn, and what its provider called the run.

        What was withdrawn keeps no text; what was erased leaves a deletion at the provider. Its
        cost counts, once; what the account has spent by then is told as by `finish`.
        """

    async def erase(self, at: float, *, accepting: bytes, provider_at: float) -> Erased | None:
        """Do a step of an erasure that is due; None when none is.

        `accepting` takes the place of the replies. The provider's conversations become deletions
        that are due at `provider_at`.
        """

    async def claim_deletions(
        self, at: float, *, lease_until: float, limit: int
    ) -> tuple[ProviderDeletion, ...]:
        """Take on what is due; until `lease_until` nobody else gets it."""

    async def settle_deletion(self, deletion_id: int, *, retry_at: float | None) -> None:
        """It is done, or is to be tried again at `retry_at`."""

    async def next_erasure_at(self) -> float | None:
        """When the next erasure or deletion is due."""

    async def sweep(self, at: float) -> None:
        """Remove the rows that time has made useless."""

    async def outlook(self, turn_id: int) -> Outlook:
        """The turn as it stands now. Raises KeyError when there is none."""

    async def follower(self, account: str, openid: str) -> FollowerView:
        """What the follower's next words may refer to."""

    async def numbered_turn(self, account: str, openid: str, number: int) -> Turn | None:
        """The follower's turn with this number."""

    async def claim(self, turn_id: int, at: float) -> Claim | None:
        """Take a turn on, or over; None when it has ended or is not first in its conversation."""

    async def note_run(self, turn_id: int, run_no: int, ids: RunIds) -> None:
        """Keep what the provider calls this run; None fields leave what is stored."""

    async def stand_in(self, turn_id: int, run_no: int, stand_in: StandIn) -> None:
        """The run goes on with another provider, before that one is asked.

        What the former one began is continued, if it is the conversation's own, or deleted there.
        """

    async def begin_anew(self, turn_id: int, run_no: int) -> None:
        """A second run starts: what was offered of the first one is no part of its text."""

    async def offered_parts(self, turn_id: int) -> tuple[OfferedPart, ...]:
        """What was shown of the present text while it was being written, in that order.

        Also what is in doubt: it may have been read.
        """

    async def latencies(self, provider: str, limit: int) -> tuple[float, ...]:
        """Seconds that this provider's latest answers took, newest first."""

    async def try_hold(self, new: NewHold) -> int | None:
        """Spend patience on an attempt; the hold's id, or None when a bound is reached.

        The turn's record keeps the estimate either way.
        """

    async def mark_read(self, turn: Turn) -> None:
        """Nothing of the ended turn is left, unless its cursor has moved since."""

    async def finish(self, turn_id: int, run_no: int, outcome: Outcome, at: float) -> Ended | None:
        """End a turn, and count what it cost.

        None, and no change, when it has ended or was taken over.
        """

    async def choose_reply(self, push_id: int, chosen: ChosenReply) -> bytes | None:
        """Fix a push's reply, and return the reply that stands.

        The first caller's reply stands, whoever else comes later. None, and no change, when the
        offer does not start where the turn's cursor is now, or the turn cannot be pushed: look
        again and choose anew.
        """

    async def mark_sent(self, push_id: int) -> None:
        """The chosen reply's bytes were taken by the connection."""

    async def mark_doubtful(self, push_id: int) -> None:
        """The chosen reply may not have been taken: what it offered will be offered again."""
