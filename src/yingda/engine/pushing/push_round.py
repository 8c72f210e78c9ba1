"""What the sending to one follower has to remember from part to part, and how it is woken."""

import asyncio

from yingda.clock import Clock


class Round:
    """One follower's round; nothing of it survives a crash, and nothing has to."""

    def __init__(self, account: str, openid: str, clock: Clock) -> None:
        self.account = account
        self.openid = openid
        #: Nothing of the present turn came since the follower asked for it.
        self.is_waited_for = True
        #: Something may have changed since the last look.
        self.is_woken = False
        #: The present turn, and its parts that could not be sent, one after the other.
        self.turn_id: int | None = None
        self.failures = 0
        #: The process ends: no wait is worth its time.
        self.is_ending = False
        self._clock = clock
        self._alarm = asyncio.Event()

    def take_on(self, turn_id: int) -> None:
        """Go on with this turn; what came of another one is nothing of it."""
        if turn_id != self.turn_id:
            self.turn_id, self.failures, self.is_waited_for = turn_id, 0, True

    def wake(self) -> None:
        """Look again; no wake is missed."""
        self.is_woken = True
        self._alarm.set()

    async def sleep(self, delay_s: float) -> None:
        """Wait for so long whatever wakes it, unless the process ends."""
        until_s = self._clock.monotonic() + delay_s
        while not self.is_ending and (left_s := until_s - self._clock.monotonic()) > 0:
            self.is_woken = False
            await self.pause(left_s)

    async def pause(self, at_most_s: float) -> None:
        """Wait for a wake, or for so long."""
        if self.is_woken:
            return
        self._alarm.clear()
        timer = self._clock.call_later(at_most_s, self._alarm.set)
        try:
            await self._alarm.wait()
        finally:
            timer.cancel()
