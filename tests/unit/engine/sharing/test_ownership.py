"""Who sends to whom, among processes on a real PostgreSQL."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from support.postgres import server
from support.stores import ANN, SHOP
from yingda.clock import VirtualClock
from yingda.engine.sharing.ownership import SharedOwner, SoleOwner, heard_rounds
from yingda.signals.base import Topic
from yingda.signals.quiet import QuietSignals
from yingda.store.postgres import PostgresStore, open_postgres
from yingda.store.presence_base import Round, RoundKind

ME, OTHER = 11, 12
PUSHES = Round(RoundKind.PUSH, SHOP, ANN)


class Said(QuietSignals):
    """What was told."""

    def __init__(self) -> None:
        self.bodies: list[str] = []

    def tell(self, topic: Topic, body: str) -> None:
        assert topic is Topic.FOLLOWER
        self.bodies.append(body)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[PostgresStore]:
    opened = await open_postgres(server().of_folder(tmp_path))
    yield opened
    await opened.close()


@pytest.fixture
def clock(store: PostgresStore) -> VirtualClock:
    clock = VirtualClock()
    clock.while_busy(lambda: store.is_busy)
    return clock


Owning = Callable[[int], tuple[SharedOwner, Said]]


@pytest.fixture
def owning(store: PostgresStore, clock: VirtualClock) -> Owning:
    def owner(process_id: int) -> tuple[SharedOwner, Said]:
        said = Said()
        return SharedOwner(RoundKind.PUSH, process_id, store, said, clock), said

    return owner


async def test_a_sole_process_has_every_round() -> None:
    owner = SoleOwner()
    assert await owner.take(SHOP, ANN)
    await owner.end(SHOP, ANN)


async def test_one_of_two_has_the_round_and_is_told_that_the_other_one_wanted_it(
    store: PostgresStore, clock: VirtualClock, owning: Owning
) -> None:
    await store.beat(ME, clock.now(), runs_turns=True, forget_before=0.0)
    mine, my_signals = owning(ME)
    theirs, their_signals = owning(OTHER)
    assert await mine.take(SHOP, ANN)
    assert not await theirs.take(SHOP, ANN)
    assert my_signals.bodies == []
    (body,) = their_signals.bodies
    begun: list[Round] = []
    heard_rounds(OTHER, begun.append)(body)
    assert begun == []
    heard_rounds(ME, begun.append)(body)
    assert begun == [PUSHES]


async def test_who_was_taken_for_dead_finds_out_before_he_goes_on_for_long(
    store: PostgresStore, clock: VirtualClock, owning: Owning
) -> None:
    await store.beat(ME, clock.now(), runs_turns=True, forget_before=0.0)
    mine, _ = owning(ME)
    theirs, _ = owning(OTHER)
    assert await mine.take(SHOP, ANN)
    await clock.advance(7)
    await store.beat(OTHER, clock.now(), runs_turns=True, forget_before=0.0)
    assert await theirs.take(SHOP, ANN)
    await store.beat(ME, clock.now(), runs_turns=True, forget_before=0.0)
    assert not await mine.take(SHOP, ANN)


async def test_a_round_is_not_asked_for_again_at_once(
    store: PostgresStore, clock: VirtualClock, owning: Owning
) -> None:
    mine, _ = owning(ME)
    assert await mine.take(SHOP, ANN)
    await store.end_round(PUSHES, ME)
    assert await mine.take(SHOP, ANN)
    assert await store.take_round(PUSHES, OTHER, alive_since=0.0) == OTHER
    await store.beat(OTHER, clock.now(), runs_turns=True, forget_before=0.0)
    await clock.advance(3)
    assert not await mine.take(SHOP, ANN)


async def test_a_round_that_has_ended_is_anybodys(
    store: PostgresStore, clock: VirtualClock, owning: Owning
) -> None:
    await store.beat(ME, clock.now(), runs_turns=True, forget_before=0.0)
    mine, _ = owning(ME)
    theirs, _ = owning(OTHER)
    assert await mine.take(SHOP, ANN)
    await mine.end(SHOP, ANN)
    assert await theirs.take(SHOP, ANN)
