"""The part of the SQLite store that keeps suggestions and ratings.

Knows which operation is a read; how either is carried out is `sqlite`'s.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from yingda.store import reacting
from yingda.store.entries import Entered, NewPush
from yingda.store.reaction_base import DueRating, NewRating
from yingda.store.steps import Steps
from yingda.turn.model import Turn

T = TypeVar("T")


class SqliteReactions(ABC):
    """Implements `reaction_base.ReactionStore`."""

    @abstractmethod
    async def _run(self, operation: Callable[[], Steps[T]]) -> T: ...

    @abstractmethod
    async def _read(self, operation: Callable[[], Steps[T]]) -> T: ...

    async def keep_suggestions(
        self, turn_id: int, run_no: int, suggestions: tuple[str, ...]
    ) -> Turn | None:
        return await self._run(lambda: reacting.keep_suggestions(turn_id, run_no, suggestions))

    async def spend_on_suggestions(self, turn_id: int, at: float, *, keeps: int) -> bool:
        return await self._run(lambda: reacting.spend_on_suggestions(turn_id, at, keeps=keeps))

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
            )
        )

    async def enter_rating(self, push: NewPush, rating: NewRating) -> Entered:
        return await self._run(lambda: reacting.enter_rating(push, rating))

    async def claim_ratings(
        self, at: float, *, lease_until: float, limit: int
    ) -> tuple[DueRating, ...]:
        return await self._run(
            lambda: reacting.claim_ratings(at, lease_until=lease_until, limit=limit)
        )

    async def settle_rating(self, due: DueRating, *, retry_at: float | None) -> None:
        await self._run(lambda: reacting.settle_rating(due, retry_at=retry_at))

    async def next_rating_at(self) -> float | None:
        return await self._read(reacting.next_rating_at)
