"""The platform's score of failed attempts, its alarm, its block, and the phone beside it."""

from support.simulated_server import HELLO, OPENID, Pair, Step, text_reply
from yingda.clock import VirtualClock
from yingda.simulator.failures import Failures
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Platform
from yingda.simulator.verdict import SimulatedAccount


async def test_the_alarm_is_given_once_at_thirty_failures_in_five_minutes() -> None:
    clock = VirtualClock()
    failures = Failures(clock)
    for number in range(40):
        failures.add(f"o_{number}")
    assert [(alarm.openid, alarm.count) for alarm in failures.alarms] == [("o_29", 30)]
    await clock.advance(300)
    assert failures.recent == 0
    for _ in range(29):
        failures.add("o_ann")
    assert len(failures.alarms) == 1
    failures.add("o_ann")
    assert len(failures.alarms) == 2


async def test_failures_that_lie_apart_give_no_alarm() -> None:
    clock = VirtualClock()
    failures = Failures(clock)
    for _ in range(60):
        failures.add("o_ann")
        await clock.advance(11)
    assert not failures.alarms


async def test_every_failed_attempt_counts_and_a_good_one_does_not() -> None:
    held, broken, fine = Pair(Step(after_s=60)), Pair(Step(status=500)), Pair(Step())
    for pair, count in ((held, 3), (broken, 3), (fine, 0)):
        await pair.deliver()
        assert pair.platform.failures.recent == count


async def test_after_too_many_failures_nothing_is_pushed_for_a_minute() -> None:
    pair = Pair(Step(status=500))
    pair.platform = Platform(
        SimulatedAccount(),
        pair.transport,
        pair.clock,
        failures=Failures(pair.clock, block_at=6),
    )
    for _ in range(2):
        await pair.deliver()
    blocked = await pair.deliver()
    assert (blocked.attempts, blocked.is_failure_line) == ((), True)
    assert pair.platform.failures.blocks == 1
    assert len(pair.server.bodies) == 6
    await pair.clock.advance(60)
    assert len((await pair.deliver()).attempts) == 3


async def test_the_phone_shows_service_messages_with_their_time_and_who_types() -> None:
    pair = Pair(Step(text_reply("一")))
    phone = Phone(pair.platform, OPENID)
    await pair.run(phone.send(HELLO))
    await pair.clock.advance(7)
    followers = pair.platform.followers
    assert followers.show_typing(OPENID, on=True) == 0
    typing = [phone.is_typing]
    assert followers.send(OPENID, "二") == 0
    typing.append(phone.is_typing)
    assert typing == [True, False]
    last = phone.history[-1]
    assert (last.text, last.is_mine, last.is_service) == ("二", False, True)
    assert last.at_s == pair.clock.now()
    assert [bubble.is_service for bubble in phone.history] == [False, False, True]
