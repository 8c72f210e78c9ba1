"""The part of the SQLite store about pictures and recordings.

Knows which operation is a read; how either is carried out is `sqlite`'s.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from yingda.store import attaching, attachments
from yingda.store.entries import Entered, NewPush
from yingda.store.steps import Steps
from yingda.turn.model import Attachment

T = TypeVar("T")


class SqliteInputs(ABC):
    """Implements `input_base.InputStore`."""

    @abstractmethod
    async def _run(self, operation: Callable[[], Steps[T]]) -> T: ...

    @abstractmethod
    async def _read(self, operation: Callable[[], Steps[T]]) -> T: ...

    async def enter_picture(
        self, push: NewPush, picture: Attachment, *, since: float, reply: Callable[[int], bytes]
    ) -> Entered:
        return await self._run(lambda: attaching.enter_picture(push, picture, since, reply))

    async def recent_pictures(self, turn_id: int, *, turns: int) -> tuple[Attachment, ...]:
        return await self._read(lambda: attachments.recent_pictures(turn_id, turns))

    async def note_question(self, turn_id: int, run_no: int, text: str) -> None:
        await self._run(lambda: attaching.note_question(turn_id, run_no, text))
