"""What can be seen of a run only while it goes on: doubts that pass, and how turns ended.

Knows the rows of `offer` and `turn`. Judges nothing.
"""

import asyncio
import contextlib
import time

from chaos.database import Ask
from chaos.evidence import Ending, rows

#: How often it looks. Our choice: a doubt that a repeat may settle lasts longer.
_EVERY_S = 0.2
#: A part is on its way for less, so that whoever chose it is gone. Our choice: a message takes
#: 0.6 s at most here.
_GONE_AFTER_S = 1.0
#: A run that takes longer to come to rest hangs.
_REST_LIMIT_S = 180.0
_PENDING = "SELECT count(*) FROM turn WHERE state IN ('queued', 'running') OR is_pushed = 1"


class Watch:
    """Looks again and again, from `begin` to `end`."""

    def __init__(self, ask: Ask) -> None:
        self.doubted: set[int] = set()
        self.endings: dict[int, Ending] = {}
        self._ask = ask
        #: Offers that are chosen, and since when (monotonic seconds).
        self._chosen_s: dict[int, float] = {}
        self._looking: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Look from now on."""
        self._looking = asyncio.ensure_future(self._look_on())

    async def end(self) -> None:
        """Look no more; raises what went wrong."""
        assert self._looking is not None
        self._looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._looking

    async def _look_on(self) -> None:
        while True:
            await self._note_doubts()
            await self._note_endings()
            await asyncio.sleep(_EVERY_S)

    async def _note_doubts(self) -> None:
        found = await self._ask("SELECT id, state FROM offer WHERE state IN ('chosen', 'doubtful')")
        self.doubted.update(number for number, state in found if state == "doubtful")
        now_s = time.monotonic()
        chosen = [number for number, state in found if state == "chosen"]
        self._chosen_s = {number: self._chosen_s.get(number, now_s) for number in chosen}
        self.doubted.update(
            number for number, since_s in self._chosen_s.items() if now_s > since_s + _GONE_AFTER_S
        )

    async def _note_endings(self) -> None:
        found = await self._ask("SELECT id FROM turn WHERE ended_at IS NOT NULL")
        new = {number for (number,) in found} - self.endings.keys()
        if new:
            which = f"id IN ({', '.join(map(str, new))})"
            self.endings |= {row.id: row for row in await rows(self._ask, "turn", Ending, which)}


async def at_rest(ask: Ask) -> None:
    """Wait until every turn has ended, and nothing more of it is sent."""
    async with asyncio.timeout(_REST_LIMIT_S):
        while (await ask(_PENDING))[0][0]:  # noqa: ASYNC110 - other processes do the work
            await asyncio.sleep(0.2)
