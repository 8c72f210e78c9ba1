"""Ages of pushes, windows, and who is woken."""

import asyncio
import math

import pytest

from support.signals import Hub
from yingda.clock import VirtualClock
from yingda.engine.sharing.board import Board
from yingda.engine.waiting.push_age import PushAges
from yingda.engine.waiting.window import Window
from yingda.signals.base import Topic
from yingda.signals.quiet import QuietSignals

# Ages


def learnt(offset_s: float, count: int = 8) -> PushAges:
    """Ages of an account whose pushes arrive this long after their stamp."""
    ages = PushAges()
    for number in range(count):
        ages.learn("shop", 1000.0 + number, 1000.0 + number + offset_s)
    return ages


def age(ages: PushAges, created: float, seen: float, received: float) -> float:
    return ages.age_s("shop", created_at=created, first_seen_at=seen, received_at=received)


@pytest.mark.parametrize("offset_s", [-600.0, -3.0, 0.2, 3.0, 600.0])
def test_a_usual_push_is_new_however_far_the_clocks_differ(offset_s: float) -> None:
    assert age(learnt(offset_s), 5000, 5000 + offset_s, 5000 + offset_s) == 0.0


@pytest.mark.parametrize("offset_s", [-600.0, 0.2, 600.0])
def test_a_push_that_we_see_late_is_as_old_as_its_stamp_says_but_for_a_second(
    offset_s: float,
) -> None:
    late = 5000 + offset_s + 10
    assert age(learnt(offset_s), 5000, late, late) == pytest.approx(9.0)


def test_a_repeat_is_at_least_as_old_as_the_first_attempt_we_saw() -> None:
    assert age(learnt(0.2), 5000, 5000.5, 5010.5) == 10.0
    assert age(PushAges(), 0, 5000.0, 5005.0) == 5.0


def test_whole_second_stamps_never_make_a_new_push_look_old() -> None:
    assert age(learnt(0.1), 5000, 5000.999, 5000.999) == 0.0


def test_a_difference_of_clocks_is_not_trusted_before_there_are_enough_pushes() -> None:
    assert age(learnt(600.0, count=4), 5000, 5600, 5600) == 0.0
    assert age(learnt(10.0, count=4), 5000, 5010, 5010) == 9.0
    assert age(learnt(10.0, count=5), 5000, 5010, 5010) == 0.0


def test_what_looks_older_than_a_push_can_be_is_a_clock() -> None:
    assert age(learnt(0.0), 5000, 5016, 5016) == 15.0
    assert age(learnt(0.0), 5000, 5016.5, 5016.5) == 0.0


def test_an_age_is_never_negative_and_a_missing_stamp_teaches_nothing() -> None:
    ages = PushAges()
    for _ in range(9):
        ages.learn("shop", 0.0, 9e9)
    assert age(ages, 5000, 5000, 4000) == 0.0
    assert age(ages, 5000, 5008, 5008) == 7.0


def test_a_few_late_pushes_do_not_move_what_is_usual_and_accounts_are_apart() -> None:
    ages = learnt(0.0, count=20)
    for number in range(5):
        ages.learn("shop", 2000.0 + number, 2010.0 + number)
        ages.learn("school", 2000.0 + number, 2010.0 + number)
    assert age(ages, 5000, 5010, 5010) == 9.0
    of_school = ages.age_s("school", created_at=5000, first_seen_at=5010, received_at=5010)
    assert of_school == 0.0


# Windows


class Line:
    """A connection that a test hangs up."""

    def __init__(self) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def body(self, limit_bytes: int) -> bytes:
        return b"x"[:limit_bytes]

    def gone(self) -> "asyncio.Future[None]":
        return self.closed


async def test_a_wait_ends_at_the_windows_age_counted_from_the_arrival() -> None:
    clock = VirtualClock()
    window = Window(clock, Line())
    await clock.advance(2)
    await clock.run(window.wait(4.5))
    assert (window.age_s, window.is_gone) == (4.5, False)
    await clock.run(window.wait(3.0))
    assert window.age_s == 4.5


async def test_a_wait_ends_at_once_when_woken_and_the_next_one_waits_again() -> None:
    clock = VirtualClock()
    window = Window(clock, Line())
    clock.call_later(1, window.wake)
    await clock.run(window.wait(4.5))
    assert window.age_s == 1
    await clock.run(window.wait(4.5))
    assert window.age_s == 4.5


async def test_a_wake_between_two_waits_is_not_missed() -> None:
    clock = VirtualClock()
    window = Window(clock, Line())
    window.wake()
    await clock.run(window.wait(4.5))
    assert window.age_s == 0


async def test_a_wait_ends_when_the_other_side_is_gone() -> None:
    clock, line = VirtualClock(), Line()
    window = Window(clock, line)
    clock.call_later(2, lambda: line.closed.set_result(None))
    await clock.run(window.wait(4.5))
    assert (window.age_s, window.is_gone) == (2, True)
    await clock.run(window.wait(4.5))
    assert window.age_s == 2


# The board


def test_all_who_watch_a_turn_are_woken_and_no_others() -> None:
    board, woken = Board(QuietSignals()), list[str]()
    first, second, other = (lambda n=n: woken.append(n) for n in ("first", "second", "other"))
    with board.watch(1, first), board.watch(1, second), board.watch(2, other):
        board.announce_end(1)
    assert sorted(woken) == ["first", "second"]
    board.announce_end(1)
    board.announce_end(2)
    assert len(woken) == 2
    assert board._waiting == {}


async def test_an_end_wakes_in_every_process_and_a_gap_wakes_all_who_wait() -> None:
    hub, woken = Hub(), list[str]()
    here, there = hub.signals(), hub.signals()
    for signals in (here, there):
        await signals.start()
    near, far = Board(here), Board(there)
    with far.watch(1, lambda: woken.append("1")), far.watch(2, lambda: woken.append("2")):
        near.announce_end(1)
        await asyncio.sleep(0)
        assert woken == ["1"]
        near._signals.tell(Topic.END, "what a newer version says")
        await asyncio.sleep(0)
        assert woken == ["1"]
        there.cut()
        assert sorted(woken) == ["1", "1", "2"]
        assert far.is_deaf
        assert not near.is_deaf
        there.cut(is_cut=False)
        assert sorted(woken) == ["1", "1", "1", "2", "2"]
    near.announce_end(1)
    assert [told for *_, told in hub.told] == ["1", "what a newer version says", "1"]


def test_a_wake_is_trusted_wholly_alone_for_a_while_among_others_and_not_when_deaf() -> None:
    assert Board(QuietSignals()).trusted_s == math.inf
    signals = Hub().signals()
    assert Board(signals).trusted_s == 0
    signals._is_open = True
    assert Board(signals).trusted_s == 5
