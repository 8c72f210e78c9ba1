"""Pushed answers over crashes and stops: nothing missing, and double only what was in doubt."""

from pathlib import Path

import pytest

from support.house import House
from support.markdown import render
from support.pushing import SEND, body, ends, open_pushing, parts, prose, pushed, slowly
from support.scripted_provider import Script
from yingda.engine.accounts.accounts import PushMode
from yingda.simulator.phone import Phone
from yingda.simulator.server_api_base import Fault

TEXT = prose(60)
WHOLE = "".join(render(TEXT).split())


async def dies(house: House, at_s: float) -> None:
    """The process dies so many seconds from now, and comes back at once."""
    await house.run(house.after(at_s, house.restart()))


async def acknowledged(house: House, phone: Phone, script: Script) -> None:
    house.provider.on("问", script)
    assert not (await house.run(phone.say("问"))).shown


async def test_a_crash_before_a_part_is_chosen_costs_nothing(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        await acknowledged(house, phone, Script(text=TEXT, after_s=8.0, found=TEXT))
        await dies(house, 1.0)
        await house.pass_s(20)
        assert body(*pushed(phone)) == WHOLE
        assert {state for _, state in parts(house)} == {"sent"}
        assert house.provider.count("问") == 1
        assert ends(house) == [(0, "done", 0)]


async def test_a_crash_after_the_choice_and_before_the_sending_sends_it_once(
    tmp_path: Path,
) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        house.api_latency_s = 1.0
        await house.run(house.restart())
        phone = house.phone()
        await acknowledged(house, phone, Script(text=TEXT, after_s=8.0))
        # The answer is there at 8 s; its first part is on its way for a second.
        await dies(house, 4.0)
        assert parts(house)[0] == (1, "doubtful")
        assert not pushed(phone)
        await house.pass_s(20)
        assert body(*pushed(phone)) == WHOLE
        assert parts(house)[:2] == [(1, "doubtful"), (1, "sent")]


async def test_a_crash_after_the_sending_sends_that_part_twice_and_no_other(
    tmp_path: Path,
) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.api.script(Fault(delay_s=2.0, path=SEND))
        await acknowledged(house, phone, Script(text=TEXT, after_s=8.0))
        await dies(house, 4.5)
        await house.pass_s(20)
        shown = pushed(phone)
        assert shown[0] == shown[1]
        assert body(*shown[1:]) == WHOLE
        assert parts(house)[:2] == [(1, "doubtful"), (1, "sent")]
        assert ends(house) == [(0, "done", 0)]


async def test_a_crash_with_the_last_part_on_its_way_sends_it_once_more(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.api.script(Fault(delay_s=2.0, path=SEND))
        await acknowledged(house, phone, Script(after_s=8.0))
        await dies(house, 4.5)
        await house.pass_s(10)
        first, second = pushed(phone)
        assert first == second
        assert ends(house) == [(0, "done", 0)]


async def test_an_answer_asked_again_after_a_crash_begins_anew_and_says_so(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        other = "第二次写的是这样。" * 10
        house.provider.on("问", slowly(TEXT, 20.0), slowly(other, 10.0))
        await house.run(phone.say("问"))
        await house.pass_s(2)
        assert len(pushed(phone)) == 1
        await dies(house, 1.0)
        await house.pass_s(20)
        shown = pushed(phone)
        assert "重新生成" in shown[1]
        assert "（1" in shown[1]
        again = body(*shown[1:])
        assert again[again.index("第二次") :] == other
        assert house.provider.count("问") == 2


async def test_a_found_answer_goes_on_behind_what_was_sent(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        await acknowledged(house, phone, slowly(TEXT, 20.0, found=TEXT))
        await house.pass_s(2)
        await dies(house, 1.0)
        await house.pass_s(20)
        assert body(*pushed(phone)) == WHOLE
        assert house.provider.count("问") == 1


@pytest.mark.parametrize("at_s", [0.05, 0.6, 1.3, 3.1, 5.7, 9.9, 12.2, 15.45, 15.55])
async def test_a_crash_at_any_moment_loses_nothing(tmp_path: Path, at_s: float) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        house.api_latency_s = 0.4
        await house.run(house.restart())
        phone = house.phone()
        await acknowledged(house, phone, slowly(TEXT, 20.0, found=TEXT))
        await dies(house, at_s)
        await house.pass_s(60)
        doubtful = [number for number, state in parts(house) if state == "doubtful"]
        shown = pushed(phone)
        once = [each for n, each in enumerate(shown) if each not in shown[:n]]
        assert body(*once) == WHOLE
        assert len(shown) - len(once) <= len(doubtful) <= 1
        assert ends(house) == [(0, "done", 0)]


async def test_a_repeat_after_the_crash_is_accepted_and_asks_nothing(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        await acknowledged(house, phone, Script(after_s=8.0, found="好的，这是回答。"))
        await house.run(house.restart())
        _, clear = await house.repeat()
        assert clear == b"success"
        await house.pass_s(10)
        assert len(pushed(phone)) == 1


async def test_two_turns_go_on_in_order_after_a_crash(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.on("甲", Script(text="甲的回答。", after_s=9.0, found="甲的回答。"))
        house.provider.on("乙", Script(text="乙的回答。", after_s=9.0))
        await house.together(phone.say("甲"), house.after(1.0, phone.say("乙")))
        await dies(house, 1.0)
        await house.pass_s(30)
        text = body(*pushed(phone))
        assert text.index("甲的回答") < text.index("乙的回答")
        assert ends(house) == [(0, "done", 0)] * 2


async def test_a_stop_in_order_sends_what_is_there_and_leaves_nothing_in_doubt(
    tmp_path: Path,
) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        house.api_latency_s = 0.5
        await house.run(house.restart())
        phone = house.phone()
        house.provider.on("问", slowly(TEXT, 10.0))
        await house.run(phone.say("问"))
        await house.run(house.gateway.drain(25.0))
        await house.run(house.close())
        assert body(*pushed(phone)) == WHOLE
        assert ends(house) == [(0, "done", 0)]
        await house.run(house.open())


async def test_what_a_stop_interrupts_is_pushed_by_the_next_process(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.on("问", slowly(TEXT, 60.0, found=TEXT))
        # Also what is asked while the process stops is acknowledged: it is durable.
        await house.interrupted(phone.say("问"), 2.0, house.gateway.drain(8.0))
        await house.run(house.close())
        assert ends(house)[0][0] == 1
        await house.run(house.open())
        await house.pass_s(30)
        assert body(*pushed(phone)) == WHOLE


async def test_an_account_that_became_passive_leaves_the_rest_for_pickup(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        house.provider.on(
            "问", Script(text="好的，这是回答。", after_s=8.0, found="好的，这是回答。")
        )
        await house.run(house.phone().say("问"))
    async with open_pushing(tmp_path, PushMode.PASSIVE) as house:
        house.provider.on("问", Script(found="好的，这是回答。"))
        await house.pass_s(5)
        assert ends(house) == [(0, "denied", 1)]
        assert "这是回答" in (await house.run(house.phone().say("1"))).text
