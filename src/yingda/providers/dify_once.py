"""Something about a Dify app that never changes, asked of it once.

Knows how to ask for all who wait, and when to ask again after a failure. Refuses to know what
is asked.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from yingda.clock import Clock
from yingda.errors import ProviderError

T = TypeVar("T")

#: Our choice: how soon to ask again after a failure; each time delays one question.
_AGAIN_AFTER_S = 60.0


class AskedOnce(Generic[T]):
    """One answer, kept for good. `ask` gives None, or raises a `ProviderError`, for none yet."""

    def __init__(self, ask: Callable[[], Awaitable[T | None]], clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._asking = asyncio.Lock()
        self._ask_from_s = clock.monotonic()
        #: None until it is known.
        self.known: T | None = None

    async def value(self) -> T | None:
        """The answer; None while it cannot be had."""
        if self._is_due():
            async with self._asking:
                if self._is_due():
                    await self._try()
        return self.known

    def _is_due(self) -> bool:
        return self.known is None and self._clock.monotonic() >= self._ask_from_s

    async def _try(self) -> None:
        try:
            self.known = await self._ask()
        except ProviderError:
            self.known = None
        if self.known is None:
            self._ask_from_s = self._clock.monotonic() + _AGAIN_AFTER_S
