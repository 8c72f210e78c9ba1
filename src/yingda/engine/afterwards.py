"""What is done once a turn has ended, beside the answer: nobody waits for it, and it may fail.

Knows when, for how long, and what becomes of a failure; refuses to know what is done.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

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
    """One thing that is done after each turn."""

    async def after(self, claim: Claim, ended: Ended) -> None:
        """Do it for this turn, which ended answered or failed; never for a cancelled one.

        May be cut at any moment, and is not begun again: what has to happen needs a trace in the
        store. What it raises of our own errors is logged.
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
            task = asyncio.ensure_future(self._do(afterward, claim, ended))
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

    async def _do(self, afterward: Afterward, claim: Claim, ended: Ended) -> None:
        what, turn_id = type(afterward).__name__, ended.turn.id
        try:
            async with self._clock.timeout(AFTER_LIMIT_S):
                await afterward.after(claim, ended)
        except (YingdaError, TimeoutError) as error:
            reason = str(error) or type(error).__name__
            _log.warning("afterward_failed", what=what, turn=turn_id, reason=reason)
        # The end of a task: a bug in one of them is told, and is nobody else's trouble.
        except Exception:  # noqa: BLE001
            _log.exception("afterward_crashed", what=what, turn=turn_id)
