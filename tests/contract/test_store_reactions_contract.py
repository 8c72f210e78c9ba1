"""What every store keeps of suggestions and ratings; see `test_store_contract`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.stores import ANN, NOON, OPEN, SHOP, Desk, new_push, turn_id_of
from yingda.errors import FailureKind
from yingda.providers.capabilities import Rating
from yingda.store.entries import Entered, PushKind
from yingda.store.push_base import Grant, Quota
from yingda.store.reaction_base import DueRating, NewRating
from yingda.store.runs import Ended, Outcome, RunIds
from yingda.turn.model import Turn

LIKE, DISLIKE = Rating.LIKE, Rating.DISLIKE
LATER = NOON + 10
QUESTIONS = ("还有呢？", "为什么？")


class Reacting(Desk):
    """A desk whose follower thinks something of answers."""

    async def ended(self, key: str) -> Ended:
        """An answer with a name at its provider."""
        turn_id = turn_id_of(await self.ask(key))
        claim = await self.claim(turn_id)
        ids = RunIds(message_id=f"message-{key}", provider="other")
        outcome = Outcome(answer=f"answer {key}", ids=ids)
        ended = await self.store.finish(turn_id, claim.turn.run_no, outcome, NOON + 2)
        assert ended is not None
        return ended

    async def shown(self, key: str) -> Turn:
        """The same, handed over whole."""
        ended = await self.ended(key)
        await self.show(f"{key}-show", ended.turn.id)
        return ended.turn

    async def show(self, key: str, turn_id: int, kind: PushKind = PushKind.PICKUP) -> None:
        push = await self.pick_up(key, turn_id, kind)
        again = kind is PushKind.AGAIN
        assert await self.offer(push, 0, 9, completes=True, again=again) is not None

    async def rate(
        self, key: str, rating: Rating = LIKE, number: int | None = None, at: float = LATER
    ) -> Entered:
        new = NewRating(
            rating=rating,
            number=number,
            reply=lambda turn: f"{rating.value} {turn.number}".encode(),
            nothing=b"nothing",
        )
        push = new_push(key, kind=PushKind.OTHER, at=at)
        return await self.store.enter_rating(push, new)

    async def due(self, at: float = LATER) -> tuple[DueRating, ...]:
        return await self.store.claim_ratings(at, lease_until=at + 120, limit=8)

    async def granted(self, count: int) -> None:
        grant = Grant(
            account=SHOP, openid=ANN, key=f"g:{count}", count=count, at=NOON, until=NOON + 3600
        )
        await self.store.grant_quota(grant)

    async def left(self) -> int:
        quota = await self.store.quota(SHOP, ANN)
        assert isinstance(quota, Quota)
        return quota.left

    async def suggested(self, turn: Turn) -> Turn | None:
        return await self.store.keep_suggestions(turn.id, turn.run_no, QUESTIONS)


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Reacting]:
    opened = Reacting(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def test_the_end_of_a_turn_tells_what_the_provider_calls_the_answer(desk: Reacting) -> None:
    assert (await desk.ended("a")).message_id == "message-a"
    turn_id = turn_id_of(await desk.ask("b"))
    assert (await desk.end(turn_id)).message_id is None


async def test_suggestions_are_kept_with_their_turn(desk: Reacting) -> None:
    ended = await desk.ended("a")
    kept = await desk.suggested(ended.turn)
    assert kept is not None
    assert (kept.suggestions, kept.is_unread) == (QUESTIONS, True)
    await desk.reopen()
    assert (await desk.store.outlook(ended.turn.id)).turn.suggestions == QUESTIONS


async def test_suggestions_are_kept_once_and_of_the_run_that_answered(desk: Reacting) -> None:
    turn = (await desk.ended("a")).turn
    assert await desk.store.keep_suggestions(turn.id, turn.run_no + 1, QUESTIONS) is None
    assert await desk.suggested(turn) is not None
    assert await desk.store.keep_suggestions(turn.id, turn.run_no, ("anders",)) is None
    assert (await desk.store.outlook(turn.id)).turn.suggestions == QUESTIONS


async def test_a_turn_that_failed_or_was_withdrawn_keeps_no_suggestions(desk: Reacting) -> None:
    failed = await desk.end(turn_id_of(await desk.ask("a")), "half", FailureKind.INCOMPLETE)
    assert await desk.suggested(failed.turn) is None
    gone = await desk.ended("b")
    await desk.leave("leave")
    assert await desk.suggested(gone.turn) is None


async def test_an_erasure_takes_suggestions_and_ratings(desk: Reacting) -> None:
    turn = await desk.shown("a")
    await desk.suggested(turn)
    await desk.rate("r")
    await desk.leave("leave", due_at=LATER)
    assert await desk.due() == ()
    assert await desk.store.next_rating_at() is None
    await desk.store.erase(LATER, accepting=b"success", provider_at=LATER)
    assert (await desk.store.outlook(turn.id)).turn.suggestions == ()
    assert (await desk.rate("again", number=1)).reply == b"nothing"


@pytest.mark.parametrize(("left", "is_spent"), [(2, False), (3, True), (5, True)])
async def test_a_message_is_spent_on_suggestions_where_enough_are_left(
    desk: Reacting, left: int, *, is_spent: bool
) -> None:
    turn = await desk.shown("a")
    await desk.suggested(turn)
    await desk.granted(left)
    assert await desk.store.spend_on_suggestions(turn.id, LATER, keeps=2) is is_spent
    assert await desk.left() == left - is_spent


async def test_no_message_is_spent_once_its_time_is_over(desk: Reacting) -> None:
    turn = await desk.shown("a")
    await desk.suggested(turn)
    assert not await desk.store.spend_on_suggestions(turn.id, LATER, keeps=2)
    await desk.granted(5)
    assert not await desk.store.spend_on_suggestions(turn.id, NOON + 3600, keeps=2)


async def test_no_message_is_spent_before_the_answer_is_shown_whole(desk: Reacting) -> None:
    turn = (await desk.ended("a")).turn
    await desk.granted(5)
    await desk.suggested(turn)
    assert not await desk.store.spend_on_suggestions(turn.id, LATER, keeps=2)
    await desk.show("show", turn.id)
    assert await desk.store.spend_on_suggestions(turn.id, LATER, keeps=2)


async def test_no_message_is_spent_without_suggestions_or_after_a_newer_question(
    desk: Reacting,
) -> None:
    turn = await desk.shown("a")
    await desk.granted(5)
    assert not await desk.store.spend_on_suggestions(turn.id, LATER, keeps=2)
    await desk.suggested(turn)
    await desk.ask("b")
    assert not await desk.store.spend_on_suggestions(turn.id, LATER, keeps=2)
    assert await desk.left() == 5


async def test_a_message_that_failed_is_given_back_or_empties_the_quota(desk: Reacting) -> None:
    await desk.granted(5)
    await desk.store.settle_message(SHOP, ANN, spent_at=LATER, gives_back=True)
    assert await desk.left() == 6
    await desk.store.settle_message(SHOP, ANN, spent_at=LATER)
    assert await desk.left() == 6
    await desk.store.settle_message(SHOP, ANN, spent_at=LATER, empties=True)
    assert await desk.left() == 0


@pytest.mark.parametrize(("gives_back", "left"), [(1, 5), (0, 4)])
async def test_a_message_is_charged_to_what_the_follower_brought_while_it_was_sent(
    gives_back: int, left: int, desk: Reacting
) -> None:
    await desk.granted(5)
    await desk.store.settle_message(SHOP, ANN, spent_at=NOON - 1, gives_back=bool(gives_back))
    assert await desk.left() == left


async def test_the_answer_that_was_shown_last_is_rated(desk: Reacting) -> None:
    first, second = await desk.shown("a"), await desk.shown("b")
    assert (await desk.rate("r1")).reply == b"like 2"
    await desk.show("again", first.id, PushKind.AGAIN)
    entered = await desk.rate("r2", DISLIKE)
    assert entered.reply == b"dislike 1"
    assert entered.turn is not None
    assert entered.turn.id == first.id
    due = {each.turn_id: each.rating for each in await desk.due()}
    assert due == {second.id: LIKE, first.id: DISLIKE}


async def test_a_numbered_answer_is_rated(desk: Reacting) -> None:
    await desk.shown("a")
    await desk.shown("b")
    assert (await desk.rate("r", number=1)).reply == b"like 1"


async def test_what_was_not_shown_not_answered_or_is_of_others_is_not_rated(
    desk: Reacting,
) -> None:
    assert (await desk.rate("r0")).reply == b"nothing"
    await desk.ended("unread")
    assert (await desk.rate("r1")).reply == b"nothing"
    assert (await desk.rate("r2", number=1)).reply == b"nothing"
    failed = await desk.end(turn_id_of(await desk.ask("b")), "half", FailureKind.INCOMPLETE)
    await desk.show("show", failed.turn.id)
    assert (await desk.rate("r3", number=2)).reply == b"nothing"
    assert (await desk.rate("r4", number=99)).reply == b"nothing"
    assert await desk.due() == ()
    await desk.shown("c")
    new = NewRating(rating=LIKE, number=None, reply=lambda _: b"rated", nothing=b"nothing")
    other = new_push("r5", openid="o_ben", kind=PushKind.OTHER)
    assert (await desk.store.enter_rating(other, new)).reply == b"nothing"


async def test_a_repeat_of_the_push_gets_the_same_reply_and_rates_nothing_else(
    desk: Reacting,
) -> None:
    await desk.shown("a")
    await desk.rate("r")
    await desk.shown("b")
    repeated = await desk.rate("r", DISLIKE)
    assert (repeated.reply, repeated.is_new) == (b"like 1", False)
    assert [each.rating for each in await desk.due()] == [LIKE]


async def test_a_due_rating_tells_all_that_the_provider_has_to_know(desk: Reacting) -> None:
    turn = await desk.shown("a")
    await desk.rate("r", at=LATER)
    await desk.reopen()
    assert await desk.store.next_rating_at() == LATER
    assert await desk.due(LATER - 1) == ()
    assert await desk.due(LATER + 1) == (
        DueRating(
            turn_id=turn.id,
            account=SHOP,
            provider="other",
            user="wx-pseudonym",
            message_id="message-a",
            rating=LIKE,
            rated_at=LATER,
            lease_until=LATER + 121,
        ),
    )


async def test_a_rating_is_claimed_by_one_until_its_lease_ends(desk: Reacting) -> None:
    await desk.shown("a")
    await desk.rate("r")
    (due,) = await desk.due()
    assert await desk.due() == ()
    (again,) = await desk.due(LATER + 120)
    await desk.store.settle_rating(due, retry_at=None)
    assert await desk.store.next_rating_at() == again.lease_until
    await desk.store.settle_rating(again, retry_at=LATER + 500)
    assert await desk.store.next_rating_at() == LATER + 500
    (last,) = await desk.due(LATER + 500)
    await desk.store.settle_rating(last, retry_at=None)
    assert await desk.store.next_rating_at() is None


async def test_the_same_rating_once_more_is_not_told_again_but_the_other_is(
    desk: Reacting,
) -> None:
    await desk.shown("a")
    await desk.rate("r1")
    (due,) = await desk.due()
    await desk.store.settle_rating(due, retry_at=None)
    assert (await desk.rate("r2", LIKE)).reply == b"like 1"
    assert await desk.due(LATER + 1) == ()
    assert (await desk.rate("r3", DISLIKE, at=LATER + 2)).reply == b"dislike 1"
    (other,) = await desk.due(LATER + 2)
    assert (other.rating, other.rated_at) == (DISLIKE, LATER + 2)


async def test_a_rating_that_changed_while_it_was_told_is_told_again(desk: Reacting) -> None:
    await desk.shown("a")
    await desk.rate("r1")
    (due,) = await desk.due()
    await desk.rate("r2", DISLIKE, at=LATER + 1)
    await desk.store.settle_rating(due, retry_at=None)
    assert [each.rating for each in await desk.due(LATER + 1)] == [DISLIKE]


async def test_no_more_ratings_are_claimed_than_asked_for(desk: Reacting) -> None:
    for key in "abc":
        await desk.shown(key)
        await desk.rate(f"r{key}")
    assert len(await desk.store.claim_ratings(LATER, lease_until=LATER + 9, limit=2)) == 2
    assert len(await desk.store.claim_ratings(LATER, lease_until=LATER + 9, limit=2)) == 1
