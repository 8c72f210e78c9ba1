"""Lets go of a gateway at its end, and of whatever does not let go by itself."""

import asyncio

import structlog

from yingda.app import Gateway
from yingda.clock import Clock

_log = structlog.get_logger()

#: How long letting go may take. Our choice: a service manager that gives 45 s kills after it, of
#: which draining may take 25; all that matters is durable before.
STOP_LIMIT_S = 15.0


async def stopped(gateway: Gateway, clock: Clock) -> None:
    """Close everything; a database that is away, or hangs, does not keep the process from its end.

    What was under way is found in the store at the next start.
    """
    try:
        async with clock.timeout(STOP_LIMIT_S):
            await gateway.stop()
    except TimeoutError:
        left = sorted(
            getattr(task.get_coro(), "__qualname__", "")
            for task in asyncio.all_tasks()
            if task is not asyncio.current_task()
        )
        _log.warning("stop_cut", after_s=STOP_LIMIT_S, left=left)
