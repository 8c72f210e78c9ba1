"""The part of a store's operations that processes need which share a database.

Knows which operation is a read and what the others lock; `operations` tells more.
"""

from yingda.store import locks, presence, reading
from yingda.store.carrier import Carrier
from yingda.store.presence_base import Left, Round


class PresenceOperations(Carrier):
    """Implements `presence_base.PresenceStore`, but for what is PostgreSQL's own."""

    async def beat(
        self, process_id: int, at: float, *, runs_turns: bool, forget_before: float
    ) -> None:
        await self._run(
            lambda: presence.beat(
                process_id, at, runs_turns=runs_turns, forget_before=forget_before
            ),
            locks.FREE,
        )

    async def has_worker(self, *, alive_since: float) -> bool:
        return await self._read(lambda: presence.has_worker(alive_since=alive_since))

    async def leave(self, process_id: int) -> None:
        await self._run(lambda: presence.leave(process_id), locks.FREE)

    async def take_round(self, asked: Round, process_id: int, *, alive_since: float) -> int:
        return await self._run(
            lambda: presence.take_round(asked, process_id, alive_since=alive_since),
            locks.follower(asked.account, asked.openid),
        )

    async def end_round(self, asked: Round, process_id: int) -> None:
        await self._run(lambda: presence.end_round(asked, process_id), locks.FREE)

    async def left(self, *, alive_since: float, chosen_before: float) -> Left:
        return await self._read(
            lambda: presence.left(alive_since=alive_since, chosen_before=chosen_before)
        )

    async def heads(self) -> tuple[tuple[int, str], ...]:
        return await self._read(reading.heads)
