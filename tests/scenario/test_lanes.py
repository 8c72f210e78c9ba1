"""A provider is asked no more at once than it takes; who waits is told the place, and answered."""

from pathlib import Path

from support.house import account, open_house
from support.scripted_provider import Script, ScriptedProvider
from yingda.engine.intake.admission import Capacity
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Delivered

NARROW = Capacity(concurrency={"scripted": 2})


def asked_first(seen: Delivered) -> str:
    """What a promise says of those who come first."""
    return seen.text.partition("前面最多还有 ")[2].partition(" ")[0]


async def test_no_more_are_asked_at_once_and_everybody_is_answered_in_order(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, capacity=NARROW, patience=0) as house:
        house.provider.default = Script(after_s=10)
        phones = [house.phone(f"o_{n}") for n in range(6)]
        seen = await house.together(
            *(house.after(n / 10, phone.say(f"问{n}")) for n, phone in enumerate(phones))
        )
        assert [asked_first(each) for each in seen] == ["", "", "", "1", "2", "3"]
        assert "正在思考" in seen[0].text
        await house.pass_s(30)
        assert house.provider.most_running == 2
        assert [prompt.text for prompt in house.provider.calls] == [f"问{n}" for n in range(6)]
        assert all(["这是回答" in (await house.run(phone.tap())).text for phone in phones])


async def test_a_pickup_tells_the_place_as_it_is_then(tmp_path: Path) -> None:
    async with open_house(tmp_path, capacity=NARROW, patience=0) as house:
        house.provider.default = Script(after_s=20)
        phones = [house.phone(f"o_{n}") for n in range(7)]
        for n, phone in enumerate(phones):
            await house.together(house.after(0.1, phone.say(f"问{n}")))
        last = phones[-1]
        # Seven questions of 4.5 s each were waited for one after the other; four have begun.
        assert asked_first(await house.run(last.say("1"))) == "2"
        await house.pass_s(15)
        assert "正在思考" in (await house.run(last.say("1"))).text


async def test_a_provider_that_is_slow_hinders_no_other(tmp_path: Path) -> None:
    accounts = (account(), account(name="other", provider="quick"))
    async with open_house(tmp_path, *accounts, capacity=NARROW) as house:
        quick = house.providers["quick"] = ScriptedProvider(house.clock)
        await house.restart()
        house.provider.default = Script(after_s=60)
        quick.default = Script(text="很快。")
        other = Phone(house.platform_for("other"), "o_other")
        *_, seen = await house.together(
            *(house.phone(f"o_{n}").say("慢") for n in range(5)), house.after(1, other.say("快"))
        )
        assert ("很快。" in seen.text, seen.delay_s < 0.1) == (True, True)


async def test_after_a_restart_the_bound_holds_and_nobody_is_forgotten(tmp_path: Path) -> None:
    async with open_house(tmp_path, capacity=NARROW, patience=0) as house:
        house.provider.default = Script(after_s=10)
        phones = [house.phone(f"o_{n}") for n in range(5)]
        await house.together(*(phone.say(f"问{n}") for n, phone in enumerate(phones)))
        await house.restart()
        await house.pass_s(60)
        assert house.provider.most_running == 2
        assert all(["这是回答" in (await house.run(phone.tap())).text for phone in phones])
