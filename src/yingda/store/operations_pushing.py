"""The part of the stores' operations that accounts need which may push.

Knows which operation is a read and what the others lock; `operations` tells more.
"""

from yingda.store import locks, pushing, quotas
from yingda.store.carrier import Carrier
from yingda.store.push_base import (
    Grant,
    NewPart,
    PartFate,
    PushLook,
    PushRight,
    Quota,
)
from yingda.turn.model import PushEnd


class PushingOperations(Carrier):
    """Implements `push_base.PushStore`."""

    async def push_right(self, account: str) -> PushRight | None:
        return await self._read(lambda: quotas.push_right(account))

    async def keep_push_right(self, account: str, right: PushRight) -> None:
        await self._run(lambda: quotas.keep_push_right(account, right), locks.FREE)

    async def grant_quota(self, grant: Grant) -> None:
        await self._run(
            lambda: quotas.grant_quota(grant), locks.follower(grant.account, grant.openid)
        )

    async def quota(self, account: str, openid: str) -> Quota | None:
        return await self._read(lambda: quotas.quota(account, openid))

    async def next_pushed(self, account: str, openid: str) -> int | None:
        return await self._read(lambda: pushing.next_pushed(account, openid))

    async def push_look(self, turn_id: int) -> PushLook:
        return await self._read(lambda: pushing.push_look(turn_id))

    async def choose_part(self, new: NewPart) -> int | None:
        return await self._run(
            lambda: pushing.choose_part(new), locks.follower_of_turn(new.turn_id)
        )

    async def settle_part(
        self, part_id: int, fate: PartFate, *, gives_back: bool = False, empties: bool = False
    ) -> None:
        await self._run(
            lambda: pushing.settle_part(part_id, fate, gives_back=gives_back, empties=empties),
            locks.follower_of_part(part_id),
        )

    async def tell_instead(self, turn_id: int, at: float) -> bool:
        return await self._run(
            lambda: pushing.tell_instead(turn_id, at), locks.follower_of_turn(turn_id)
        )

    async def end_push(self, turn_id: int, end: PushEnd) -> None:
        await self._run(lambda: quotas.end_push(turn_id, end), locks.FREE)

    async def end_pushes(self, account: str, openid: str, end: PushEnd) -> None:
        await self._run(
            lambda: quotas.end_pushes(account, openid, end), locks.follower(account, openid)
        )
