"""A disk that hangs for a while, with all that it was asked; a server that is away for a while."""

from collections.abc import Awaitable, Callable
from typing import Any

from support.house import House
from yingda.errors import StoreAway
from yingda.store.base import Store

Operation = Callable[..., Awaitable[Any]]

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

    def delayed(operation: Operation) -> Operation:
        async def later(*args: Any) -> Any:
            left_s = until_s - clock.monotonic()
            if left_s > 0:
                await clock.sleep(left_s)
            return await operation(*args)

        return later

    _replace(store, delayed)


def go_away(house: House, seconds: float, *, tells_after_s: float = 2.0) -> None:
    """From now on, and for so long, every operation on the store is refused, and not done at all.

    Each refusal takes its while, in which a pool waits for a connection.
    """
    store, clock = house.gateway._ground.store, house.clock
    until_s = clock.monotonic() + seconds

    def refused(operation: Operation) -> Operation:
        async def tried(*args: Any) -> Any:
            if clock.monotonic() < until_s:
                await clock.sleep(tells_after_s)
                if clock.monotonic() < until_s:
                    raise StoreAway("it is away")
            return await operation(*args)

        return tried

    _replace(store, refused)


def _replace(store: Store, by: Callable[[Operation], Operation]) -> None:
    for name in _METHODS:
        setattr(store, name, by(getattr(store, name)))
