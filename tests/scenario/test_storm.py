"""A thousand followers at once: everybody gets a legal reply, and the storm passes."""

from collections import Counter
from pathlib import Path

from support.house import House, open_house
from support.hung_disk import hang
from support.scripted_provider import Script
from yingda.engine.intake.admission import Capacity
from yingda.simulator.platform import Delivered
from yingda.texts import Texts

FOLLOWERS = 1000
BUSY = Texts().say("busy")


def kind_of(seen: Delivered) -> str:
    if seen.is_failure_line:
        return "failure"
    if seen.text == BUSY:
        return "busy"
    return "answer" if "这是回答" in seen.text else "promise"


async def storm(house: House, followers: int = FOLLOWERS) -> list[Delivered]:
    """Everybody asks within one second, in the order of their numbers."""
    return await house.together(
        *(house.after(n / followers, house.phone(f"o_{n}").say(f"问{n}")) for n in range(followers))
    )


async def test_a_storm_over_the_bound_is_shed_politely_in_order_and_passes(tmp_path: Path) -> None:
    capacity = Capacity(max_open_turns=600, concurrency={"scripted": 50})
    async with open_house(tmp_path, capacity=capacity, patience=20) as house:
        house.provider.default = Script(after_s=5)
        seen = await storm(house)
        kinds = Counter(map(kind_of, seen))
        assert kinds == {"busy": 400, "promise": 600 - kinds["answer"], "answer": kinds["answer"]}
        # Who came first was let in.
        assert [kind_of(each) == "busy" for each in seen] == [False] * 600 + [True] * 400
        await house.pass_s(70)
        assert [prompt.text for prompt in house.provider.calls] == [f"问{n}" for n in range(600)]
        assert house.provider.most_running == 50
        for n in (0, 1, 299, 599):
            assert "这是回答" in (await house.run(house.phone(f"o_{n}").say("1"))).text
        house.provider.default = Script(text="又好了。")
        assert "又好了。" in (await house.run(house.phone("o_999").say("再问"))).text
        assert house.platform.counters.failure_lines == 0


async def test_more_attempts_than_may_wait_are_promised_at_once_and_answered_later(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, capacity=Capacity(max_held=100)) as house:
        house.provider.default = Script(after_s=8)
        seen = await storm(house)
        kinds = Counter(map(kind_of, seen))
        assert set(kinds) == {"answer", "promise"}
        at_once = [each for each in seen if kind_of(each) == "promise" and each.delay_s < 1]
        # The first hundred wait; the second attempts of some of them meet a room that is full.
        assert len(at_once) == 900
        await house.pass_s(30)
        assert len(house.provider.calls) == FOLLOWERS
        for n in (0, 500, 999):
            assert "这是回答" in (await house.run(house.phone(f"o_{n}").say("1"))).text
        assert house.platform.counters.failure_lines == 0


async def test_a_storm_while_the_disk_hangs_ends_without_a_failure_line(tmp_path: Path) -> None:
    async with open_house(tmp_path, capacity=Capacity(max_open_turns=200)) as house:
        house.provider.default = Script(after_s=20)
        hang(house, 12)
        seen = await storm(house, 300)
        assert not any(each.is_failure_line for each in seen)
        await house.pass_s(60)
        asked = Counter(prompt.text for prompt in house.provider.calls)
        assert len(asked) == 200
        assert set(asked.values()) == {1}
        house.provider.default = Script(text="又好了。")
        assert "又好了。" in (await house.run(house.phone("o_999").say("再问"))).text
