"""The store's seam for what comes after an answer: questions that may come next, and ratings.

Each method is one transaction. Times are Unix seconds and always handed in. What a provider is
asked or told, and what a message says, is the callers' business.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from yingda.providers.capabilities import Rating
from yingda.store.entries import Entered, NewPush
from yingda.turn.model import Turn


class NewRating(msgspec.Struct, frozen=True, kw_only=True):
    """What a follower thinks of an answer."""

    rating: Rating
    #: The question's number; None is the answer that was shown last.
    number: int | None
    #: Writes the reply, from the turn that is rated.
    reply: Callable[[Turn], bytes]
    #: The reply when there is nothing to rate.
    nothing: bytes


class DueRating(msgspec.Struct, frozen=True, kw_only=True):
    """A rating that a provider is to be told of."""

    turn_id: int
    account: str
    provider: str
    user: str
    #: What the provider calls the answer; None when it never told.
    message_id: str | None
    rating: Rating
    #: When the follower said so.
    rated_at: float
    #: Until when nobody else gets it.
    lease_until: float


class ReactionStore(Protocol):
    """What must survive a crash of suggestions and ratings."""

    async def keep_suggestions(
        self, turn_id: int, run_no: int, suggestions: tuple[str, ...]
    ) -> Turn | None:
        """Keep what may be asked next; the turn as it stands with it.

        None, and no change, when another run answered, there are some already, or the turn was
        withdrawn.
        """

    async def spend_on_suggestions(self, turn_id: int, at: float, *, keeps: int) -> bool:
        """Spend a message on a turn's suggestions, if `keeps` are left after it.

        False, and no change, when something of the answer has not been shown, its pushing ended
        badly, a newer question was asked, or a part of the follower's is under way.
        """

    async def settle_message(
        self,
        account: str,
        openid: str,
        *,
        spent_at: float,
        gives_back: bool = False,
        empties: bool = False,
    ) -> None:
        """What became of a message that was no part: as in `settle_part`.

        Where the follower acted since `spent_at`, WeChat may have counted it against what that
        brought: then it is charged there, and gives back nothing.
        """

    async def enter_rating(self, push: NewPush, rating: NewRating) -> Entered:
        """Rate an answer that was shown; its turn is told with the reply.

        Of the last 20 questions the one whose answer was shown last. Only another rating than the
        one that stands makes it due to be told.
        """

    async def claim_ratings(
        self, at: float, *, lease_until: float, limit: int
    ) -> tuple[DueRating, ...]:
        """Take on what is due; until `lease_until` nobody else gets it."""

    async def settle_rating(self, due: DueRating, *, retry_at: float | None) -> None:
        """It is told, or is to be tried again; no change when it was rated anew meanwhile."""

    async def next_rating_at(self) -> float | None:
        """When the next rating is due to be told."""
