"""Time as a value that is passed in.

No other module reads the time or waits for it; tests pass a `VirtualClock`, on which fifteen
seconds cost nothing.
"""

import asyncio
import heapq
import itertools
import math
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")


class Timer(Protocol):
    """A callback that is due later."""

    def cancel(self) -> None:
        """Forget the callback; harmless when it has already run."""


class Clock(ABC):
    """What time it is, and a way to be called later."""

    @abstractmethod
    def now(self) -> float:
        """Wall-clock time in Unix seconds; it may be stepped by the machine's owner."""

    @abstractmethod
    def monotonic(self) -> float:
        """Seconds from an arbitrary start, never going back: the one to measure spans with."""

    @abstractmethod
    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` in the running event loop once `delay_s` seconds have passed."""

    async def sleep(self, delay_s: float) -> None:
        """Wait for `delay_s` seconds; zero or less lets other tasks run once."""
        if delay_s <= 0:
            await asyncio.sleep(0)
            return
        due = asyncio.Event()
        timer = self.call_later(delay_s, due.set)
        try:
            await due.wait()
        finally:
            timer.cancel()

    @asynccontextmanager
    async def timeout(self, delay_s: float) -> AsyncIterator[asyncio.Timeout]:
        """Raise TimeoutError if the block is not left within `delay_s` seconds of this clock."""
        async with asyncio.timeout(None) as scope:
            loop = asyncio.get_running_loop()
            timer = self.call_later(delay_s, lambda: scope.reschedule(loop.time()))
            try:
                yield scope
            finally:
                timer.cancel()


class SystemClock(Clock):
    """The machine's time."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(delay_s, callback)


class AgreedClock(Clock):
    """A clock whose wall-clock time is set by somebody else's, on whom several machines agree."""

    def __init__(self, own: Clock) -> None:
        self._own = own
        self._ahead_s = 0.0

    def agree(self, now: float) -> float:
        """It is `now` in Unix seconds; returns by how much this clock was behind."""
        behind_s = now - self.now()
        self._ahead_s += behind_s
        return behind_s

    def now(self) -> float:
        return self._own.now() + self._ahead_s

    def monotonic(self) -> float:
        return self._own.monotonic()

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        return self._own.call_later(delay_s, callback)


class _VirtualTimer:
    __slots__ = ("callback", "cancelled")

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class VirtualClock(Clock):
    """Time that moves only when everything else stands still.

    `run` drives a coroutine to its end: whenever no task can go on, the clock jumps to the next
    timer. Work that goes on outside the event loop (a writer thread, a socket) must be made
    known with `while_busy`, or the clock would jump over it.
    """

    #: 2024-01-01T00:00:00Z, so that a virtual wall clock looks like one.
    EPOCH_S = 1_704_067_200.0

    def __init__(self, start_s: float = EPOCH_S) -> None:
        self._start_s = start_s
        self._elapsed_s = 0.0
        self._wall_offset_s = 0.0
        self._order = itertools.count()
        self._timers: list[tuple[float, int, _VirtualTimer]] = []
        self._busy: list[Callable[[], bool]] = []

    def now(self) -> float:
        return self._start_s + self._elapsed_s + self._wall_offset_s

    def monotonic(self) -> float:
        return self._elapsed_s

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        timer = _VirtualTimer(callback)
        due_s = self._elapsed_s + delay_s
        if delay_s > 0:
            # A delay too small for a float to show would otherwise be due before time moves on.
            due_s = max(due_s, math.nextafter(self._elapsed_s, math.inf))
        heapq.heappush(self._timers, (due_s, next(self._order), timer))
        return timer

    def step_wall_clock(self, seconds: float) -> None:
        """Set the wall clock forward or back, as a machine's owner may; spans are not touched."""
        self._wall_offset_s += seconds

    def while_busy(self, busy: Callable[[], bool]) -> None:
        """Let no time pass while `busy()` is true: work goes on where the loop cannot see it."""
        self._busy.append(busy)

    async def run(self, main: Awaitable[T]) -> T:
        """Drive `main` to its end and return its result, jumping from timer to timer.

        Raises RuntimeError when `main` waits for something that no timer will ever bring.
        """
        task = asyncio.ensure_future(main)
        try:
            while True:
                await self._settle()
                if task.done():
                    return task.result()
                if not self._jump():
                    raise RuntimeError("deadlock: the awaited work waits for no timer")
        finally:
            task.cancel()

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, running on the way whatever falls due."""
        until = self._elapsed_s + seconds
        await self._settle()
        while self._jump(until):
            await self._settle()
        self._elapsed_s = until

    def _jump(self, until_s: float = math.inf) -> bool:
        while self._timers and (self._timers[0][2].cancelled or self._timers[0][0] <= until_s):
            due_s, _, timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                self._elapsed_s = max(self._elapsed_s, due_s)
                timer.callback()
                return True
        return False

    async def _settle(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0)
            # asyncio keeps what can run now in `_ready`; there is no public way to ask for it.
            if loop._ready:  # type: ignore[attr-defined]  # noqa: SLF001
                continue
            if any(busy() for busy in self._busy):
                await asyncio.sleep(0.0002)
                continue
            return
