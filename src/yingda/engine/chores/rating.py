"""Tells providers what followers think of their answers.

The store says what is still to be told; a rating stands here whether or not a provider wants it.
Telling one twice does no harm.
"""

import asyncio
from collections.abc import Mapping

import structlog

from yingda.clock import Clock
from yingda.errors import ProviderError
from yingda.providers.base import Provider
from yingda.store.base import Store
from yingda.store.reaction_base import DueRating

_log = structlog.get_logger()

#: How long a provider is given to take one. Our choice: as long as a small call.
_TELL_LIMIT_S = 30.0
#: What was taken on is left to this process for so long. Our choice: above the limit of a call.
_LEASE_S = 120.0
#: Ratings at the same time. Our choice: a provider's own limits are for questions.
_BATCH = 8
#: The first wait after a failure; each one after it is as long as the rating is old, so that they
#: double. Our choice: soon after a hiccup.
_FIRST_RETRY_S = 60.0
#: After so long nobody looks at it any more. Our choice.
_GIVE_UP_S = 86_400.0


class RatingTelling:
    """The chore that tells ratings."""

    def __init__(self, store: Store, providers: Mapping[str, Provider], clock: Clock) -> None:
        self._store = store
        self._providers = providers
        self._clock = clock

    async def run(self) -> float | None:
        """Tell what is due; when the next is due, in Unix seconds. Raises StoreError."""
        while True:
            at = self._clock.now()
            due = await self._store.claim_ratings(at, lease_until=at + _LEASE_S, limit=_BATCH)
            if not due:
                return await self._store.next_rating_at()
            await asyncio.gather(*(self._tell(each) for each in due))

    async def _tell(self, due: DueRating) -> None:
        reason = await self._reason_against(due)
        retry_at = None
        if reason is not None:
            retry_at = self._retry_at(due)
            _log.warning(
                "rating_given_up" if retry_at is None else "rating_put_off",
                turn=due.turn_id,
                account=due.account,
                provider=due.provider,
                reason=reason,
            )
        await self._store.settle_rating(due, retry_at=retry_at)

    def _retry_at(self, due: DueRating) -> float | None:
        now = self._clock.now()
        age_s = now - due.rated_at
        return None if age_s >= _GIVE_UP_S else now + max(_FIRST_RETRY_S, age_s)

    async def _reason_against(self, due: DueRating) -> str | None:
        """Why it could not be told now; None once it is, or when nobody wants to know."""
        provider = self._providers.get(due.provider)
        rater = None if provider is None else provider.capabilities.rater
        if rater is None or due.message_id is None:
            return None
        try:
            async with self._clock.timeout(_TELL_LIMIT_S):
                await rater.rate(due.message_id, due.user, due.rating)
        except ProviderError as error:
            return error.detail
        except TimeoutError:
            return f"it took over {_TELL_LIMIT_S:.0f} s"
        return None
