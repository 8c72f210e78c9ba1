"""Patience with a store that refuses (disk full): an answer is not given up for that."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from yingda.clock import Clock
from yingda.errors import StoreError

T = TypeVar("T")

#: Waits between tries; the last one stays. Our choice: a full disk takes a human.
_PAUSES_S = (0.2, 1.0, 5.0, 15.0)


async def insist(clock: Clock, operation: Callable[[], Awaitable[T]]) -> T:
    """Do it however long the store refuses: giving up would lose a question or an answer."""
    tries = 0
    while True:
        try:
            return await operation()
        except StoreError:
            pause_s = _PAUSES_S[min(tries, len(_PAUSES_S) - 1)]
            tries += 1
            await clock.sleep(pause_s)
