"""The HTTP server around the gateway, and its orderly end.

A first signal drains: pushes are still taken while running turns end. A second one leaves at
once; what was under way is found in the store at the next start.
"""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import Callable, Iterator

import structlog
import uvicorn

from yingda.app import Gateway
from yingda.cli.stopping import stopped
from yingda.clock import SystemClock
from yingda.errors import ConfigurationError

_log = structlog.get_logger()

#: Seconds that open attempts are given at the very end: one window, and a moment to be cut.
#: Our choice.
_CLOSE_LIMIT_S = 6
#: A proxy in front keeps idle connections for about a minute; if we closed first, it would send a
#: push into a closed one. Our choice, above nginx's default of 60 s.
_KEEP_ALIVE_S = 75
#: Connections the system may queue before we take them: a burst after a pause. Our choice.
_BACKLOG = 4096
#: How often the `Date` header is renewed, which counts seconds (RFC 9110, section 6.6.1). uvicorn's
#: own loop wakes an idle process ten times as often.
_TICK_S = 1.0


class Server(uvicorn.Server):
    """uvicorn, but for the signals: they are ours."""

    def __init__(self, gateway: Gateway, *, drain_s: float) -> None:
        super().__init__(
            uvicorn.Config(
                gateway.application,
                http="httptools",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=_CLOSE_LIMIT_S,
            )
        )
        self._gateway = gateway
        self._drain_s = drain_s
        self._stopping = asyncio.Event()
        self._clock = SystemClock()
        self._draining: asyncio.Task[None] | None = None

    async def main_loop(self) -> None:
        """Until told to stop: what uvicorn looks up ten times a second is said to us here."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with self._clock.timeout(_TICK_S):
                    await self._stopping.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing more: what the start takes over must not be cut, so `Stop` came before."""
        yield

    def begin_stop(self) -> None:
        """Drain, then stop; called again, stop at once."""
        if self._draining is None:
            _log.info("draining", at_most_s=self._drain_s)
            self._draining = asyncio.ensure_future(self._drain())
        else:
            self._draining.cancel()
            self.force_exit = True
            self._leave()

    async def serve_on(self, sock: socket.socket) -> None:
        """Serve a gateway that was started until told to stop, and let go of everything."""
        try:
            await self.serve(sockets=[sock])
        finally:
            await stopped(self._gateway, self._clock)

    async def _drain(self) -> None:
        await self._gateway.drain(self._drain_s)
        self._leave()

    def _leave(self) -> None:
        self.should_exit = True
        self._stopping.set()


class Stop:
    """SIGTERM and Ctrl-C, kept while nobody can do as they ask."""

    def __init__(self) -> None:
        self._told = asyncio.Event()
        self._count = 0
        self._begin: Callable[[], None] | None = None

    @contextlib.contextmanager
    def heard(self) -> Iterator[None]:
        """Have them heard while the block lasts."""
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, self._tell)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    def hand_on(self, begin: Callable[[], None]) -> None:
        """Call this for each from now on, and for those that were kept."""
        self._begin = begin
        for _ in range(self._count):
            begin()

    async def told(self) -> None:
        """Wait for one."""
        await self._told.wait()

    def forget(self) -> None:
        """What was told is done; wait for the next."""
        self._told.clear()

    def _tell(self) -> None:
        self._count += 1
        self._told.set()
        if self._begin is not None:
            self._begin()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ConfigurationError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        # From here on a connection waits for us instead of being refused.
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise ConfigurationError(_refusal(host, port, error)) from error
    return sock


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{host}:{port} is in use: stop the other program, or choose another --port"
    if error.errno == errno.EACCES:
        return f"port {port} is for the administrator: choose one above 1023, with a proxy in front"
    return f"{host} is no address of this machine: choose another --host, such as 127.0.0.1"
