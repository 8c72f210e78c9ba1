"""Where the operator keeps some months, older questions go by themselves, and nobody notices."""

from pathlib import Path

from support.house import House, open_house
from support.scripted_provider import Script
from yingda.engine.chores.housekeeping import LOOK_EVERY_S
from yingda.texts import Texts

DAY_S = 86_400.0
COUNTS = """
    SELECT (SELECT count(*) FROM turn), (SELECT count(*) FROM push), (SELECT count(*) FROM offer)
"""


async def months_later(house: House) -> None:
    house.clock.step_wall_clock(100 * DAY_S)
    await house.pass_s(LOOK_EVERY_S + 10)


async def test_old_questions_go_and_the_conversation_goes_on(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.keep_months = 1
        await house.restart()
        phone = house.phone()
        house.provider.default = Script(text="回答。")
        assert "回答。" in (await house.run(phone.say("问题"))).text
        await months_later(house)
        assert house.rows(COUNTS) == [(0, 0, 0)]
        assert (await house.run(phone.say("1"))).text == Texts().say("nothing_yet")
        assert "回答。" in (await house.run(phone.say("又一个"))).text
        assert house.provider.calls[-1].conversation_id == "conversation-1"
        assert house.rows("SELECT max(number) FROM turn") == [(2,)]


async def test_a_promised_answer_is_fetched_months_later_and_then_goes(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.keep_months = 1
        await house.restart()
        phone = house.phone()
        house.provider.default = Script(text="回答。", after_s=20)
        await house.run(phone.say("问题"))
        await house.pass_s(30)
        await months_later(house)
        assert "回答。" in (await house.run(phone.say("1"))).text
        await months_later(house)
        assert house.rows(COUNTS) == [(0, 0, 0)]


async def test_where_nothing_is_set_everything_is_kept(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.default = Script(text="回答。")
        await house.run(house.phone().say("问题"))
        await months_later(house)
        assert house.rows(COUNTS) == [(1, 1, 1)]
