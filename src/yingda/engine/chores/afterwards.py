"""What is done once a turn has ended, beside the answer: nobody waits for it, and it may fail.

Knows when, for how long, and what becomes of a failure; refuses to know what is done.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Protocol

import structlog

from yingda.clock import Clock
from yingda.errors import YingdaError
from yingda.store.runs import Claim, Ended

_log = structlog.get_logger()

#: How long each may take. Our choice: it may ask a model, and a slow one takes a minute or two.
AFTER_LIMIT_S = 120.0
#: How long a process that stops waits for what is under way. Our choice: the 5 s that Kubernetes
#: leaves after a drain are for closing the rest too.
CLOSE_LIMIT_S = 2.0


class Afterward(Protocol):
    """One thing that is done after turns."""

    def after(self, claim: Claim, ended: Ended) -> Coroutine[Any, Any, None] | None:
        """What is to be done for this turn, which ended answered or failed; None for nothing.

        Never asked for a cancelled turn. What it gives may be cut at any moment, and is not begun
        again: what has to happen needs a trace in the store. What that raises of our own errors is
        logged.
        """


class Afterwards:
    """Does all of them for each turn, side by side."""

    def __init__(self, afterwards: Sequence[Afterward], clock: Clock) -> None:
        self._afterwards = afterwards
        self._clock = clock
        self._running: set[asyncio.Future[None]] = set()

    def send(self, claim: Claim, ended: Ended) -> None:
        """Begin them; returns at once."""
        for afterward in self._afterwards:
            # Most turns need none of them, and a task with a deadline for each costs as much as
            # entering the question does (measured).
            if (work := afterward.after(claim, ended)) is not None:
                task = asyncio.ensure_future(self._do(type(afterward).__name__, work, ended))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Wait a little for what is under way, then cut it."""
        with suppress(TimeoutError):
            async with self._clock.timeout(CLOSE_LIMIT_S):
                while self._running:
                    await asyncio.wait(tuple(self._running))
        for task in (left := tuple(self._running)):
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _do(self, what: str, work: Coroutine[Any, Any, None], ended: Ended) -> None:
        turn_id = ended.turn.id
        try:
            async with self._clock.timeout(AFTER_LIMIT_S):
                await work
        except (YingdaError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            _log.warning("afterward_failed", what=what, turn=turn_id, reason=reason)
        # The end of a task: a bug in one of them is told, and is nobody else's trouble.
        except Exception:  # noqa: BLE001
            _log.exception("afterward_crashed", what=what, turn=turn_id)
