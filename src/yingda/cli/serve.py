"""`yingda serve`: the gateway as one process."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from yingda.app import open_gateway
from yingda.cli.server import Server, listen
from yingda.clock import SystemClock
from yingda.config import Settings

_log = structlog.get_logger()


def run_fast(work: Coroutine[Any, Any, None]) -> None:
    """Run it on uvloop where that exists."""
    try:
        import uvloop  # noqa: PLC0415 it does not exist for every system
    except ImportError:
        asyncio.run(work)
    else:
        uvloop.run(work)


async def serve(settings: Settings) -> None:
    """Serve until a signal asks to stop. Raises StoreError, and OSError for the address."""
    for warning in settings.warnings:
        _log.warning(
            "setting_doubtful", key=warning.key, reason=warning.reason.en, mend=warning.mend.en
        )
    sock = listen(settings.host, settings.port)
    gateway = await open_gateway(settings, SystemClock())
    host, port = sock.getsockname()[:2]
    _log.info(
        "serving",
        address=f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}",
        callbacks=[f"/wechat/{account.name}" for account in settings.accounts],
        database=settings.database_name,
    )
    await Server(gateway, drain_s=settings.drain_s).serve_on(sock)
