"""The stores' operations: each one's statements, and what it locks, written once for all databases.

Knows which operation is a read, which has to see all that was submitted before it, and which lock
makes the others right; `locks` tells when none is needed. How a transaction is carried out is each
database's own.
"""

from collections.abc import Callable

from yingda.store import (
    choosing,
    entering,
    erasing,
    locks,
    patience,
    preferences,
    reading,
    replies,
    running,
    standing_in,
    stopping,
    tokens,
)
from yingda.store.admission import OpenTurns
from yingda.store.base import ChosenReply, NewHold, OfferedPart, Outlook, Recovered
from yingda.store.cost_base import Cost, Spent
from yingda.store.entries import Effect, Entered, NewPush, NewQuestion
from yingda.store.operations_enclosing import EnclosingOperations
from yingda.store.operations_inputs import InputsOperations
from yingda.store.operations_memory import MemoryOperations
from yingda.store.operations_pruning import PruningOperations
from yingda.store.operations_pushing import PushingOperations
from yingda.store.operations_reactions import ReactionsOperations
from yingda.store.operations_shared import SharedOperations
from yingda.store.runs import Claim, Ended, Outcome, RunIds, StandIn
from yingda.store.wishes import (
    Confirmation,
    Erased,
    NewErasure,
    NewForgetting,
    NewRetry,
    ProviderDeletion,
)
from yingda.turn.model import FollowerView, Turn
from yingda.wechat.api_base import KeptToken


class Operations(
    PushingOperations,
    MemoryOperations,
    InputsOperations,
    ReactionsOperations,
    EnclosingOperations,
    SharedOperations,
    PruningOperations,
):
    """Implements `store.base.Store`, but for `close` and `check_writable`."""

    def __init__(self) -> None:
        self._open_turns = OpenTurns()

    async def recover(self) -> Recovered:
        return await self._run(reading.recover, locks.RECOVERY)

    async def secret(self, name: str) -> bytes:
        return await self._run(lambda: reading.get_or_make_secret(name), locks.FREE)

    async def repeat(self, account: str, openid: str, key: str) -> Entered | None:
        return await self._run(lambda: entering.repeat(account, openid, key), locks.FREE)

    async def enter_question(self, push: NewPush, question: NewQuestion) -> Entered:
        return await self._run(
            lambda: entering.enter_question(push, question, self._open_turns), locks.pusher(push)
        )

    async def enter_pickup(self, push: NewPush, turn_id: int) -> Entered:
        return await self._run(lambda: entering.enter_pickup(push, turn_id), locks.pusher(push))

    async def enter_reply(self, push: NewPush, reply: bytes, effect: Effect) -> Entered:
        return await self._run(
            lambda: entering.enter_reply(push, reply, effect), locks.pusher(push)
        )

    async def enter_stop(
        self, push: NewPush, reply: Callable[[tuple[Turn, ...]], bytes]
    ) -> Entered:
        return await self._run(lambda: stopping.enter_stop(push, reply), locks.pusher(push))

    async def enter_retry(self, push: NewPush, question: NewQuestion, retry: NewRetry) -> Entered:
        return await self._run(
            lambda: stopping.enter_retry(push, question, retry, self._open_turns),
            locks.pusher(push),
        )

    async def enter_choice(self, push: NewPush, reply: bytes, provider: str) -> Entered:
        return await self._run(
            lambda: choosing.enter_choice(push, reply, provider), locks.pusher(push)
        )

    async def preference(self, account: str, openid: str) -> str | None:
        return await self._read(lambda: preferences.preference(account, openid))

    async def enter_erasure(self, push: NewPush, reply: bytes, erasure: NewErasure) -> Entered:
        return await self._run(
            lambda: erasing.enter_erasure(push, reply, erasure), locks.pusher(push, erasure.openid)
        )

    async def enter_forgetting(self, push: NewPush, forgetting: NewForgetting) -> Entered:
        return await self._run(
            lambda: erasing.enter_forgetting(push, forgetting), locks.pusher(push)
        )

    async def enter_confirmation(self, push: NewPush, confirmation: Confirmation) -> Entered | None:
        return await self._run(
            lambda: erasing.enter_confirmation(push, confirmation), locks.pusher(push)
        )

    async def keep_cut_run(
        self,
        turn_id: int,
        run_no: int,
        ids: RunIds,
        *,
        text: str,
        at: float,
        cost: Cost | None = None,
    ) -> tuple[Spent, ...]:
        return await self._run(
            lambda: stopping.keep_cut_run(turn_id, run_no, ids, text=text, at=at, cost=cost),
            locks.follower_of_turn(turn_id),
        )

    async def erase(self, at: float, *, accepting: bytes, provider_at: float) -> Erased | None:
        return await self._run(
            lambda: erasing.erase(at, accepting=accepting, provider_at=provider_at), locks.FREE
        )

    async def claim_deletions(
        self, at: float, *, lease_until: float, limit: int
    ) -> tuple[ProviderDeletion, ...]:
        return await self._run(
            lambda: erasing.claim_deletions(at, lease_until=lease_until, limit=limit), locks.FREE
        )

    async def settle_deletion(self, deletion_id: int, *, retry_at: float | None) -> None:
        await self._run(lambda: erasing.settle_deletion(deletion_id, retry_at=retry_at), locks.FREE)

    async def next_erasure_at(self) -> float | None:
        return await self._read(erasing.next_erasure_at)

    async def sweep(self, at: float) -> None:
        await self._run(lambda: erasing.sweep(at), locks.FREE)

    async def outlook(self, turn_id: int) -> Outlook:
        return await self._read(lambda: reading.outlook(turn_id))

    async def follower(self, account: str, openid: str) -> FollowerView:
        return await self._read(lambda: reading.follower(account, openid))

    async def numbered_turn(self, account: str, openid: str, number: int) -> Turn | None:
        return await self._read(lambda: reading.numbered_turn(account, openid, number))

    async def claim(self, turn_id: int, at: float) -> Claim | None:
        return await self._run(lambda: running.claim(turn_id, at), locks.follower_of_turn(turn_id))

    async def note_run(self, turn_id: int, run_no: int, ids: RunIds) -> None:
        await self._run(lambda: running.note_run(turn_id, run_no, ids), locks.FREE)

    async def stand_in(self, turn_id: int, run_no: int, stand_in: StandIn) -> None:
        await self._run(
            lambda: standing_in.stand_in(turn_id, run_no, stand_in), locks.follower_of_turn(turn_id)
        )

    async def begin_anew(self, turn_id: int, run_no: int) -> None:
        await self._run(
            lambda: running.begin_anew(turn_id, run_no), locks.follower_of_turn(turn_id)
        )

    async def offered_parts(self, turn_id: int) -> tuple[OfferedPart, ...]:
        return await self._read_all(lambda: replies.offered_parts(turn_id))

    async def latencies(self, provider: str, limit: int) -> tuple[float, ...]:
        return await self._read_all(lambda: patience.latencies(provider, limit))

    async def try_hold(self, new: NewHold) -> int | None:
        return await self._run(lambda: patience.try_hold(new), locks.patience(new.account))

    async def mark_read(self, turn: Turn) -> None:
        await self._run(lambda: replies.mark_read(turn), locks.FREE)

    async def finish(self, turn_id: int, run_no: int, outcome: Outcome, at: float) -> Ended | None:
        return await self._run(
            lambda: running.finish(turn_id, run_no, outcome, at), locks.follower_of_turn(turn_id)
        )

    async def choose_reply(self, push_id: int, chosen: ChosenReply) -> bytes | None:
        return await self._run(
            lambda: replies.choose_reply(push_id, chosen), locks.follower_of_push(push_id)
        )

    async def mark_sent(self, push_id: int) -> None:
        # Most replies offer nothing, and a look is cheaper than a transaction.
        if await self._read(lambda: replies.has_unsent(push_id)):
            await self._mark_sent(push_id)

    async def _mark_sent(self, push_id: int) -> None:
        await self._run(lambda: replies.mark_sent(push_id), locks.follower_of_push(push_id))

    async def mark_doubtful(self, push_id: int) -> None:
        await self._run(lambda: replies.mark_doubtful(push_id), locks.follower_of_push(push_id))

    async def kept_token(self, app_id: str) -> KeptToken | None:
        return await self._read_all(lambda: tokens.kept_token(app_id))

    async def lease_token(self, app_id: str, *, at: float, until: float) -> int | None:
        return await self._run(lambda: tokens.lease_token(app_id, at, until), locks.FREE)

    async def keep_token(self, app_id: str, lease: int, token: KeptToken) -> bool:
        return await self._run(lambda: tokens.keep_token(app_id, lease, token), locks.FREE)

    async def end_lease(self, app_id: str, lease: int) -> None:
        await self._run(lambda: tokens.end_lease(app_id, lease), locks.FREE)
