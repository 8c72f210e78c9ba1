"""A process that dies while it looks for the answer of a run that died before."""

from pathlib import Path

from support.house import open_house
from support.scripted_provider import Script


async def test_the_search_for_a_cut_run_goes_on_after_another_crash(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        script = Script(text="从头来的。", after_s=200, found="找到的。", find_after_s=30)
        house.provider.on("问", script)
        assert "稍后回复" in (await house.run(phone.say("问"))).text
        for _ in range(3):
            await house.restart()
            await house.pass_s(15)
        await house.pass_s(60)
        assert "找到的。" in (await house.run(phone.say("1"))).text
        assert house.provider.count("问") == 1
        # Whatever was known of the run is known to every search for it.
        first, *others = house.provider.finds
        assert first.message_id is not None
        assert set(others) <= {first}
        assert len(others) == 2
