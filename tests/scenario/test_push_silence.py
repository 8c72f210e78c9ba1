"""An accepted question is never followed by silence for good: sent, told of, or replied to."""

from pathlib import Path

from support.pushing import SEND, body, ends, open_pushing, prose, pushed, slowly
from support.scripted_provider import Script
from yingda.engine.accounts import PushMode
from yingda.simulator.server_api_base import Fault

TEXT = prose(60)


async def test_an_older_turn_that_is_pushed_later_goes_first_and_holds_nobody_up(
    tmp_path: Path,
) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.on("甲", slowly(TEXT, 40.0))
        house.provider.on("乙", Script(text="乙的回答。"))
        house.api.script(Fault(code=45047, path=SEND))
        await house.run(phone.say("甲"))
        # The first part is refused: the rest is left to pickup.
        await house.pass_s(2)
        await house.run(phone.say("乙"))
        await house.run(phone.say("1#1"))
        await house.pass_s(60)
        assert ends(house) == [(0, "done", 0)] * 2
        shown = body(*pushed(phone)).replace("「甲」", "")
        assert shown == "".join(TEXT.split()) + "乙的回答。"


async def test_a_pickup_of_what_was_twice_in_doubt_is_replied_to(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.on("问", slowly(TEXT, 90.0))
        house.api.script(Fault(is_silent=True, path=SEND), times=2)
        await house.run(phone.say("问"))
        await house.pass_s(30)
        assert ends(house) == [(0, "doubtful", 0)]
        assert body((await house.run(phone.say("1"))).text)[:20] == TEXT[:20]
