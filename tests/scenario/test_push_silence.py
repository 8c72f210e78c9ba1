"""An accepted question is never followed by silence for good: sent, told of, or replied to."""

from pathlib import Path

import pytest

from support.pushing import SEND, TYPING, body, ends, open_pushing, prose, pushed, slowly
from support.scripted_provider import Script
from yingda.engine.accounts.accounts import PushMode
from yingda.simulator import pushes
from yingda.simulator.platform import Outcome
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


async def test_a_long_answer_leaves_a_message_for_the_one_behind_it(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.on("甲", slowly(prose(400), 30.0))
        house.provider.on("乙", Script(text="乙的回答。"))
        await house.together(phone.say("甲"), house.after(1.0, phone.say("乙")))
        await house.pass_s(60)
        assert len(pushed(phone)) == 5
        assert "看下文" in pushed(phone)[3]
        assert "乙的回答" in pushed(phone)[4]
        assert "「甲」的回答还有下文" in pushed(phone)[4]
        assert ends(house) == [(0, "quota", 1), (0, "done", 0)]


@pytest.mark.parametrize("code", [40164, 40125, 45009])
async def test_while_the_server_api_refuses_all_questions_get_replies(
    tmp_path: Path, code: int
) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=8.0)
        house.api.script(Fault(code=code, path=SEND))
        assert (await house.run(phone.say("甲"))).deciding.outcome is Outcome.ACCEPTED
        await house.pass_s(10)
        assert "「甲」已有回答" in (await house.run(phone.say("乙"))).text
        await house.pass_s(70)
        assert not (await house.run(phone.say("丙"))).shown
        await house.pass_s(10)
        assert len(pushed(phone)) == 1


@pytest.mark.parametrize("code", [40164, 40125])
async def test_a_refused_token_is_known_before_a_question_is_accepted(
    tmp_path: Path, code: int
) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=8.0)
        house.api.script(Fault(code=code, path="/cgi-bin/stable_token"), times=50)
        assert "正在思考" in (await house.run(phone.say("甲"))).text
        assert house.api.calls[TYPING] == house.api.calls[SEND] == 0


async def test_before_a_short_right_runs_out_the_follower_is_told_how_to_get_the_answer(
    tmp_path: Path,
) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=90.0))
        await house.run(phone.say("问"))
        await house.run(phone.send(pushes.click("x")))
        await house.pass_s(100)
        (told,) = pushed(phone)
        assert "1%231" in told
        assert ends(house) == [(0, "quota", 1)]
        assert "这是回答" in (await house.run(phone.say("1"))).text


async def test_of_many_questions_at_once_every_unread_answer_was_told_of(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        phone = house.phone()
        house.provider.default = Script(text=TEXT, after_s=20.0)
        house.provider.on("甲", slowly(prose(350), 90.0))
        questions = (phone.say(each) for each in "甲乙丙丁")
        await house.together(*questions)
        await house.pass_s(200)
        told = "".join(bubble.text for bubble in phone.history)
        for (number,) in house.rows("SELECT number FROM turn WHERE is_unread = 1"):
            assert f"1%23{number}&" in told


async def test_a_part_under_way_is_counted_against_the_renewed_quota(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, PushMode.PUSH) as house:
        house.api_latency_s = 1.0
        await house.run(house.restart())
        phone = house.phone()
        house.provider.on("问", Script(after_s=8.0))
        await house.run(phone.say("问"))
        await house.together(house.after(4.0, phone.say("/help")), house.clock.sleep(10.0))
        left = house.platform.followers.left(phone.openid)
        assert house.rows("SELECT messages_left FROM quota") == [(left,)] == [(4,)]
