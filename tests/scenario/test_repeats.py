"""Rule 8: a repeat of whatever kind gets the same clear reply, asks nothing and does nothing."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from support.house import House, open_house
from support.scripted_provider import Script
from yingda.errors import ProviderBusy
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Delivered, Mode, Way

Do = Callable[[House, Phone], Awaitable[Delivered]]


async def _again(house: House, phone: Phone) -> Delivered:
    await house.run(phone.say("问"))
    return await house.run(phone.say("1"))


async def _pickup(house: House, phone: Phone) -> Delivered:
    house.provider.on("慢", Script(text="慢的回答。", after_s=20))
    await house.run(phone.say("慢"))
    await house.pass_s(20)
    return await house.run(phone.say("1"))


async def _promise(house: House, phone: Phone) -> Delivered:
    house.provider.on("慢", Script(text="慢的回答。", after_s=20))
    return await house.run(phone.say("慢"))


async def _failure(house: House, phone: Phone) -> Delivered:
    house.provider.on("坏", Script(fail=ProviderBusy("x")))
    return await house.run(phone.say("坏"))


async def _refused(house: House, phone: Phone) -> Delivered:
    house.provider.default = Script(after_s=9)
    *_, last = await house.together(
        *(house.after(n / 10, phone.say(f"问{n}")) for n in range(4)),
        house.after(20, phone.say("1")),
        house.after(0.5, phone.say("多余")),
    )
    house.requests[:] = [one for one in house.requests if "多余".encode() in one.body]
    return last


KINDS: dict[str, Do] = {
    "question": lambda house, phone: house.run(phone.say("问")),
    "again": _again,
    "pickup": _pickup,
    "promise": _promise,
    "failure": _failure,
    "nothing to pick up": lambda house, phone: house.run(phone.say("1")),
    "clear": lambda house, phone: house.run(phone.say("/clear")),
    "help": lambda house, phone: house.run(phone.say("/help")),
    "image": lambda house, phone: house.run(phone.send_image()),
    "subscribe": lambda house, phone: house.run(phone.follow()),
    "unsubscribe": lambda house, phone: house.run(phone.unfollow()),
    "view": lambda house, phone: house.run(phone.view("https://example.com")),
}


@pytest.mark.parametrize("crashes", [False, True])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_repeat_gets_the_same_and_asks_nothing(
    tmp_path: Path,
    kind: str,
    crashes: bool,  # noqa: FBT001  pytest hands parameters in by name
) -> None:
    async with open_house(tmp_path) as house:
        seen = await KINDS[kind](house, house.phone())
        asked = len(house.provider.calls)
        await house.pass_s(30)
        if crashes:
            await house.restart()
        verdict, _ = await house.repeat()
        assert verdict.clear == seen.deciding.verdict.clear
        assert verdict.outcome == seen.deciding.outcome
        assert len(house.provider.calls) == asked


@pytest.mark.parametrize("crashes", [False, True])
async def test_a_refused_question_is_refused_again_in_the_same_words(
    tmp_path: Path,
    crashes: bool,  # noqa: FBT001  pytest hands parameters in by name
) -> None:
    async with open_house(tmp_path, patience=0) as house:
        seen = await _refused(house, house.phone())
        assert "先不收了" in seen.text
        if crashes:
            await house.restart()
        verdict, _ = await house.repeat()
        assert verdict.clear == seen.deciding.verdict.clear
        assert house.provider.count("多余") == 0


@pytest.mark.parametrize("mode", [Mode.SAFE, Mode.COMPATIBLE])
@pytest.mark.parametrize("kind", ["question", "again", "clear", "help", "subscribe"])
async def test_a_repeat_is_sealed_afresh(tmp_path: Path, mode: Mode, kind: str) -> None:
    async with open_house(tmp_path, mode=mode) as house:
        seen = await KINDS[kind](house, house.phone())
        first, second = await house.repeat(), await house.repeat()
        assert first[0].clear == second[0].clear == seen.deciding.verdict.clear
        assert first[1] != second[1]


async def test_a_repeated_clear_clears_once(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.say("一"))
        await house.run(phone.say("/clear"))
        at = len(house.requests) - 1
        await house.run(phone.say("二"))
        await house.repeat(at)
        await house.run(phone.say("三"))
        ids = [prompt.conversation_id for prompt in house.provider.calls]
        assert ids == [None, None, "conversation-2"]


async def test_a_question_of_one_after_a_quiz_is_asked_once_over_its_repeats(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("考我", Script(text="回复 1 表示是，回复 2 表示否。"))
        house.provider.on("1", Script(text="答对了。", after_s=7))
        await house.run(phone.say("考我"))
        seen = await house.run(phone.say("1", way=Way(is_doubled=True)))
        verdict, _ = await house.repeat()
        assert "答对了。" in seen.text
        assert verdict.clear == seen.deciding.verdict.clear
        assert house.provider.count("1") == 1


async def test_a_pickup_of_nothing_stays_one_although_an_answer_came_meanwhile(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        first = await house.run(phone.say("1"))
        await house.run(phone.say("问"))
        verdict, _ = await house.repeat(0)
        assert verdict.clear == first.deciding.verdict.clear
