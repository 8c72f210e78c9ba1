"""The way in to each provider: how many ask it at once, and whether it is asked at all.

One gate for those who ask a provider first and for those whom another one failed. How many ask is
known of this process alone; whether it is asked, `breakers` knows for all of them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from yingda.engine.asking.breakers import Breakers
from yingda.errors import (
    FailureKind,
    ProviderBusy,
    ProviderError,
    ProviderUnavailable,
    QuotaExhausted,
)

#: What a follower is told of a provider that is left alone, by what it failed with last. A
#: question that was not asked did not take too long.
_SKIPPED: Mapping[FailureKind, type[ProviderError]] = {
    FailureKind.BUSY: ProviderBusy,
    FailureKind.QUOTA: QuotaExhausted,
}


class Gates:
    """The gates of every provider, by name."""

    def __init__(self, limits: Mapping[str, int], breakers: Breakers) -> None:
        self._places = {name: asyncio.Semaphore(limit) for name, limit in limits.items()}
        self._breakers = breakers

    @asynccontextmanager
    async def entered(self, name: str, *, waits: bool) -> AsyncIterator[None]:
        """Ask the provider within; what comes of it tells how it is.

        Raises a `ProviderError`, and asks nobody, when it is left alone, or when it has no place
        and `waits` is False.
        """
        if open_for_s := self._breakers.open_for_s(name):
            raise self._left_alone(name, open_for_s)
        places = self._places.get(name)
        if places is None:
            async with self._watched(name):
                yield
            return
        if not waits and places.locked():
            mend = "Raise `concurrency`, if the provider allows it, or name one more in `fallback`."
            raise ProviderBusy(f"{name} is asked as much at once as allowed", mend=mend)
        async with places, self._watched(name):
            yield

    @asynccontextmanager
    async def _watched(self, name: str) -> AsyncIterator[None]:
        breakers = self._breakers
        admitted = await breakers.admit(name)
        if admitted is None:
            raise self._left_alone(name, breakers.open_for_s(name))
        try:
            yield
        except ProviderError as error:
            breakers.failed(name, admitted, error)
            raise
        except BaseException:
            breakers.untold(name, admitted)
            raise
        breakers.answered(name, admitted)

    def _left_alone(self, name: str, for_s: float) -> ProviderError:
        last_kind = self._breakers.last_kind(name)
        kind = _SKIPPED.get(last_kind, ProviderUnavailable)
        span = f"for {for_s:.0f} s more" if for_s else "while one question tries it"
        detail = f"{name} is left alone {span}, for it failed with {last_kind.value}"
        return kind(detail, mend="see the line breaker_opened in the log for what it failed with")
