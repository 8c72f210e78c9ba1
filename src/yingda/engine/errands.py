"""Work on the side that nobody waits for, but that must have ended before the process does."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

_log = structlog.get_logger()


class Errands:
    """Keeps every task's handle, so that none is lost while it runs."""

    def __init__(self) -> None:
        self._running: set[asyncio.Future[None]] = set()

    def send(self, errand: Coroutine[Any, Any, None]) -> None:
        """Begin it; what it raises is logged."""
        task = asyncio.ensure_future(errand)
        self._running.add(task)
        task.add_done_callback(self._end)

    async def close(self) -> None:
        """Wait for all that were begun."""
        while self._running:
            await asyncio.wait(tuple(self._running))

    def _end(self, task: "asyncio.Future[None]") -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("errand_failed", exc_info=error)
