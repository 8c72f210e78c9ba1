"""Stores to test, by name, and short ways to say what happens to them."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec

from support.postgres import server
from yingda.errors import FailureKind
from yingda.store.base import ChosenReply, NewOffer, Store
from yingda.store.cost_base import Span, Usage, UsageKey
from yingda.store.entries import Effect, Entered, NewPush, NewQuestion, PushKind
from yingda.store.looking import Look, look
from yingda.store.postgres import open_postgres
from yingda.store.postgres_looking import look_at_postgres
from yingda.store.runs import Claim, Ended, Outcome
from yingda.store.snapshot_base import KeptSnapshot
from yingda.store.sqlite import open_sqlite
from yingda.store.wishes import NewErasure
from yingda.turn.model import Cursor

OPEN: dict[str, Callable[[Path], Awaitable[Store]]] = {
    "sqlite": lambda folder: open_sqlite(folder / "yingda.sqlite3"),
    "postgres": lambda folder: open_postgres(server().of_folder(folder)),
}

#: How another process looks at each, while a server has it.
LOOK: dict[str, Callable[[Path], AbstractContextManager[Look | None]]] = {
    "sqlite": lambda folder: look(folder / "yingda.sqlite3"),
    "postgres": lambda folder: look_at_postgres(server().of_folder(folder)),
}

SHOP, ANN = "shop", "o_ann"
NOON = 1_704_100_000.0


class Desk:
    """A store, its folder, and a follower who writes to it; `reopen` is a new process."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self._opened: Store | None = None

    @property
    def store(self) -> Store:
        assert self._opened is not None, "it is open"
        return self._opened

    async def open(self) -> None:
        self._opened = await OPEN[self.name](self.folder)

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()
        self._opened = None

    async def reopen(self) -> None:
        await self.close()
        await self.open()

    def sums(self, by: UsageKey, *spans: Span) -> tuple[Usage, ...]:
        """What `yingda usage` would find."""
        with LOOK[self.name](self.folder) as seen:
            assert seen is not None, "the store has made it"
            return seen.usage(by, spans)

    def settings_seen(self) -> tuple[bytes | None, tuple[KeptSnapshot, ...]]:
        """The key of the settings' fingerprints and what was kept, as `yingda doctor` sees it."""
        with LOOK[self.name](self.folder) as seen:
            assert seen is not None, "the store has made it"
            return seen.secret("fingerprint"), seen.snapshots()

    def spent(self, month: str, account: str = SHOP) -> Mapping[str, int]:
        """What the account's answers cost in this month."""
        with LOOK[self.name](self.folder) as seen:
            assert seen is not None, "the store has made it"
            return seen.spent_in(account, month)

    async def ask(
        self,
        key: str,
        *,
        account: str = SHOP,
        openid: str = ANN,
        at: float = NOON,
        limit: int = 3,
        provider: str = "dify",
    ) -> Entered:
        push = new_push(key, account=account, openid=openid, at=at)
        asked = question(key, provider=provider, limit=limit)
        return await self.store.enter_question(push, asked)

    async def ask_bound(
        self, key: str, *, openid: str = ANN, at: float = NOON, **bounds: Any
    ) -> Entered:
        """Ask under bounds of `NewQuestion`; the reply names the one that is reached."""
        asked = msgspec.structs.replace(question(key, limit=99), **bounds)
        return await self.store.enter_question(new_push(key, openid=openid, at=at), asked)

    async def pick_up(self, key: str, turn_id: int, kind: PushKind = PushKind.PICKUP) -> Entered:
        return await self.store.enter_pickup(new_push(key, kind=kind), turn_id)

    async def tell(self, key: str, effect: Effect = Effect.NONE) -> Entered:
        push = new_push(key, kind=PushKind.OTHER)
        return await self.store.enter_reply(push, b"told", effect)

    async def leave(self, key: str, *, due_at: float = NOON, openid: str = ANN) -> Entered:
        """Withdraw all, and have it erased from `due_at` on."""
        push = new_push(key, kind=PushKind.OTHER)
        erasure = NewErasure(openid=openid, due_at=due_at)
        return await self.store.enter_erasure(push, b"gone", erasure)

    async def claim(self, turn_id: int) -> Claim:
        claim = await self.store.claim(turn_id, NOON + 1)
        assert claim is not None, "the turn is there to be claimed"
        return claim

    async def end(
        self, turn_id: int, answer: str = "", failure: FailureKind | None = None
    ) -> Ended:
        """Claim the turn and end it."""
        claim = await self.claim(turn_id)
        outcome = Outcome(answer=answer or f"answer {turn_id}", failure=failure)
        ended = await self.store.finish(turn_id, claim.turn.run_no, outcome, NOON + 2)
        assert ended is not None, "the claim is fresh"
        return ended

    async def answered(self, key: str) -> Entered:
        """A question with its answer, of which nothing was offered."""
        entered = await self.ask(key)
        await self.end(turn_id_of(entered))
        return entered

    async def offer(
        self, push: Entered, start: int, end: int, *, completes: bool = False, again: bool = False
    ) -> bytes | None:
        """Choose a reply that carries this span of the push's turn."""
        turn_id = turn_id_of(push)
        turn = (await self.store.outlook(turn_id)).turn
        new = NewOffer(
            turn_id=turn_id,
            run_no=turn.run_no,
            start=Cursor(start),
            end=Cursor(end),
            completes=completes,
            is_again=again,
        )
        chosen = ChosenReply(reply=f"{start}-{end}".encode(), chosen_at=NOON + 3, offer=new)
        return await self.store.choose_reply(push.push_id, chosen)

    async def state_of(self, turn_id: int) -> tuple[int, int, bool]:
        """What was handed over of the turn's answer (characters, parts), and if it is unread."""
        turn = (await self.store.outlook(turn_id)).turn
        return turn.cursor.source_chars, turn.parts_offered, turn.is_unread


def turn_id_of(entered: Entered) -> int:
    assert entered.turn is not None, "the push belongs to a turn"
    return entered.turn.id


def new_push(
    key: str,
    *,
    account: str = SHOP,
    openid: str = ANN,
    at: float = NOON,
    kind: PushKind = PushKind.QUESTION,
) -> NewPush:
    return NewPush(
        account=account, openid=openid, key=key, kind=kind, created_at=at - 1, received_at=at
    )


def question(text: str, *, provider: str = "dify", limit: int = 3) -> NewQuestion:
    return NewQuestion(
        text=text,
        user="wx-pseudonym",
        provider=provider,
        queue_limit=limit,
        refuse=lambda refusal: f"{refusal.bound}: {refusal.open_turns}".encode(),
    )
