"""Starts a gateway, and waits for a database that cannot be reached just now."""

import contextlib

import structlog

from yingda.app import Gateway, open_gateway
from yingda.cli import collecting
from yingda.cli.server import Stop
from yingda.cli.stopping import stopped
from yingda.clock import Clock
from yingda.config import Settings
from yingda.errors import StoreAway

_log = structlog.get_logger()

#: How soon the database is tried again. Our choice: it restarts within seconds, and a log with a
#: line every few seconds is still read.
_AGAIN_AFTER_S = 3.0


async def started(
    settings: Settings, clock: Clock, stop: Stop, *, runs_turns: bool = True
) -> Gateway | None:
    """A gateway that has begun its work; None when told to stop while the database was away.

    Raises StoreError for a database that no waiting makes usable.
    """
    while True:
        try:
            return await _started(settings, clock, runs_turns=runs_turns)
        except StoreAway as error:
            collecting.resume()
            _log.warning("database_awaited", reason=str(error))
        with contextlib.suppress(TimeoutError):
            async with clock.timeout(_AGAIN_AFTER_S):
                await stop.told()
                return None


async def _started(settings: Settings, clock: Clock, *, runs_turns: bool) -> Gateway:
    gateway = await open_gateway(settings, clock, runs_turns=runs_turns)
    try:
        await gateway.start()
    except BaseException:
        await stopped(gateway, clock)
        raise
    collecting.settle()
    return gateway
