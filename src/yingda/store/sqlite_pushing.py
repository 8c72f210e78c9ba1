"""The part of the SQLite store that accounts need which may push.

Knows which operation is a read; how either is carried out is `sqlite`'s.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from yingda.store import pushing, quotas
from yingda.store.push_base import (
    Grant,
    NewPart,
    PartFate,
    PushLook,
    PushRight,
    Quota,
)
from yingda.store.steps import Steps
from yingda.turn.model import PushEnd

T = TypeVar("T")


class SqlitePushing(ABC):
    """Implements `push_base.PushStore`."""

    @abstractmethod
    async def _run(self, operation: Callable[[], Steps[T]]) -> T: ...

    @abstractmethod
    async def _read(self, operation: Callable[[], Steps[T]]) -> T: ...

    async def push_right(self, account: str) -> PushRight | None:
        return await self._read(lambda: quotas.push_right(account))

    async def keep_push_right(self, account: str, right: PushRight) -> None:
        await self._run(lambda: quotas.keep_push_right(account, right))

    async def grant_quota(self, grant: Grant) -> None:
        await self._run(lambda: quotas.grant_quota(grant))

    async def quota(self, account: str, openid: str) -> Quota | None:
        return await self._read(lambda: quotas.quota(account, openid))

    async def next_pushed(self, account: str, openid: str) -> int | None:
        return await self._read(lambda: pushing.next_pushed(account, openid))

    async def push_look(self, turn_id: int) -> PushLook:
        return await self._read(lambda: pushing.push_look(turn_id))

    async def choose_part(self, new: NewPart) -> int | None:
        return await self._run(lambda: pushing.choose_part(new))

    async def settle_part(
        self, part_id: int, fate: PartFate, *, gives_back: bool = False, empties: bool = False
    ) -> None:
        await self._run(
            lambda: pushing.settle_part(part_id, fate, gives_back=gives_back, empties=empties)
        )

    async def tell_instead(self, turn_id: int, at: float) -> bool:
        return await self._run(lambda: pushing.tell_instead(turn_id, at))

    async def end_push(self, turn_id: int, end: PushEnd) -> None:
        await self._run(lambda: quotas.end_push(turn_id, end))

    async def end_pushes(self, account: str, openid: str, end: PushEnd) -> None:
        await self._run(lambda: quotas.end_pushes(account, openid, end))
