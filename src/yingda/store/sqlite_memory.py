"""The part of the SQLite store that keeps conversations for providers which keep none.

Knows which operation is a read; how either is carried out is `sqlite`'s.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from yingda.store import remembering
from yingda.store.memory_base import Remembered
from yingda.store.steps import Steps
from yingda.turn.model import Turn

T = TypeVar("T")


class SqliteMemory(ABC):
    """Implements `memory_base.MemoryStore`."""

    @abstractmethod
    async def _run(self, operation: Callable[[], Steps[T]]) -> T: ...

    @abstractmethod
    async def _read(self, operation: Callable[[], Steps[T]]) -> T: ...

    async def remembered(
        self, turn: Turn, *, with_itself: bool = False, limit_turns: int, limit_chars: int
    ) -> Remembered:
        return await self._read(
            lambda: remembering.remembered(
                turn, with_itself=with_itself, limit_turns=limit_turns, limit_chars=limit_chars
            )
        )

    async def keep_summary(self, conversation_id: int, summary: str, through: int) -> bool:
        return await self._run(lambda: remembering.keep_summary(conversation_id, summary, through))
