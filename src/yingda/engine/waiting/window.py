"""How long this attempt may still wait, and for what."""

import asyncio
from functools import partial
from typing import Protocol

from yingda.clock import Clock


class Connection(Protocol):
    """One attempt's connection, as the web room hands it over."""

    async def body(self, limit_bytes: int) -> bytes:
        """The whole request body. Raises BodyTooLarge and BodyTooSlow."""

    def gone(self) -> "asyncio.Future[None]":
        """Done once the other side has closed; the same future at every call."""


class Window:
    """One attempt's time, counted from its arrival."""

    def __init__(self, clock: Clock, connection: Connection) -> None:
        self._clock = clock
        self._connection = connection
        self._arrived_s = clock.monotonic()
        self._woken = asyncio.Event()
        # What was waited for is reached, even where sums of floats say that a hair is missing:
        # or the same wait would begin again and again.
        self._reached_s = 0.0
        #: This attempt was decided to be left to WeChat's cut.
        self.is_held = False
        #: Somebody is in `wait`.
        self.is_waiting = False
        self._is_given_up = False

    @property
    def age_s(self) -> float:
        """Seconds since the attempt arrived."""
        return max(self._reached_s, self._clock.monotonic() - self._arrived_s)

    @property
    def is_gone(self) -> bool:
        """Whether nobody is there any more for what is chosen now."""
        return self._is_given_up or self.is_cut

    @property
    def is_cut(self) -> bool:
        """Whether the other side has closed the connection."""
        return self._connection.gone().done()

    @property
    def is_given_up(self) -> bool:
        """Whether the attempt is answered without what its work may still choose."""
        return self._is_given_up

    def give_up(self) -> None:
        """The attempt is answered in another way: its work goes on, but chooses nothing."""
        self._is_given_up = True

    def wake(self) -> None:
        """End the present wait, or else the next one at once: no wake is ever missed."""
        self._woken.set()

    async def wait(self, until_s: float) -> None:
        """Return when woken, when the window reaches this age, or when the other side is gone."""
        gone = self._connection.gone()
        if gone.done():
            return
        gone.add_done_callback(self._on_gone)
        timer = self._clock.call_later(
            max(0.0, until_s - self.age_s), partial(self._reach, until_s)
        )
        self.is_waiting = True
        try:
            await self._woken.wait()
        finally:
            self.is_waiting = False
            timer.cancel()
            gone.remove_done_callback(self._on_gone)
            self._woken.clear()

    def _reach(self, age_s: float) -> None:
        self._reached_s = age_s
        self.wake()

    def _on_gone(self, _gone: "asyncio.Future[None]") -> None:
        self.wake()
