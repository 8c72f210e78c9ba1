"""The part of the stores' operations that keeps suggestions and ratings.

Knows which operation is a read and what the others lock; `operations` tells more.
"""

from yingda.store import locks, reacting
from yingda.store.carrier import Carrier
from yingda.store.entries import Entered, NewPush
from yingda.store.reaction_base import DueRating, NewRating
from yingda.turn.model import Turn


class ReactionsOperations(Carrier):
    """Implements `reaction_base.ReactionStore`."""

    async def keep_suggestions(
        self, turn_id: int, run_no: int, suggestions: tuple[str, ...]
    ) -> Turn | None:
        return await self._run(
            lambda: reacting.keep_suggestions(turn_id, run_no, suggestions), locks.FREE
        )

    async def spend_on_suggestions(self, turn_id: int, at: float, *, keeps: int) -> bool:
        return await self._run(
            lambda: reacting.spend_on_suggestions(turn_id, at, keeps=keeps),
            locks.follower_of_turn(turn_id),
        )

    async def settle_message(
        self,
        account: str,
        openid: str,
        *,
        spent_at: float,
        gives_back: bool = False,
        empties: bool = False,
    ) -> None:
        await self._run(
            lambda: reacting.settle_message(
                account, openid, spent_at=spent_at, gives_back=gives_back, empties=empties
            ),
            locks.follower(account, openid),
        )

    async def enter_rating(self, push: NewPush, rating: NewRating) -> Entered:
        return await self._run(lambda: reacting.enter_rating(push, rating), locks.pusher(push))

    async def claim_ratings(
        self, at: float, *, lease_until: float, limit: int
    ) -> tuple[DueRating, ...]:
        return await self._run(
            lambda: reacting.claim_ratings(at, lease_until=lease_until, limit=limit), locks.FREE
        )

    async def settle_rating(self, due: DueRating, *, retry_at: float | None) -> None:
        await self._run(lambda: reacting.settle_rating(due, retry_at=retry_at), locks.FREE)

    async def next_rating_at(self) -> float | None:
        return await self._read(reacting.next_rating_at)
