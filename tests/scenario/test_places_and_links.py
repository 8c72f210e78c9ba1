"""Places, links and pages of mini-programs are questions like any other."""

from pathlib import Path

import pytest

from support.house import open_house
from yingda.simulator import pushes
from yingda.simulator.pushes import Sent
from yingda.texts import Texts

SENT = {
    "place": (pushes.location(), "地点：广州市天河区"),
    "link": (pushes.link(), "网址：https://example.com/"),
}


@pytest.mark.parametrize("form", SENT)
async def test_it_is_asked_once_and_its_repeats_get_the_same_reply(
    tmp_path: Path, form: str
) -> None:
    sent, line = SENT[form]
    async with open_house(tmp_path) as house:
        seen = await house.run(house.phone().send(sent))
        assert "好的，这是回答。" in seen.text
        verdict, _ = await house.repeat()
        assert verdict.clear == seen.deciding.verdict.clear
        assert [line in prompt.text for prompt in house.provider.calls] == [True]
        assert house.rows("SELECT form, state FROM turn") == [(form, "answered")]


async def test_asked_again_it_is_still_what_it_was(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.send_location())
        await house.run(phone.say("/retry"))
        assert house.rows("SELECT form FROM turn") == [("place",)] * 2
        first, second = house.provider.calls
        assert first.text == second.text


@pytest.mark.parametrize("sent", [pushes.location(), pushes.link()])
async def test_limits_and_lists_hold_for_it(tmp_path: Path, sent: Sent) -> None:
    async with open_house(tmp_path, daily_questions=1) as house:
        phone = house.phone()
        await house.run(phone.say("问"))
        assert (await house.run(phone.send(sent))).text == Texts().say("daily_limit", count=1)
        await house.change(blocked=frozenset({"o_follower"}))
        assert (await house.run(phone.send(sent))).text == Texts().say("blocked")
        assert len(house.provider.calls) == 1
