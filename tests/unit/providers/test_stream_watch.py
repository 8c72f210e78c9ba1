"""Deadlines ring once, in their order, and rest while nobody reads."""

import math

from yingda.clock import VirtualClock
from yingda.providers.stream_watch import Expiry, StreamWatch


def watch(clock: VirtualClock, rung: list[float], *, first_s: float = 60.0) -> StreamWatch:
    return StreamWatch(
        clock,
        lambda: rung.append(clock.monotonic()),
        first_due_s=clock.monotonic() + first_s,
        read_s=30.0,
        total_due_s=clock.monotonic() + 600.0,
    )


async def test_silence_rings_after_the_read_deadline() -> None:
    clock, rung = VirtualClock(), list[float]()
    subject = watch(clock, rung)
    subject.read_begins()
    await clock.advance(29.0)
    assert rung == []
    await clock.advance(500.0)
    assert subject.expired is Expiry.READ
    assert rung == [30.0]


async def test_bytes_put_the_read_deadline_off_but_not_the_first_events() -> None:
    clock, rung = VirtualClock(), list[float]()
    subject = watch(clock, rung)
    for _ in range(12):
        subject.read_begins()
        await clock.advance(10.0)
    assert subject.expired is Expiry.FIRST_EVENT
    assert rung == [60.0]


async def test_after_the_first_event_only_the_total_deadline_ends_a_lively_stream() -> None:
    clock, rung = VirtualClock(), list[float]()
    subject = watch(clock, rung)
    subject.first_event_came()
    for _ in range(70):
        subject.read_begins()
        await clock.advance(10.0)
    assert subject.expired is Expiry.TOTAL
    assert rung == [600.0]


async def test_nothing_rings_for_silence_while_nobody_reads() -> None:
    clock, rung = VirtualClock(), list[float]()
    subject = watch(clock, rung, first_s=math.inf)
    subject.read_begins()
    subject.read_ends()
    await clock.advance(599.0)
    assert rung == []
    assert subject.expired is None


async def test_a_settled_stream_is_ended_after_its_grace() -> None:
    clock, rung = VirtualClock(), list[float]()
    subject = watch(clock, rung)
    await clock.advance(5.0)
    subject.settle(1.0)
    subject.read_begins()
    await clock.advance(1.0)
    assert subject.expired is Expiry.SETTLED
    assert rung == [6.0]


async def test_a_stopped_watch_never_rings() -> None:
    clock, rung = VirtualClock(), list[float]()
    subject = watch(clock, rung)
    subject.stop()
    subject.stop()
    await clock.advance(1000.0)
    assert rung == []
