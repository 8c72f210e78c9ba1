"""Windows, quotas and the typing state of the simulated followers."""

import pytest

from yingda.clock import VirtualClock
from yingda.simulator import followers as codes
from yingda.simulator import pushes
from yingda.simulator.followers import Followers
from yingda.simulator.pushes import Sent

ANN = "o_ann"


class Room:
    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.followers = Followers(self.clock)

    def sends(self, count: int) -> list[int]:
        return [self.followers.send(ANN, str(number)) for number in range(count)]


@pytest.mark.parametrize(
    ("sent", "messages", "seconds"),
    [
        (pushes.text("你好"), 5, 48 * 3600),
        (pushes.image(), 5, 48 * 3600),
        (pushes.click("help"), 3, 60),
        (pushes.subscribe(), 3, 60),
        (pushes.subscribe("7"), 3, 60),
        (pushes.scan("7"), 3, 60),
        (pushes.event("scancode_waitmsg"), 3, 60),
    ],
)
async def test_each_trigger_opens_its_window(sent: Sent, messages: int, seconds: float) -> None:
    room = Room()
    room.followers.saw(sent, ANN)
    assert room.followers.left(ANN) == messages
    await room.clock.advance(seconds - 1)
    assert room.sends(messages + 1) == [codes.OK] * messages + [codes.QUOTA_USED]
    await room.clock.advance(1)
    assert room.sends(1) == [codes.WINDOW_CLOSED]
    assert room.followers.left(ANN) == 0


@pytest.mark.parametrize("sent", [pushes.view("https://example.com"), pushes.event("LOCATION")])
def test_other_events_open_no_window_but_make_known(sent: Sent) -> None:
    room = Room()
    assert room.sends(1) == [codes.UNKNOWN_OPENID]
    room.followers.saw(sent, ANN)
    assert room.sends(1) == [codes.WINDOW_CLOSED]


def test_a_new_window_replaces_the_old_one_and_adds_nothing() -> None:
    room = Room()
    room.followers.saw(pushes.text("你好"), ANN)
    room.followers.saw(pushes.text("还有"), ANN)
    assert room.followers.left(ANN) == 5
    room.followers.saw(pushes.click("help"), ANN)
    assert room.followers.left(ANN) == 3


def test_who_left_or_is_blocked_gets_nothing_until_they_come_back() -> None:
    room = Room()
    room.followers.saw(pushes.text("你好"), ANN)
    room.followers.block(ANN)
    assert room.sends(1) == [codes.BLACKLISTED]
    room.followers.block(ANN, codes.TURNED_OFF)
    assert room.sends(1) == [codes.TURNED_OFF]
    room.followers.unblock(ANN)
    room.followers.saw(pushes.unsubscribe(), ANN)
    assert room.sends(1) == [codes.NOT_FOLLOWING]
    room.followers.saw(pushes.subscribe(), ANN)
    assert room.sends(1) == [codes.OK]


async def test_typing_shows_for_fifteen_seconds_and_needs_a_recent_word() -> None:
    room = Room()
    room.followers.saw(pushes.text("你好"), ANN)
    assert room.followers.show_typing(ANN, on=True) == codes.OK
    await room.clock.advance(14.9)
    assert room.followers.is_typing(ANN)
    assert room.followers.show_typing(ANN, on=True) == codes.TYPING_ALREADY
    await room.clock.advance(0.2)
    assert not room.followers.is_typing(ANN)
    assert room.followers.show_typing(ANN, on=True) == codes.OK
    await room.clock.advance(16)
    assert room.followers.show_typing(ANN, on=True) == codes.NO_INTERACTION
    assert room.followers.show_typing("o_nobody", on=True) == codes.UNKNOWN_OPENID


def test_a_message_or_a_command_ends_typing() -> None:
    room = Room()
    room.followers.saw(pushes.text("你好"), ANN)
    room.followers.show_typing(ANN, on=True)
    room.sends(1)
    assert not room.followers.is_typing(ANN)
    room.followers.show_typing(ANN, on=True)
    room.followers.show_typing(ANN, on=False)
    assert not room.followers.is_typing(ANN)
