"""`yingda worker`: asks the AI, for processes that WeChat calls and for itself."""

import asyncio

import structlog

from yingda.app import Gateway
from yingda.cli.serve import tell_warnings
from yingda.cli.server import Stop
from yingda.cli.starting import started
from yingda.cli.stopping import stopped
from yingda.clock import Clock, SystemClock
from yingda.config import Settings
from yingda.errors import ConfigurationError

_log = structlog.get_logger()

_CLOCK = SystemClock()


async def work(settings: Settings, clock: Clock = _CLOCK) -> None:
    """Run turns until a signal asks to stop. Raises ConfigurationError and StoreError."""
    tell_warnings(settings)
    if settings.postgres_url is None:
        raise ConfigurationError(
            "a worker shares its database with other processes: set database_url to a PostgreSQL"
            " database; with SQLite, yingda serve does it all"
        )
    stop = Stop()
    with stop.heard():
        gateway = await started(settings, clock, stop)
        if gateway is None:
            return
        _log.info(
            "working", database=settings.database_name, concurrency=settings.worker_concurrency
        )
        try:
            await _until_told(gateway, stop, settings.drain_s)
        finally:
            await stopped(gateway, clock)


async def _until_told(gateway: Gateway, stop: Stop, drain_s: float) -> None:
    """A first signal lets running turns end, a second one ends them at once."""
    await stop.told()
    stop.forget()
    _log.info("draining", at_most_s=drain_s)
    draining = asyncio.ensure_future(gateway.drain(drain_s))
    hurried = asyncio.ensure_future(stop.told())
    await asyncio.wait((draining, hurried), return_when=asyncio.FIRST_COMPLETED)
    hurried.cancel()
    if draining.done():
        draining.result()
    draining.cancel()
    await asyncio.gather(draining, hurried, return_exceptions=True)
