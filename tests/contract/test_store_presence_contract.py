"""What a database that several processes share keeps to, beside the store's contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from support.stores import ANN, NOON, SHOP, Desk, new_push, question
from yingda.store.base import ChosenReply, NewOffer
from yingda.store.postgres import PostgresStore
from yingda.store.presence_base import Left, Round, RoundKind
from yingda.store.push_base import Grant, NewPart
from yingda.turn.model import Cursor

ME, OTHER = 11, 2**62 - 1
PUSHES = Round(RoundKind.PUSH, SHOP, ANN)
FILES = Round(RoundKind.ENCLOSURE, SHOP, ANN)


class Shared(Desk):
    """A store that several processes share."""

    @property
    def store(self) -> PostgresStore:
        assert isinstance(self._opened, PostgresStore)
        return self._opened

    async def take(self, process_id: int, asked: Round = PUSHES, at: float = NOON) -> int:
        return await self.store.take_round(asked, process_id, alive_since=at - 6)

    async def beat(self, process_id: int, at: float = NOON) -> None:
        await self.store.beat(process_id, at, runs_turns=False, forget_before=at - 3600)

    async def left(self, at: float = NOON) -> Left:
        return await self.store.left(alive_since=at - 6, chosen_before=at - 20)


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[Shared]:
    desk = Shared("postgres", tmp_path)
    await desk.open()
    yield desk
    await desk.close()


async def test_the_databases_time_goes_on(shared: Shared) -> None:
    first = await shared.store.time()
    assert first > NOON
    assert await shared.store.time() > first


async def test_a_round_belongs_to_the_one_who_lives_and_took_it_first(shared: Shared) -> None:
    await shared.beat(ME)
    await shared.beat(OTHER)
    assert await shared.take(ME) == ME
    assert await shared.take(OTHER) == ME
    assert await shared.take(ME) == ME
    assert await shared.take(OTHER, FILES) == OTHER


async def test_a_round_that_has_ended_is_anybodys(shared: Shared) -> None:
    await shared.beat(ME)
    assert await shared.take(ME) == ME
    await shared.store.end_round(PUSHES, OTHER)
    assert await shared.take(OTHER) == ME
    await shared.store.end_round(PUSHES, ME)
    assert await shared.take(OTHER) == OTHER


async def test_a_round_of_a_dead_process_is_taken_over_and_not_given_back(shared: Shared) -> None:
    await shared.beat(ME)
    assert await shared.take(ME) == ME
    await shared.beat(OTHER, NOON + 7)
    assert await shared.take(OTHER, at=NOON + 7) == OTHER
    await shared.beat(ME, NOON + 8)
    assert await shared.take(ME, at=NOON + 8) == OTHER


async def test_a_process_that_leaves_in_order_leaves_its_rounds_at_once(shared: Shared) -> None:
    await shared.beat(ME)
    await shared.take(ME)
    await shared.store.leave(ME)
    assert await shared.take(OTHER) == OTHER


async def test_processes_that_are_long_gone_are_forgotten(shared: Shared) -> None:
    await shared.beat(ME, NOON - 4000)
    await shared.beat(OTHER)
    assert await shared.take(ME, at=NOON - 4000) == ME
    assert await shared.take(OTHER, at=NOON - 4000) == OTHER


async def test_a_worker_lives_as_long_as_it_says_so(shared: Shared) -> None:
    await shared.beat(ME)
    assert not await shared.store.has_worker(alive_since=NOON - 6)
    await shared.store.beat(OTHER, NOON, runs_turns=True, forget_before=0.0)
    assert await shared.store.has_worker(alive_since=NOON - 6)
    assert not await shared.store.has_worker(alive_since=NOON + 1)


async def test_pushes_that_nobody_sends_are_found_until_somebody_does(shared: Shared) -> None:
    turn_id = await pushed(shared)
    assert (await shared.left()).rounds == (PUSHES,)
    await shared.beat(ME)
    await shared.take(ME)
    assert not await shared.left()
    assert (await shared.left(NOON + 7)).rounds == (PUSHES,)
    assert turn_id > 0


async def test_whoever_takes_a_round_over_has_the_part_under_way_in_doubt(shared: Shared) -> None:
    turn_id = await pushed(shared)
    await shared.beat(ME)
    await shared.take(ME)
    part_id = await shared.store.choose_part(part_of(turn_id))
    assert part_id is not None
    await shared.take(ME)
    assert (await shared.store.push_look(turn_id)).in_doubt is None
    await shared.beat(OTHER, NOON + 7)
    await shared.take(OTHER, at=NOON + 7)
    in_doubt = (await shared.store.push_look(turn_id)).in_doubt
    assert in_doubt is not None
    assert in_doubt.end == Cursor(5, 0)


async def test_a_reply_that_nobody_saw_sent_is_found_once_it_is_old(shared: Shared) -> None:
    entered = await shared.ask("1")
    assert entered.turn is not None
    ended = await shared.end(entered.turn.id, "whole")
    offer = NewOffer(
        turn_id=ended.turn.id,
        run_no=ended.turn.run_no,
        start=Cursor(),
        end=Cursor(5, 0),
        completes=True,
    )
    chosen = ChosenReply(reply=b"whole", chosen_at=NOON, offer=offer)
    await shared.store.choose_reply(entered.push_id, chosen)
    assert not await shared.left(NOON + 19)
    assert (await shared.left(NOON + 21)).replies == (entered.push_id,)
    await shared.store.mark_doubtful(entered.push_id)
    assert not await shared.left(NOON + 21)


async def test_the_heads_of_conversations_are_told_with_their_providers(shared: Shared) -> None:
    first = await shared.ask("1")
    await shared.ask("2")
    other = await shared.ask("3", openid="o_bob", provider="echo")
    assert first.turn is not None
    assert other.turn is not None
    heads = await shared.store.heads()
    assert heads == ((first.turn.id, "dify"), (other.turn.id, "echo"))


async def pushed(shared: Shared) -> int:
    """A turn that was answered and whose parts are to be sent."""
    grant = Grant(account=SHOP, openid=ANN, key="1", count=5, at=NOON, until=NOON + 3600)
    push = msgspec.structs.replace(new_push("1"), grant=grant)
    entered = await shared.store.enter_question(push, question("1"))
    assert entered.turn is not None
    accepted = ChosenReply(reply=b"success", chosen_at=NOON, pushes=entered.turn.id)
    assert await shared.store.choose_reply(entered.push_id, accepted) == b"success"
    await shared.end(entered.turn.id, "whole")
    return entered.turn.id


def part_of(turn_id: int) -> NewPart:
    return NewPart(
        turn_id=turn_id,
        run_no=1,
        revision=0,
        start=Cursor(),
        end=Cursor(5, 0),
        completes=True,
        shown=None,
        is_live=False,
        chosen_at=NOON + 3,
    )
