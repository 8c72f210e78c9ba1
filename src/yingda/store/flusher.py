"""The one thread on which the store waits: for the disk's flush, and for a lock on the file.

Knows no statement. It logs nothing, for a log that cannot be written must not end it.
"""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable

#: Work, who is told what it raised, and the loop that they are told on.
_Errand = tuple[
    Callable[[], None], Callable[[BaseException | None], None], asyncio.AbstractEventLoop
]


class Flusher:
    """Does one thing after the other, away from the event loop."""

    def __init__(self) -> None:
        self._errands: queue.SimpleQueue[_Errand | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="yingda-store", daemon=True)
        self._thread.start()

    def send(
        self,
        work: Callable[[], None],
        then: Callable[[BaseException | None], None],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """Do `work` on the thread, then call `then` on the loop with what it raised, or None."""
        self._errands.put((work, then, loop))

    async def close(self) -> None:
        """Finish what was sent, and end the thread."""
        self._errands.put(None)
        await asyncio.get_running_loop().run_in_executor(None, self._thread.join)

    def _work(self) -> None:
        while (errand := self._errands.get()) is not None:
            work, then, loop = errand
            raised: BaseException | None = None
            try:
                work()
            # Without the thread every later caller would wait for ever, so nothing may end it.
            except BaseException as error:  # noqa: BLE001
                raised = error
            # A closed loop refuses: nobody waits there any more, and the work itself is done.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(then, raised)
