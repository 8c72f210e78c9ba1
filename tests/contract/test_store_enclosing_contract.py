"""What every store keeps to about what follows answers; see `test_store_contract`."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.stores import ANN, NOON, OPEN, SHOP, Desk, new_push, question, turn_id_of
from yingda.store.base import ChosenReply, NewOffer
from yingda.store.enclosure_base import Enclosure, EnclosureKind, KeptFile, NewEnclosure
from yingda.store.entries import NewPush, PushKind
from yingda.store.push_base import Grant, NewPart, PartFate
from yingda.store.runs import Outcome
from yingda.turn.model import Cursor

LATER = NOON + 10
FIRST = NewEnclosure(EnclosureKind.PICTURE, "https://pictures.example/1.png")
SECOND = NewEnclosure(EnclosureKind.PICTURE, "https://pictures.example/2.png")
SPOKEN = NewEnclosure(EnclosureKind.VOICE)
SENT, DOUBTFUL, REFUSED = PartFate.SENT, PartFate.DOUBTFUL, PartFate.REFUSED


class Enclosing(Desk):
    """A desk whose answers have enclosures."""

    async def told(
        self, key: str, *enclosures: NewEnclosure, messages: int = 5, openid: str = ANN
    ) -> tuple[int, int]:
        """A turn that ended, and the push that asked for it."""
        new = new_push(key, openid=openid)
        grant = Grant(
            account=SHOP, openid=openid, key=key, count=messages, at=NOON, until=NOON + 3600
        )
        granting = NewPush(
            account=SHOP,
            openid=openid,
            key=key,
            kind=PushKind.QUESTION,
            created_at=NOON,
            received_at=new.received_at,
            grant=grant,
        )
        entered = await self.store.enter_question(granting, question(key))
        turn_id = turn_id_of(entered)
        claim = await self.claim(turn_id)
        outcome = Outcome(answer="答。", enclosures=enclosures)
        assert await self.store.finish(turn_id, claim.turn.run_no, outcome, NOON + 2)
        return turn_id, entered.push_id

    async def replied(self, turn_id: int, push_id: int) -> None:
        """The whole answer goes out as a reply, which is yet to be seen sent."""
        offer = NewOffer(turn_id=turn_id, run_no=1, start=Cursor(), end=Cursor(2), completes=True)
        chosen = ChosenReply(reply=b"<xml/>", chosen_at=NOON + 3, offer=offer)
        assert await self.store.choose_reply(push_id, chosen) == b"<xml/>"

    async def handed_over(self, key: str, *enclosures: NewEnclosure, messages: int = 5) -> int:
        """A turn whose answer the follower has."""
        turn_id, push_id = await self.told(key, *enclosures, messages=messages)
        await self.replied(turn_id, push_id)
        await self.store.mark_sent(push_id)
        return turn_id

    async def next(self, at: float = LATER) -> Enclosure | None:
        return await self.store.next_enclosure(SHOP, ANN, at)

    async def due(self) -> Enclosure:
        enclosure = await self.next()
        assert enclosure is not None
        return enclosure

    async def chosen(self) -> int:
        enclosure = await self.due()
        assert await self.store.choose_enclosure(enclosure.id, LATER)
        return enclosure.id

    async def left(self) -> int:
        quota = await self.store.quota(SHOP, ANN)
        return 0 if quota is None else quota.left


@pytest.fixture(params=OPEN)
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Enclosing]:
    opened = Enclosing(request.param, tmp_path)
    await opened.open()
    yield opened
    await opened.close()


async def test_nothing_follows_an_answer_before_its_last_part_was_sent(desk: Enclosing) -> None:
    turn_id, push_id = await desk.told("m:1", FIRST)
    assert await desk.next() is None
    await desk.replied(turn_id, push_id)
    assert await desk.next() is None
    await desk.store.mark_sent(push_id)
    enclosure = await desk.due()
    assert (enclosure.turn_id, enclosure.kind, enclosure.url) == (turn_id, *_of(FIRST))
    assert (enclosure.provider, enclosure.file, enclosure.answer) == ("dify", None, "")


async def test_what_follows_a_pushed_answer_waits_for_the_end_of_its_push(desk: Enclosing) -> None:
    turn_id, push_id = await desk.told("m:1", FIRST)
    other = await desk.ask("m:2")
    pushing = ChosenReply(reply=b"success", chosen_at=LATER, pushes=turn_id_of(other))
    assert await desk.store.choose_reply(other.push_id, pushing) == b"success"
    claim = await desk.claim(turn_id_of(other))
    outcome = Outcome(answer="答。", enclosures=(SECOND,))
    assert await desk.store.finish(claim.turn.id, claim.turn.run_no, outcome, LATER)
    part = NewPart(
        turn_id=claim.turn.id,
        run_no=1,
        revision=0,
        start=Cursor(),
        end=Cursor(2),
        completes=True,
        shown=None,
        is_live=False,
        chosen_at=LATER,
    )
    part_id = await desk.store.choose_part(part)
    assert part_id is not None
    assert await desk.next() is None
    await desk.store.settle_part(part_id, SENT)
    assert (await desk.due()).url == SECOND.url
    # The older answer is still unread.
    await desk.replied(turn_id, push_id)
    await desk.store.mark_sent(push_id)
    assert (await desk.due()).url == FIRST.url


def _of(new: NewEnclosure) -> tuple[EnclosureKind, str]:
    return new.kind, new.url


async def test_enclosures_come_in_order_and_a_voice_brings_its_answer(desk: Enclosing) -> None:
    await desk.handed_over("m:1", FIRST, SECOND, SPOKEN)
    seen = []
    for _ in range(3):
        seen.append(await desk.due())
        await desk.store.settle_enclosure(await desk.chosen(), SENT)
    assert [_of(NewEnclosure(each.kind, each.url)) for each in seen] == [
        _of(FIRST),
        _of(SECOND),
        _of(SPOKEN),
    ]
    assert [each.answer for each in seen] == ["", "", "答。"]
    assert await desk.next() is None


async def test_enclosures_leave_the_last_message_and_what_else_is_pushed_its_own(
    desk: Enclosing,
) -> None:
    await desk.handed_over("m:1", FIRST, SECOND, messages=3)
    assert (await desk.due()).messages_left == 2
    other = await desk.ask("m:2")
    pushing = ChosenReply(reply=b"success", chosen_at=LATER, pushes=turn_id_of(other))
    await desk.store.choose_reply(other.push_id, pushing)
    assert (await desk.due()).messages_left == 1
    await desk.store.settle_enclosure(await desk.chosen(), SENT)
    enclosure = await desk.due()
    assert enclosure.messages_left == 0
    assert not await desk.store.choose_enclosure(enclosure.id, LATER)
    assert await desk.next() is None
    assert await desk.left() == 2


async def test_when_the_time_of_the_messages_is_over_none_is_left(desk: Enclosing) -> None:
    await desk.handed_over("m:1", FIRST)
    assert (await desk.next(NOON + 3600)) == await desk.next(NOON + 9999)
    enclosure = await desk.next(NOON + 3600)
    assert enclosure is not None
    assert enclosure.messages_left == 0


async def test_a_chosen_enclosure_is_nobody_elses_and_settled_once(desk: Enclosing) -> None:
    await desk.handed_over("m:1", FIRST)
    chosen = await desk.chosen()
    assert await desk.next() is None
    assert not await desk.store.choose_enclosure(chosen, LATER)
    await desk.store.settle_enclosure(chosen, SENT)
    await desk.store.settle_enclosure(chosen, REFUSED, gives_back=True, is_due=True)
    assert await desk.next() is None
    assert await desk.left() == 4


@pytest.mark.parametrize("is_crash", [False, True])
async def test_what_is_in_doubt_is_due_once_more_and_no_more(
    desk: Enclosing, *, is_crash: bool
) -> None:
    await desk.handed_over("m:1", FIRST)
    for is_due_again in (True, False):
        chosen = await desk.chosen()
        if is_crash:
            await desk.reopen()
            recovered = await desk.store.recover()
            assert recovered.to_enclose == (((SHOP, ANN),) if is_due_again else ())
        else:
            await desk.store.settle_enclosure(chosen, DOUBTFUL)
        assert (await desk.next() is not None) is is_due_again
    assert await desk.left() == 3


async def test_what_was_refused_costs_no_message_and_is_due_if_that_is_said(
    desk: Enclosing,
) -> None:
    await desk.handed_over("m:1", FIRST)
    await desk.store.settle_enclosure(await desk.chosen(), REFUSED, gives_back=True, is_due=True)
    assert await desk.left() == 5
    await desk.store.settle_enclosure(await desk.chosen(), REFUSED, empties=True)
    assert await desk.next() is None
    assert await desk.left() == 0


async def test_an_uploaded_file_is_kept_over_a_restart(desk: Enclosing) -> None:
    await desk.handed_over("m:1", FIRST)
    kept = KeptFile("media-1", NOON + 259_200)
    await desk.store.keep_files((await desk.due()).id, (kept,))
    await desk.reopen()
    assert (await desk.due()).file == kept


async def test_the_pieces_of_a_recording_come_one_after_the_other(desk: Enclosing) -> None:
    await desk.handed_over("m:1", SPOKEN, FIRST)
    files = tuple(KeptFile(f"media-{n}", NOON + 259_200) for n in range(3))
    await desk.store.keep_files((await desk.due()).id, files)
    seen = []
    for _ in range(4):
        seen.append((await desk.due()).file)
        await desk.store.settle_enclosure(await desk.chosen(), SENT)
    assert seen == [*files, None]


async def test_what_is_left_is_due_no_more(desk: Enclosing) -> None:
    await desk.handed_over("m:1", FIRST, SECOND)
    await desk.store.leave_enclosure((await desk.due()).id)
    assert (await desk.due()).url == SECOND.url


async def test_a_message_under_way_counts_against_a_new_grant(desk: Enclosing) -> None:
    await desk.handed_over("m:1", FIRST)
    await desk.chosen()
    grant = Grant(account=SHOP, openid=ANN, key="m:9", count=5, at=LATER, until=LATER + 60)
    await desk.store.grant_quota(grant)
    assert await desk.left() == 4


async def test_who_stops_or_leaves_is_sent_nothing_more(desk: Enclosing) -> None:
    await desk.handed_over("m:1", FIRST)
    await desk.store.enter_stop(new_push("m:2", kind=PushKind.OTHER), lambda _: b"stopped")
    assert await desk.next() is None
    await desk.handed_over("m:3", SECOND)
    chosen = await desk.chosen()
    await desk.leave("e:1", due_at=NOON)
    await desk.store.settle_enclosure(chosen, DOUBTFUL)
    assert await desk.next() is None


async def test_erasure_leaves_no_address_behind(desk: Enclosing) -> None:
    await desk.handed_over("m:1", FIRST)
    chosen = await desk.chosen()
    await desk.leave("e:1", due_at=NOON)
    assert await desk.store.erase(LATER, accepting=b"success", provider_at=LATER)
    await desk.store.settle_enclosure(chosen, SENT)
    await desk.reopen()
    assert (await desk.store.recover()).to_enclose == ()
    assert await desk.next() is None
