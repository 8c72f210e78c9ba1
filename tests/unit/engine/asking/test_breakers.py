"""What one process learns of a provider's health holds for all on its database."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from support.shared_breakers import DOWN, NAME, Ward, ask, fail, let_in, ward
from yingda.engine.asking.breaker_exchange import LOOK_EVERY_S
from yingda.engine.asking.breaker_records import TRIAL_S
from yingda.errors import ContentRefused, FailureKind, PictureUnusable, ProviderBusy
from yingda.providers.breaker import BreakerRules
from yingda.signals.base import Topic


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Ward]:
    async with ward(tmp_path) as opened:
        yield opened


async def test_what_one_found_ill_everybody_leaves_alone_for_the_same_time(room: Ward) -> None:
    async def story() -> None:
        one, other = await room.process(), await room.process()
        with capture_logs() as logs:
            await fail(one)
            await room.settle()
        assert other.open_for_s(NAME) == pytest.approx(30.0, abs=0.01)
        assert (await other.admit(NAME), other.last_kind(NAME)) == (None, FailureKind.UNAVAILABLE)
        assert room.hub.told == [(0, Topic.BREAKER, NAME)]
        events = [entry["event"] for entry in logs]
        assert events == ["breaker_opened", "breaker_opened_elsewhere"]

    await room.clock.run(story())


async def test_a_time_that_a_provider_names_holds_for_all(room: Ward) -> None:
    async def story() -> None:
        one, other = await room.process(), await room.process()
        await ask(one, ProviderBusy("x", retry_after_s=70))
        await room.settle()
        assert other.open_for_s(NAME) == pytest.approx(70.0, abs=0.01)
        assert other.last_kind(NAME) is FailureKind.BUSY

    await room.clock.run(story())


async def test_the_longer_of_two_times_holds_for_both(room: Ward) -> None:
    async def story() -> None:
        one, other = await room.process(), await room.process()
        await let_in(other)
        late = await let_in(other)
        room.cut()
        await fail(one)
        other.failed(NAME, late, ProviderBusy("x", retry_after_s=70))
        await room.pass_s(LOOK_EVERY_S + 1)
        assert one.open_for_s(NAME) == other.open_for_s(NAME) == pytest.approx(64.0, abs=0.1)

    await room.clock.run(story())


async def test_a_process_that_starts_knows_what_the_others_know(room: Ward) -> None:
    async def story() -> None:
        await fail(await room.process())
        await room.pass_s(10)
        late = await room.process()
        assert late.open_for_s(NAME) == pytest.approx(20.0, abs=0.01)

    await room.clock.run(story())


async def test_with_other_settings_it_is_asked_for_they_may_be_the_mend(room: Ward) -> None:
    async def story() -> None:
        await fail(await room.process())
        await room.settle()
        mended = await room.process(fingerprint="another key")
        await ask(mended)
        await fail(mended)
        await room.settle()
        assert (await room.process(fingerprint="another key")).open_for_s(NAME) > 29

    await room.clock.run(story())


async def test_signals_that_were_lost_are_made_good_soon_while_it_is_known_to_be_open(
    room: Ward,
) -> None:
    async def story() -> None:
        one, other = await room.process(), await room.process()
        await fail(one)
        await room.pass_s(30)
        room.cut()
        await ask(one)
        await room.pass_s(LOOK_EVERY_S + 0.1)
        assert not (await let_in(other)).ticket.is_test

    await room.clock.run(story())


async def test_after_a_gap_in_the_signals_it_is_looked_up(room: Ward) -> None:
    async def story() -> None:
        one, other = await room.process(), await room.process()
        room.cut()
        await fail(one)
        await room.settle()
        assert other.open_for_s(NAME) == 0
        room.cut(is_cut=False)
        await room.settle()
        assert other.open_for_s(NAME) > 29

    await room.clock.run(story())


async def test_while_all_is_well_nobody_looks_and_no_question_writes(room: Ward) -> None:
    async def story() -> None:
        one, _ = await room.process(), await room.process()
        await room.settle()
        looks = room.reads
        for _ in range(10):
            await ask(one)
            await ask(one, DOWN)
        await room.pass_s(600)
        assert (room.reads, room.writes) == (looks, 0)

    await room.clock.run(story())


# The test


async def test_of_all_processes_exactly_one_question_tests_it(room: Ward) -> None:
    async def story() -> None:
        processes = [await room.process() for _ in range(3)]
        await fail(processes[0])
        await room.pass_s(30)
        admitted = await asyncio.gather(*(each.admit(NAME) for each in processes * 4))
        tests = [each for each in admitted if each is not None]
        assert [each.ticket.is_test for each in tests] == [True]

    await room.clock.run(story())


@pytest.mark.parametrize("error", [None, ContentRefused("x")])
async def test_a_test_that_is_answered_closes_it_for_all(
    room: Ward, error: ContentRefused | None
) -> None:
    async def story() -> None:
        one, other = await room.process(), await room.process()
        await fail(one)
        await room.pass_s(30)
        with capture_logs() as logs:
            await ask(other, error)
            await room.settle()
        assert not (await let_in(one)).ticket.is_test
        events = [entry["event"] for entry in logs]
        assert events == ["breaker_half_open", "breaker_closed", "breaker_closed_elsewhere"]

    await room.clock.run(story())


async def test_each_test_that_fails_doubles_the_wait_of_all_whoever_tests(room: Ward) -> None:
    async def story() -> None:
        processes = [await room.process(), await room.process()]
        await fail(processes[0])
        waits_s = []
        for n in range(5):
            await room.settle()
            waits_s.append([round(each.open_for_s(NAME)) for each in processes])
            await room.pass_s(waits_s[-1][0])
            await ask(processes[n % 2], DOWN)
        assert waits_s == [[30] * 2, [60] * 2, [120] * 2, [240] * 2, [240] * 2]
        await room.pass_s(241)
        await ask(processes[0])
        await room.settle()
        await fail(processes[1])
        assert processes[1].open_for_s(NAME) == pytest.approx(30.0, abs=0.01)

    await room.clock.run(story())


async def test_a_test_whose_process_died_keeps_others_from_testing_for_a_while_only(
    room: Ward,
) -> None:
    async def story() -> None:
        dead, other = await room.process(), await room.process()
        await fail(dead)
        await room.pass_s(30)
        await let_in(dead)
        await room.pass_s(TRIAL_S - 1)
        assert await other.admit(NAME) is None
        await room.pass_s(1)
        assert (await let_in(other)).ticket.is_test

    await room.clock.run(story())


async def test_a_test_that_took_too_long_tells_nothing_once_others_know_more(room: Ward) -> None:
    async def story() -> None:
        slow, other = await room.process(), await room.process()
        await fail(slow)
        await room.pass_s(30)
        late = await let_in(slow)
        await room.pass_s(TRIAL_S)
        await ask(other)
        await room.settle()
        slow.failed(NAME, late, DOWN)
        await room.settle()
        assert not (await let_in(other)).ticket.is_test

    await room.clock.run(story())


@pytest.mark.parametrize("is_stopped", [True, False])
async def test_a_test_that_told_nothing_lets_any_process_test_at_once(
    room: Ward, *, is_stopped: bool
) -> None:
    async def story() -> None:
        one, other = await room.process(), await room.process()
        await fail(one)
        await room.pass_s(30)
        tried = await let_in(one)
        await room.settle()
        assert await other.admit(NAME) is None
        if is_stopped:
            one.untold(NAME, tried)
        else:
            one.failed(NAME, tried, PictureUnusable("x"))
        await room.settle()
        assert (await let_in(other)).ticket.is_test

    await room.clock.run(story())


async def test_one_that_was_found_well_without_a_word_arriving_is_asked_as_ever(
    room: Ward,
) -> None:
    async def story() -> None:
        one, other = await room.process(), await room.process()
        await fail(one)
        await room.pass_s(30)
        room.cut()
        await ask(one)
        await room.settle()
        assert not (await let_in(other)).ticket.is_test

    await room.clock.run(story())


# A store that refuses


async def test_while_the_store_refuses_each_goes_by_what_it_knows_itself(room: Ward) -> None:
    async def story() -> None:
        one, other = await room.process(), await room.process()
        room.refuses = True
        await fail(one)
        await ask(other)
        assert one.open_for_s(NAME) == 30.0
        await room.pass_s(30)
        assert (await let_in(one)).ticket.is_test

    await room.clock.run(story())


async def test_what_could_not_be_kept_is_forgotten_by_no_look(room: Ward) -> None:
    async def story() -> None:
        one = await room.process()
        room.refuses = True
        await fail(one)
        await room.settle()
        room.refuses = False
        await room.pass_s(2 * LOOK_EVERY_S)
        assert one.open_for_s(NAME) == pytest.approx(20.0, abs=0.01)
        await room.pass_s(20)
        await ask(one, DOWN)
        await room.settle()
        assert (await room.process()).open_for_s(NAME) == pytest.approx(60.0, abs=0.1)

    await room.clock.run(story())


async def test_a_store_that_hangs_holds_a_test_up_for_three_seconds(room: Ward) -> None:
    async def story() -> None:
        one = await room.process()
        await fail(one)
        await room.pass_s(30)
        room.takes_s = 60.0
        began_s = room.clock.monotonic()
        assert (await let_in(one)).ticket.is_test
        assert room.clock.monotonic() - began_s == pytest.approx(3.0)

    await room.clock.run(story())


async def test_a_process_that_starts_without_the_store_learns_what_there_is_later(
    room: Ward,
) -> None:
    async def story() -> None:
        await fail(await room.process())
        await room.settle()
        room.refuses = True
        late = await room.process()
        assert late.open_for_s(NAME) == 0
        room.refuses = False
        await room.pass_s(LOOK_EVERY_S + 0.1)
        assert late.open_for_s(NAME) > 20

    await room.clock.run(story())


@pytest.mark.parametrize("cancelled_after_s", [0.5, 1.5])
async def test_a_test_that_is_cancelled_while_it_asks_the_store_lets_any_process_test(
    room: Ward, cancelled_after_s: float
) -> None:
    async def story() -> None:
        one, other = await room.process(), await room.process()
        await fail(one)
        await room.pass_s(30)
        room.takes_s = 1.0
        asked = asyncio.ensure_future(one.admit(NAME))
        await room.pass_s(cancelled_after_s)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        room.takes_s = 0.0
        await room.pass_s(LOOK_EVERY_S)
        assert (await let_in(other)).ticket.is_test

    await room.clock.run(story())


async def test_one_that_is_never_left_alone_here_is_asked_whatever_others_say(
    room: Ward,
) -> None:
    async def story() -> None:
        await fail(await room.process())
        await room.settle()
        never = await room.process(rules=BreakerRules(failures=0))
        assert not (await let_in(never)).ticket.is_test

    await room.clock.run(story())


# The only process


async def test_the_only_process_knows_it_after_a_restart_and_looks_at_nothing_meanwhile(
    room: Ward,
) -> None:
    async def story() -> None:
        await fail(await room.process(is_alone=True))
        await room.settle()
        again = await room.process(is_alone=True)
        looks = room.reads
        assert again.open_for_s(NAME) == pytest.approx(30.0, abs=0.01)
        await room.pass_s(600)
        assert room.reads == looks
        await ask(again)
        await ask(again)

    await room.clock.run(story())


async def test_the_only_process_waits_for_no_test_that_its_own_crash_cut_off(room: Ward) -> None:
    async def story() -> None:
        crashed = await room.process(is_alone=True)
        await fail(crashed)
        await room.pass_s(30)
        await let_in(crashed)
        again = await room.process(is_alone=True)
        assert (await let_in(again)).ticket.is_test

    await room.clock.run(story())
