"""The part of the stores' operations for what follows answers.

Knows which operation is a read and what the others lock; `operations` tells more.
"""

from yingda.store import enclosing, locks
from yingda.store.carrier import Carrier
from yingda.store.enclosure_base import Enclosure, KeptFile
from yingda.store.push_base import PartFate


class EnclosingOperations(Carrier):
    """Implements `enclosure_base.EnclosureStore`."""

    async def next_enclosure(self, account: str, openid: str, at: float) -> Enclosure | None:
        return await self._read(lambda: enclosing.next_enclosure(account, openid, at))

    async def keep_files(self, enclosure_id: int, files: tuple[KeptFile, ...]) -> None:
        await self._run(
            lambda: enclosing.keep_files(enclosure_id, files),
            locks.follower_of_enclosure(enclosure_id),
        )

    async def choose_enclosure(self, enclosure_id: int, at: float) -> bool:
        return await self._run(
            lambda: enclosing.choose_enclosure(enclosure_id, at),
            locks.follower_of_enclosure(enclosure_id),
        )

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
            ),
            locks.follower_of_enclosure(enclosure_id),
        )

    async def leave_enclosure(self, enclosure_id: int) -> None:
        await self._run(lambda: enclosing.leave_enclosure(enclosure_id), locks.FREE)
