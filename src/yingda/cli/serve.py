"""`yingda serve`: what WeChat calls, as one process or as one of many."""

import asyncio
import socket
from collections.abc import Coroutine
from typing import Any

import structlog

from yingda.cli.server import Server, Stop, listen
from yingda.cli.starting import started
from yingda.clock import Clock, SystemClock
from yingda.config import Settings
from yingda.errors import ConfigurationError

_log = structlog.get_logger()

_CLOCK = SystemClock()


def run_fast(work: Coroutine[Any, Any, None]) -> None:
    """Run it on uvloop where that exists."""
    try:
        import uvloop  # noqa: PLC0415 it does not exist for every system
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


async def serve(settings: Settings, clock: Clock = _CLOCK) -> None:
    """Serve until a signal asks to stop.

    Raises ConfigurationError, also for an address that cannot be had, and StoreError.
    """
    tell_warnings(settings)
    if settings.postgres_url is None and not settings.workers:
        raise ConfigurationError(
            "without workers nobody would ask the AI: set workers = true, or database_url to a"
            " PostgreSQL database and start yingda worker"
        )
    sock, stop = listen(settings.host, settings.port), Stop()
    with stop.heard():
        gateway = await started(settings, clock, stop, runs_turns=settings.workers)
        if gateway is None:
            return
        server = Server(gateway, drain_s=settings.drain_s)
        _log.info(
            "serving",
            address=_address(sock),
            callbacks=[f"/wechat/{account.name}" for account in settings.accounts],
            database=settings.database_name,
            workers=settings.workers,
        )
        stop.hand_on(server.begin_stop)
        await server.serve_on(sock)


def _address(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def tell_warnings(settings: Settings) -> None:
    """Log what could be read and looks like a mistake."""
    for warning in settings.warnings:
        _log.warning(
            "setting_doubtful", key=warning.key, reason=warning.reason.en, mend=warning.mend.en
        )
