"""A disk that hangs for a while: nothing is refused, and nothing comes back until it goes on."""

from collections.abc import Awaitable, Callable
from typing import Any

from support.house import House

_METHODS = (
    "repeat",
    "enter_question",
    "enter_pickup",
    "enter_reply",
    "outlook",
    "follower",
    "numbered_turn",
    "claim",
    "note_run",
    "finish",
    "choose_reply",
    "mark_sent",
    "mark_doubtful",
)


def hang(house: House, seconds: float) -> None:
    """From now on, and for so long, every operation on the store waits; then all are done in order.

    They are handed to the real store only then, so a crash before leaves nothing of them.
    """
    store, clock = house.gateway._ground.store, house.clock
    until_s = clock.monotonic() + seconds

    def delayed(operation: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def later(*args: Any) -> Any:
            left_s = until_s - clock.monotonic()
            if left_s > 0:
                await clock.sleep(left_s)
            return await operation(*args)

        return later

    for name in _METHODS:
        setattr(store, name, delayed(getattr(store, name)))
