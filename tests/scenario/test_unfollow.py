"""Unsubscribe in mid-turn: everything stops, and following again revives nothing."""

from pathlib import Path

import pytest

from support.house import House, open_house
from support.scripted_provider import Script
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Way
from yingda.texts import Texts

SECRET = "从前的回答。"
NOTHING = Texts().say("nothing_yet")


async def leave_while_three_are_open(house: House, phone: Phone) -> list[str]:
    """One turn runs, two wait, the follower leaves after 2 s; what the attempts show."""
    house.provider.default = Script(text=SECRET, after_s=20)
    *seen, _ = await house.together(
        phone.say("甲"), phone.say("乙"), phone.say("丙"), house.after(2, phone.unfollow())
    )
    house.provider.default = Script()
    return [one.text for one in seen]


async def test_running_and_waiting_turns_are_cancelled_and_the_provider_stopped(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        await leave_while_three_are_open(house, house.phone())
        await house.pass_s(60)
        assert house.rows("SELECT DISTINCT state FROM turn") == [("cancelled",)]
        assert [stop.task_id for stop in house.provider.stops] == ["task-1"]
        assert house.provider.running == 0
        assert [prompt.text for prompt in house.provider.calls] == ["甲"]


async def test_attempts_that_wait_are_released_with_nothing_to_show(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        assert await leave_while_three_are_open(house, house.phone()) == ["", "", ""]
        assert house.platform.counters.failure_lines == 0
        assert house.platform.counters.recent_timeouts == 0


async def test_following_again_revives_no_cancelled_turn_and_starts_a_new_conversation(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await leave_while_three_are_open(house, phone)
        assert Texts().say("welcome", word="1") in (await house.run(phone.follow())).text
        assert (await house.run(phone.say("1"))).text == NOTHING
        seen = await house.run(phone.say("新的"))
        assert "「" not in seen.text
        assert house.provider.calls[-1].conversation_id is None


async def test_what_was_unread_when_the_follower_left_is_not_announced_later(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=SECRET, after_s=20))
        await house.run(phone.say("问"))
        await house.pass_s(10)
        await house.run(phone.unfollow())
        await house.run(phone.follow())
        assert "「问」" not in (await house.run(phone.say("新的"))).text


@pytest.mark.parametrize("word", ["1", "1#1"])
async def test_what_was_answered_before_the_follower_left_is_not_shown_again(
    tmp_path: Path, word: str
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=SECRET))
        await house.run(phone.say("问"))
        await house.run(phone.unfollow())
        await house.run(phone.follow())
        assert SECRET not in (await house.run(phone.say(word))).text


@pytest.mark.parametrize("crashes", [False, True])
async def test_a_reply_in_doubt_when_the_follower_left_is_not_revived(
    tmp_path: Path,
    crashes: bool,  # noqa: FBT001  pytest hands parameters in by name
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=SECRET))
        await house.run(phone.say("问", way=Way(lost_replies=frozenset({1, 2, 3}))))
        await house.run(phone.unfollow())
        if crashes:
            await house.restart()
        await house.pass_s(10)
        await house.run(phone.follow())
        assert "「问」" not in (await house.run(phone.say("新的"))).text


async def test_a_repeated_unsubscribe_does_not_cancel_what_came_after_it(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.unfollow())
        at = len(house.requests) - 1
        await house.pass_s(1)
        await house.run(phone.follow())
        house.provider.on("新的", Script(text="新的回答。", after_s=3))
        again = house.requests[at]
        seen = await house.interrupted(
            phone.say("新的"), 1, again.transport.send("POST", again.query, again.body)
        )
        assert "新的回答。" in seen.text
        assert "新的回答。" in (await house.run(phone.say("1"))).text


async def test_a_crash_after_the_leaving_runs_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await leave_while_three_are_open(house, house.phone())
        await house.restart()
        await house.pass_s(60)
        assert len(house.provider.calls) == 1
