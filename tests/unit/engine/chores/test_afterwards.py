"""What is done after a turn's end: side by side, for so long at most, and at nobody's cost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from support.stores import Desk, turn_id_of
from yingda.clock import VirtualClock
from yingda.engine.chores.afterwards import AFTER_LIMIT_S, CLOSE_LIMIT_S, Afterwards
from yingda.errors import ProviderBusy, StoreError
from yingda.store.runs import Claim, Ended, Outcome


class Slow:
    """Takes so long, then raises this."""

    def __init__(self, clock: VirtualClock, took_s: float, error: Exception | None = None) -> None:
        self.clock, self.took_s, self.error = clock, took_s, error
        self.seen: list[int] = []
        self.was_cut = False

    async def after(self, claim: Claim, ended: Ended) -> None:
        try:
            await self.clock.sleep(self.took_s)
        except asyncio.CancelledError:
            self.was_cut = True
            raise
        assert claim.turn.id == ended.turn.id
        self.seen.append(ended.turn.id)
        if self.error is not None:
            raise self.error


@pytest.fixture
async def end(tmp_path: Path) -> AsyncIterator[tuple[Claim, Ended]]:
    desk = Desk("sqlite", tmp_path)
    await desk.open()
    claim = await desk.claim(turn_id_of(await desk.ask("m:1")))
    outcome = Outcome(answer="yes")
    ended = await desk.store.finish(claim.turn.id, claim.turn.run_no, outcome, 2.0)
    assert ended is not None
    yield claim, ended
    await desk.close()


async def test_each_is_done_once_and_none_waits_for_another(end: tuple[Claim, Ended]) -> None:
    clock = VirtualClock()
    slow, quick = Slow(clock, 30.0), Slow(clock, 0.0)
    afterwards = Afterwards((slow, quick), clock)
    afterwards.send(*end)
    await clock.run(clock.sleep(1.0))
    assert (slow.seen, quick.seen) == ([], [end[1].turn.id])
    await clock.run(clock.sleep(30.0))
    assert slow.seen == [end[1].turn.id]


async def test_what_takes_too_long_is_cut_and_told(end: tuple[Claim, Ended]) -> None:
    clock = VirtualClock()
    slow = Slow(clock, AFTER_LIMIT_S + 1)
    with capture_logs() as logs:
        Afterwards((slow,), clock).send(*end)
        await clock.run(clock.sleep(AFTER_LIMIT_S + 2))
    assert slow.was_cut
    assert [(log["event"], log["what"]) for log in logs] == [("afterward_failed", "Slow")]


@pytest.mark.parametrize(
    ("error", "event"),
    [
        (ProviderBusy("full"), "afterward_failed"),
        (StoreError("disk full"), "afterward_failed"),
        (ZeroDivisionError(), "afterward_crashed"),
    ],
)
async def test_a_failure_is_told_and_stops_no_other(
    error: Exception, event: str, end: tuple[Claim, Ended]
) -> None:
    clock = VirtualClock()
    bad, good = Slow(clock, 0.0, error), Slow(clock, 1.0)
    with capture_logs() as logs:
        Afterwards((bad, good), clock).send(*end)
        await clock.run(clock.sleep(2.0))
    assert good.seen == [end[1].turn.id]
    assert [log["event"] for log in logs] == [event]


async def test_closing_waits_a_little_and_then_cuts(end: tuple[Claim, Ended]) -> None:
    clock = VirtualClock()
    slow, quick = Slow(clock, CLOSE_LIMIT_S + 1), Slow(clock, CLOSE_LIMIT_S - 1)
    afterwards = Afterwards((slow, quick), clock)
    afterwards.send(*end)
    began_s = clock.monotonic()
    await clock.run(afterwards.close())
    assert clock.monotonic() - began_s == pytest.approx(CLOSE_LIMIT_S)
    assert quick.seen
    assert slow.was_cut
    assert not slow.seen
