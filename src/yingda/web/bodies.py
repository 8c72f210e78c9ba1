"""How long a request's body may take to come whole.

One timer watches all bodies, for nearly every body is there when it is asked for: a timer for
each would cost more than the reading.
"""

import asyncio
from collections.abc import Awaitable

from yingda.clock import Clock
from yingda.errors import BodyTooSlow

#: Seconds from the head of a request to the end of its body. Our choice: WeChat's 5 s hold for
#: the answer as well, and what is not there by then is no push on its way but a held connection.
BODY_LIMIT_S = 3.0


class Bodies:
    """The bodies that are being read."""

    def __init__(self, clock: Clock, limit_s: float = BODY_LIMIT_S) -> None:
        self._clock = clock
        self._limit_s = limit_s
        #: Whoever reads → when it has to be over, in the order in which that falls due.
        self._due_s: dict[asyncio.Task[object], float] = {}
        self._is_armed = False

    async def whole(self, reading: Awaitable[bytes]) -> bytes:
        """The body that is being read. Raises BodyTooSlow."""
        task = asyncio.current_task()
        assert task is not None, "a request is served by a task"
        self._due_s[task] = self._clock.monotonic() + self._limit_s
        if not self._is_armed:
            self._arm(self._limit_s)
        try:
            return await reading
        except asyncio.CancelledError:
            # Whoever is taken out of the book by the clock was cancelled by it.
            if task in self._due_s or task.uncancel():
                raise
            raise BodyTooSlow(f"the body took over {self._limit_s:.0f} s to come") from None
        finally:
            self._due_s.pop(task, None)

    def _arm(self, delay_s: float) -> None:
        self._is_armed = True
        self._clock.call_later(delay_s, self._look)

    def _look(self) -> None:
        self._is_armed = False
        now_s = self._clock.monotonic()
        while self._due_s:
            task, due_s = next(iter(self._due_s.items()))
            if due_s > now_s:
                self._arm(due_s - now_s)
                return
            del self._due_s[task]
            task.cancel()
