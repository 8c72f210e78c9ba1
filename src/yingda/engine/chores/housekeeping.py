"""Work that is due at some time, whoever writes meanwhile: one loop that does chore after chore.

Knows when to look, and no chore. On many processes each of them looks: a chore takes on what is
due by a lease in the store, so that no two do the same thing.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from yingda.clock import Clock
from yingda.errors import StoreError

_log = structlog.get_logger()

#: The longest time between two looks. Our choice: other processes write too, and a wall clock may
#: be set forward.
LOOK_EVERY_S = 300.0
#: How soon to look again after a failure. Our choice.
_RETRY_S = 15.0


class Chore(msgspec.Struct, frozen=True):
    """One kind of work."""

    name: str
    #: Does what is due now; returns when the next is, in Unix seconds, or None.
    run: Callable[[], Awaitable[float | None]]


class Housekeeping:
    """Runs every chore whenever something is due, one after the other."""

    def __init__(self, clock: Clock, chores: tuple[Chore, ...]) -> None:
        self._clock = clock
        self._chores = chores
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look; what is due already is done at once."""
        self._task = asyncio.ensure_future(self._keep())

    def wake(self) -> None:
        """Something may be due sooner than was known."""
        self._woken.set()

    async def close(self) -> None:
        """Leave off; what was not done stays due."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep(self) -> None:
        while True:
            self._woken.clear()
            pauses_s = [await self._do(chore) for chore in self._chores]
            await self._pause(min(pauses_s, default=LOOK_EVERY_S))

    async def _do(self, chore: Chore) -> float:
        """Seconds until this chore wants to be looked at again."""
        try:
            due_at = await chore.run()
        except StoreError as error:
            _log.warning("chore_put_off", chore=chore.name, reason=str(error))
            return _RETRY_S
        # One chore's bug must not end the others.
        except Exception:  # noqa: BLE001
            _log.exception("chore_crashed", chore=chore.name)
            return LOOK_EVERY_S
        if due_at is None:
            return LOOK_EVERY_S
        return min(LOOK_EVERY_S, max(0.0, due_at - self._clock.now()))

    async def _pause(self, pause_s: float) -> None:
        timer = self._clock.call_later(pause_s, self._woken.set)
        try:
            await self._woken.wait()
        finally:
            timer.cancel()
