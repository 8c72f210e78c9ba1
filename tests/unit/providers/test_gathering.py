"""Streams that wait share one timer."""

from yingda.clock import VirtualClock
from yingda.providers.gathering import Gathering


async def test_all_who_wait_are_called_together_after_the_first_ones_wait() -> None:
    clock, called = VirtualClock(), list[tuple[str, float]]()
    gathering = Gathering(clock, 0.2)
    gathering.join(lambda: called.append(("first", clock.monotonic())))
    await clock.advance(0.15)
    gathering.join(lambda: called.append(("second", clock.monotonic())))
    await clock.advance(1.0)
    assert called == [("first", 0.2), ("second", 0.2)]


async def test_one_who_joins_while_others_are_called_waits_for_the_next_round() -> None:
    clock, times_s = VirtualClock(), list[float]()
    gathering = Gathering(clock, 0.25)

    def again() -> None:
        times_s.append(clock.monotonic())
        gathering.join(again)

    gathering.join(again)
    await clock.advance(0.8)
    assert times_s == [0.25, 0.5, 0.75]
