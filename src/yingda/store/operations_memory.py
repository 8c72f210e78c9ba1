"""The part of the stores' operations that keeps conversations for providers which keep none.

Knows which operation is a read and what the others lock; `operations` tells more.
"""

from yingda.store import locks, remembering
from yingda.store.carrier import Carrier
from yingda.store.memory_base import Remembered
from yingda.turn.model import Turn


class MemoryOperations(Carrier):
    """Implements `memory_base.MemoryStore`."""

    async def remembered(
        self, turn: Turn, *, with_itself: bool = False, limit_turns: int, limit_chars: int
    ) -> Remembered:
        return await self._read(
            lambda: remembering.remembered(
                turn, with_itself=with_itself, limit_turns=limit_turns, limit_chars=limit_chars
            )
        )

    async def keep_summary(self, conversation_id: int, summary: str, through: int) -> bool:
        return await self._run(
            lambda: remembering.keep_summary(conversation_id, summary, through), locks.FREE
        )
