"""A process among the others, on a real PostgreSQL and a virtual clock."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from support.postgres import server
from support.stores import ANN, SHOP, new_push, question
from yingda.clock import AgreedClock, VirtualClock
from yingda.engine.sharing.presence import ADOPT_EVERY_S, Presence
from yingda.errors import StoreError
from yingda.store.base import ChosenReply
from yingda.store.postgres import PostgresStore, open_postgres
from yingda.store.presence_base import Round, RoundKind
from yingda.store.push_base import Grant
from yingda.store.steps import fetch

ME, OTHER = 11, 12


class Member:
    """One process, and what it was made to do."""

    def __init__(self, store: PostgresStore, process_id: int, off_s: float = 0.0) -> None:
        self.virtual = VirtualClock()
        self.virtual.while_busy(lambda: store.is_busy)
        self.clock = AgreedClock(self.virtual)
        self.clock.agree(self.virtual.now() + off_s)
        self.store = store
        self.begun: list[Round] = []
        self.adopted: list[Sequence[tuple[int, str]]] = []
        self.doubted: list[int] = []
        self.is_refused = False
        self.presence = Presence(
            process_id,
            self,
            self.clock,
            runs_turns=False,
            begin=self.begun.append,
            adopt=self.adopt,
            doubt=self.doubt,
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    async def beat(
        self, process_id: int, at: float, *, runs_turns: bool, forget_before: float
    ) -> None:
        if self.is_refused:
            raise StoreError("refused")
        await self.store.beat(process_id, at, runs_turns=runs_turns, forget_before=forget_before)

    async def adopt(self, heads: Sequence[tuple[int, str]]) -> int:
        self.adopted.append(heads)
        return 0

    async def doubt(self, push_id: int) -> None:
        self.doubted.append(push_id)

    async def start(self) -> None:
        await self.virtual.run(self.presence.start())

    async def seen(self) -> dict[int, float]:
        rows = await self.store._read(_seen)
        return dict(rows)

    async def pushes(self) -> Round:
        """A turn of a follower is to be sent by itself; whose round that is."""
        at = self.clock.now()
        grant = Grant(account=SHOP, openid=ANN, key="1", count=5, at=at, until=at + 3600)
        push = msgspec.structs.replace(new_push("1", at=at), grant=grant)
        entered = await self.store.enter_question(push, question("1"))
        assert entered.turn is not None
        accepted = ChosenReply(reply=b"success", chosen_at=at, pushes=entered.turn.id)
        await self.store.choose_reply(entered.push_id, accepted)
        return Round(RoundKind.PUSH, SHOP, ANN)


def _seen() -> Any:
    return (yield from fetch("SELECT id, seen_at FROM process"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[PostgresStore]:
    opened = await open_postgres(server().of_folder(tmp_path))
    yield opened
    await opened.close()


@pytest.fixture
async def me(store: PostgresStore) -> AsyncIterator[Member]:
    member = Member(store, ME)
    yield member
    await member.virtual.run(member.presence.close())


async def test_a_process_takes_the_databases_time_and_says_how_far_its_clock_is_off(
    me: Member,
) -> None:
    with capture_logs() as logs:
        await me.start()
    assert [line["event"] for line in logs] == ["clock_differs"]
    assert abs(me.clock.now() - await me.store.time()) < 5
    assert abs((await me.seen())[ME] - await me.store.time()) < 5


async def test_a_process_is_seen_again_and_again_and_gone_after_its_close(me: Member) -> None:
    await me.start()
    await me.store.beat(ME, 1.0, runs_turns=True, forget_before=0.0)
    await me.virtual.advance(3)
    assert (await me.seen())[ME] > 1.0
    await me.virtual.run(me.presence.close())
    assert await me.seen() == {}


async def test_what_a_dead_process_was_at_is_begun_here(me: Member) -> None:
    await me.start()
    asked = await me.pushes()
    now = me.clock.now()
    await me.store.beat(OTHER, now - 7, runs_turns=True, forget_before=0.0)
    await me.store.take_round(asked, OTHER, alive_since=now - 6)
    await me.virtual.advance(5)
    assert me.begun == []
    await me.virtual.advance(4)
    assert me.begun
    assert set(me.begun) == {asked}


async def test_what_a_process_does_that_lives_is_left_to_it(me: Member) -> None:
    await me.start()
    asked = await me.pushes()
    await me.store.beat(OTHER, me.clock.now() + 60, runs_turns=True, forget_before=0.0)
    await me.store.take_round(asked, OTHER, alive_since=me.clock.now())
    await me.virtual.advance(20)
    assert me.begun == []


async def test_nothing_is_taken_over_while_nobody_could_say_that_he_lives(me: Member) -> None:
    await me.start()
    await me.virtual.advance(10)
    asked = await me.pushes()
    me.is_refused = True
    with capture_logs() as logs:
        await me.virtual.advance(10)
    assert [line["event"] for line in logs] == ["beat_missed"]
    assert me.begun == []
    me.is_refused = False
    await me.virtual.advance(5)
    assert me.begun == []
    await me.virtual.advance(5)
    assert set(me.begun) == {asked}


async def test_turns_without_a_job_are_looked_for_now_and_then(me: Member) -> None:
    entered = await me.store.enter_question(new_push("1"), question("1"))
    assert entered.turn is not None
    await me.start()
    await me.virtual.advance(1)
    assert me.adopted == [((entered.turn.id, "dify"),)]
    await me.virtual.advance(ADOPT_EVERY_S + 3)
    assert len(me.adopted) == 2


async def test_it_is_said_once_when_nobody_runs_turns(me: Member) -> None:
    await me.start()
    await me.store.beat(OTHER, me.clock.now(), runs_turns=True, forget_before=0.0)
    with capture_logs() as logs:
        await me.virtual.advance(10)
        await me.store.leave(OTHER)
        await me.virtual.advance(28)
        assert logs == []
        await me.virtual.advance(30)
    assert [line["event"] for line in logs] == ["no_worker"]
