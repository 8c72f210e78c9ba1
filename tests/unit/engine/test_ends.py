"""What became of a run, of a reply, and of the store's health."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from support.stores import ANN, SHOP, Desk, turn_id_of
from yingda.clock import VirtualClock
from yingda.engine.running_turn import RunningTurn
from yingda.engine.waiting.receipts import DOUBT_AFTER_S, Receipts
from yingda.errors import FailureKind, StoreError
from yingda.providers.base import (
    ConversationReset,
    Event,
    Finished,
    FoundAnswer,
    Metered,
    Started,
    TextDelta,
    TextReplaced,
    Usage,
)
from yingda.store.entries import Entered


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    opened = Desk("sqlite", tmp_path)
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def running(desk: Desk) -> RunningTurn:
    return RunningTurn(await desk.claim(turn_id_of(await desk.ask("m:1"))), VirtualClock())


def took(running: RunningTurn, *events: Event) -> RunningTurn:
    for event in events:
        running.take(event)
    return running


async def test_pieces_make_the_answer_and_a_replacement_voids_them(running: RunningTurn) -> None:
    took(running, TextDelta("a"), TextDelta("b"))
    assert running.answered().answer == "ab"
    took(running, TextReplaced("x"), TextDelta("y"), Finished())
    assert running.answered().answer == "xy"


async def test_later_ids_add_to_earlier_ones_and_take_none_back(running: RunningTurn) -> None:
    took(running, Started(task_id="t", conversation_id="c"), Started(message_id="m"))
    trace = running.trace()
    assert (trace.task_id, trace.conversation_id, trace.message_id) == ("t", "c", "m")
    assert running.answered().provider_conversation_id == "c"
    assert running.earlier_trace() is None


async def test_what_it_cost_and_a_lost_conversation_are_kept(running: RunningTurn) -> None:
    usage = Usage(total_tokens=7, total_price="0.01", currency="USD")
    outcome = took(running, ConversationReset(), TextDelta("a"), Finished(usage=usage)).answered()
    assert outcome.conversation_was_reset
    assert running.usages == [("dify", usage)]


async def test_a_run_s_cost_is_what_it_told_last_and_every_provider_asked_is_paid(
    running: RunningTurn,
) -> None:
    took(running, Metered(Usage(total_tokens=3)), Metered(Usage(total_tokens=5)))
    running.ids = msgspec.structs.replace(running.ids, provider="second")
    took(running, TextDelta("a"), Finished(usage=Usage(total_tokens=7)))
    assert running.usages == [("dify", Usage(total_tokens=5)), ("second", Usage(total_tokens=7))]


async def test_a_text_of_one_edition_only_grows(running: RunningTurn) -> None:
    """Whoever reads it elsewhere tells by that which pieces belong together."""
    seen = dict[int, str]()

    def grows() -> int:
        live = running.live()
        assert live.text.startswith(seen.get(live.edition, ""))
        seen[live.edition] = live.text
        return live.edition

    events = (TextDelta("一"), TextDelta("二"), TextReplaced("甲"), TextDelta("乙"))
    editions = [grows()]
    for event in (*events, TextReplaced("一二"), TextDelta("三")):
        took(running, event)
        editions.append(grows())
    running.begin_with("second")
    editions.append(grows())
    running.found(FoundAnswer(text="找到的"))
    editions.append(grows())
    assert editions == [0, 0, 0, 1, 1, 2, 2, 3, 5]
    assert list(seen.values()) == ["一二", "甲乙", "一二三", "", "找到的"]


async def test_the_first_text_is_the_first_that_can_be_read(desk: Desk) -> None:
    clock = VirtualClock()
    running = RunningTurn(await desk.claim(turn_id_of(await desk.ask("m:1"))), clock)
    for text in ("", "\n\n", "a", "b"):
        took(running, TextDelta(text))
        await clock.advance(1)
    assert running.first_text_at == pytest.approx(clock.now() - 2)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("", FailureKind.BUSY, FailureKind.BUSY),
        (" \n", FailureKind.TIMEOUT, FailureKind.TIMEOUT),
        ("half", FailureKind.TIMEOUT, FailureKind.INCOMPLETE),
        ("half", FailureKind.REFUSED, FailureKind.REFUSED),
    ],
)
async def test_a_failure_after_some_text_is_an_incomplete_answer_unless_it_was_refused(
    text: str, kind: FailureKind, expected: FailureKind, running: RunningTurn
) -> None:
    outcome = took(running, TextDelta(text)).failed(kind, "why")
    kept = "" if kind is FailureKind.REFUSED else text
    assert (outcome.failure, outcome.failure_detail, outcome.answer) == (expected, "why", kept)


async def test_a_found_answer_is_the_whole_one(running: RunningTurn) -> None:
    found = FoundAnswer(text="whole", conversation_id="c9", usage=Usage(total_tokens=3))
    outcome = took(running, TextDelta("half")).found(found)
    assert (outcome.answer, outcome.failure) == ("whole", None)
    assert running.usages == [("dify", Usage(total_tokens=3))]
    assert outcome.provider_conversation_id == "c9"


# Receipts


@pytest.fixture
async def asked(desk: Desk) -> Entered:
    """A question whose answer was chosen as the reply, as far as its bytes are out."""
    entered = await desk.answered("m:1")
    await desk.offer(entered, 0, 5, completes=True)
    return entered


TOLD: list[tuple[str, str]] = []


def receipts_of(desk: Desk) -> tuple[Receipts, VirtualClock]:
    clock = VirtualClock()
    TOLD.clear()
    return Receipts(desk.store, clock, lambda *whose: TOLD.append(whose)), clock


async def test_a_lost_reply_is_in_doubt_only_when_no_repeat_came_in_time(
    desk: Desk, asked: Entered
) -> None:
    receipts, clock = receipts_of(desk)
    receipts.lost(asked.push_id)
    await clock.advance(DOUBT_AFTER_S - 0.1)
    assert (await desk.state_of(turn_id_of(asked)))[2] is False
    await clock.advance(0.2)
    await receipts.close()
    assert (await desk.state_of(turn_id_of(asked))) == (0, 0, True)


async def test_a_repeat_that_was_sent_settles_the_doubt(desk: Desk, asked: Entered) -> None:
    receipts, clock = receipts_of(desk)
    receipts.lost(asked.push_id)
    receipts.lost(asked.push_id)
    await clock.advance(5)
    receipts.sent(asked.push_id, (SHOP, ANN))
    await clock.advance(60)
    await receipts.close()
    await desk.store.mark_doubtful(asked.push_id)
    assert (await desk.state_of(turn_id_of(asked)))[2] is False
    assert TOLD == [(SHOP, ANN)]


async def test_what_is_in_doubt_when_the_process_ends_stays_unsettled(
    desk: Desk, asked: Entered
) -> None:
    receipts, clock = receipts_of(desk)
    receipts.lost(asked.push_id)
    await clock.advance(1)
    await receipts.close()
    await clock.advance(60)
    assert (await desk.store.recover()).doubtful_count == 1


async def test_a_store_that_refuses_a_receipt_leaves_the_reply_unsettled(
    desk: Desk, asked: Entered, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_push_id: int) -> None:
        raise StoreError("disk full")

    receipts, _ = receipts_of(desk)
    with monkeypatch.context() as broken:
        broken.setattr(desk.store, "mark_sent", refuse)
        receipts.sent(asked.push_id, (SHOP, ANN))
        await receipts.close()
    assert (await desk.store.recover()).doubtful_count == 1
    assert not TOLD
