"""What is asked of others in the background, so that no reply ever waits for it.

Holds the latest answers, and asks again by the clock. Refuses to know whom it asks: it is handed
functions. Nothing here is kept over a restart.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from yingda.clock import Clock
from yingda.errors import YingdaError
from yingda.providers.capabilities import Opening
from yingda.wechat.api_base import Uploaded

_log = structlog.get_logger()

#: How soon to ask again after a failure. Our choice: long enough to be no burden to anybody.
AGAIN_AFTER_S = 300.0

Look = Callable[[], Awaitable[None]]


class Learnt:
    """The latest answers."""

    def __init__(self) -> None:
        #: Provider → how its app introduces itself.
        self.openings: dict[str, Opening] = {}
        #: Account → whether WeChat shows a menu of it; no entry while nobody knows.
        self.menus: dict[str, bool] = {}
        #: Accounts whose menu is asked for, so that the answer may change.
        self.asks_for_menu: set[str] = set()
        #: Account and file → its latest upload.
        self.uploads: dict[tuple[str, str], Uploaded] = {}


class Rounds:
    """Asks each at the start, and again after its span."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._looks: list[tuple[str, float, Look]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def add(self, name: str, every_s: float, look: Look) -> None:
        """Let this be asked; `name` stands in the log when it fails with a YingdaError."""
        self._looks.append((name, every_s, look))

    def start(self) -> None:
        """Begin; nobody waits for the answers."""
        self._tasks = [asyncio.ensure_future(self._go(*each)) for each in self._looks]
        for task in self._tasks:
            task.add_done_callback(_log_end)

    async def close(self) -> None:
        """Ask no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _go(self, name: str, every_s: float, look: Look) -> None:
        while True:
            wait_s = every_s
            try:
                await look()
            except YingdaError as error:
                _log.warning("lookup_failed", lookup=name, error=str(error))
                wait_s = min(every_s, AGAIN_AFTER_S)
            await self._clock.sleep(wait_s)


def _log_end(task: "asyncio.Task[None]") -> None:
    """Rounds never end by themselves, so an end is a mistake of ours."""
    if not task.cancelled() and (error := task.exception()):
        _log.error("lookup_broke", exc_info=error)
