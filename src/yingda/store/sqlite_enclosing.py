"""The part of the SQLite store for what follows answers.

Knows which operation is a read; how either is carried out is `sqlite`'s.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from yingda.store import enclosing
from yingda.store.enclosure_base import Enclosure, KeptFile
from yingda.store.push_base import PartFate
from yingda.store.steps import Steps

T = TypeVar("T")


class SqliteEnclosing(ABC):
    """Implements `enclosure_base.EnclosureStore`."""

    @abstractmethod
    async def _run(self, operation: Callable[[], Steps[T]]) -> T: ...

    @abstractmethod
    async def _read(self, operation: Callable[[], Steps[T]]) -> T: ...

    async def next_enclosure(self, account: str, openid: str, at: float) -> Enclosure | None:
        return await self._read(lambda: enclosing.next_enclosure(account, openid, at))

    async def keep_files(self, enclosure_id: int, files: tuple[KeptFile, ...]) -> None:
        await self._run(lambda: enclosing.keep_files(enclosure_id, files))

    async def choose_enclosure(self, enclosure_id: int, at: float) -> bool:
        return await self._run(lambda: enclosing.choose_enclosure(enclosure_id, at))

    async def settle_enclosure(
        self,
        enclosure_id: int,
        fate: PartFate,
        *,
        gives_back: bool = False,
        empties: bool = False,
        is_due: bool = False,
    ) -> None:
        await self._run(
            lambda: enclosing.settle_enclosure(
                enclosure_id, fate, gives_back=gives_back, empties=empties, is_due=is_due
            )
        )

    async def leave_enclosure(self, enclosure_id: int) -> None:
        await self._run(lambda: enclosing.leave_enclosure(enclosure_id))
