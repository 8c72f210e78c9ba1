"""Rule 6: an account that may push acknowledges at 4.5 s and sends the parts as they come."""

from pathlib import Path

import pytest

from support.markdown import render
from support.pushing import LABEL, SAY, SEND, TYPING, body, ends, parts, prose, pushed, slowly
from support.pushing import open_pushing as open_house
from support.scripted_provider import Script
from yingda.engine.accounts.accounts import PushMode
from yingda.errors import AnswerIncomplete, FailureKind, ProviderBusy
from yingda.simulator import pushes
from yingda.simulator.platform import Outcome
from yingda.texts import failure_key
from yingda.wechat.limits import TEXT_LIMIT_BYTES


async def test_a_slow_answer_is_acknowledged_and_sent_when_it_is_there(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=8.0))
        seen = await house.run(phone.say("问"))
        assert len(seen.attempts) == 1
        assert seen.deciding.outcome is Outcome.ACCEPTED
        assert seen.delay_s == pytest.approx(4.5, abs=0.05)
        await house.pass_s(4)
        assert pushed(phone) == ["好的，这是回答。\n\n" + LABEL]
        assert phone.history[-1].at_s - phone.history[0].at_s == pytest.approx(8.0, abs=0.1)
        assert ends(house) == [(0, "done", 0)]


async def test_an_answer_within_the_window_is_replied_and_costs_no_message(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=3.0))
        assert "这是回答" in (await house.run(phone.say("问"))).text
        await house.pass_s(1)
        assert not phone.is_typing
        assert house.api.calls[SEND] == 0
        assert house.platform.followers.left(phone.openid) == 5


async def test_a_quick_answer_asks_nothing_of_the_server_api(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await house.run(house.phone().say("问"))
        await house.pass_s(5)
        assert not house.api.calls


@pytest.mark.parametrize("during_s", [8.0, 30.0, 90.0])
@pytest.mark.parametrize("sentences", [8, 60, 150])
async def test_parts_are_sent_as_they_are_written_and_join_to_the_whole(
    tmp_path: Path, during_s: float, sentences: int
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        text = prose(sentences)
        house.provider.on("问", slowly(text, during_s))
        await house.run(phone.say("问"))
        await house.pass_s(during_s)
        shown = pushed(phone)
        assert 1 <= len(shown) <= 5
        assert body(*shown) == "".join(render(text).split())
        assert all(len(each.encode()) <= TEXT_LIMIT_BYTES and LABEL in each for each in shown)
        assert [f"（{n}" in each for n, each in enumerate(shown, 1)] == [True] * len(shown)
        assert ends(house) == [(0, "done", 0)]
        assert {state for _, state in parts(house)} == {"sent"}


async def test_the_first_part_comes_early_and_the_next_ones_are_large(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", slowly(prose(150), 60.0))
        await house.run(phone.say("问"))
        await house.pass_s(0.1)
        (first,) = pushed(phone)
        assert 40 <= len(body(first)) < 600
        assert "看下文" not in first
        await house.pass_s(60)
        assert all(len(body(each)) > 400 for each in pushed(phone)[1:-1])


async def test_what_five_messages_do_not_hold_waits_for_pickup_and_goes_on_there(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        text = prose(400)
        house.provider.on("问", slowly(text, 30.0))
        await house.run(phone.say("问"))
        await house.pass_s(40)
        shown = pushed(phone)
        assert len(shown) == 5
        assert ["看下文" in each for each in shown] == [False] * 4 + [True]
        assert ends(house) == [(0, "quota", 1)]
        while "看下文" in shown[-1]:
            shown.append((await house.run(phone.say("1"))).text)
        assert body(*shown) == "".join(render(text).split())
        assert len(pushed(phone)) == 5


async def test_the_rest_is_announced_with_the_next_reply(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", slowly(prose(400), 30.0))
        await house.run(phone.say("问"))
        await house.pass_s(40)
        assert "「问」的回答还有下文" in (await house.run(phone.say("别的"))).text


# The typing state


async def test_the_typing_state_is_shown_from_the_first_second_on_within_its_rules(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=60.0))
        await house.run(phone.say("问"))
        seen = []
        for _ in range(12):
            seen.append(phone.is_typing)
            await house.pass_s(5)
        # From second 4.5 on, every five seconds.
        assert seen == [True] * 6 + [False] * 6
        # Each ends by itself after 15 s, and none begins later than 30 s.
        assert house.api.calls[TYPING] == 2
        assert pushed(phone)


async def test_between_parts_the_typing_state_comes_back(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", slowly(prose(100), 25.0))
        await house.run(phone.say("问"))
        await house.pass_s(2)
        assert len(pushed(phone)) == 1
        assert phone.is_typing
        await house.pass_s(30)
        assert not phone.is_typing


# Failures and changes of the text


async def test_a_failure_after_the_acknowledgement_is_told(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=6.0, fail=ProviderBusy("x")))
        await house.run(phone.say("问"))
        await house.pass_s(3)
        (told,) = pushed(phone)
        assert "太多" in told
        assert ends(house) == [(0, "done", 0)]


async def test_a_run_that_breaks_off_is_told_behind_what_was_sent(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        text = prose(60)
        broken = slowly(text, 20.0, fail=AnswerIncomplete("x"), fail_after_chars=300)
        house.provider.on("问", broken)
        await house.run(phone.say("问"))
        await house.pass_s(25)
        shown = pushed(phone)
        assert body(shown[0]) in text
        sentence = SAY(failure_key(FailureKind.INCOMPLETE), retry="").split("。")[0]
        assert sentence[:8] in shown[-1]
        assert ends(house) == [(0, "done", 0)]


async def test_a_text_that_was_replaced_is_corrected(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", slowly(prose(20), 20.0, replaced_by="改过的回答。"))
        await house.run(phone.say("问"))
        await house.pass_s(25)
        assert SAY("notice_corrected") in pushed(phone)[-1]
        assert body(pushed(phone)[-1]).endswith("改过的回答。")


async def test_a_lost_conversation_is_told_with_the_first_part(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.say("先"))
        house.provider.on("问", slowly(prose(20), 20.0, reset=True))
        await house.run(phone.say("问"))
        await house.pass_s(25)
        restarted = SAY("conversation_restarted")
        assert [restarted in each for each in pushed(phone)].count(True) == 1
        assert restarted in pushed(phone)[0]


# What followers do meanwhile


async def test_a_pickup_while_parts_are_sent_is_accepted_and_brings_the_next_one(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        text = prose(100)
        house.provider.on("问", slowly(text, 60.0))
        await house.run(phone.say("问"))
        await house.pass_s(3)
        count = len(pushed(phone))
        seen = await house.run(phone.say("1"))
        assert seen.deciding.outcome is Outcome.ACCEPTED
        await house.pass_s(2)
        assert len(pushed(phone)) == count + 1
        await house.pass_s(60)
        assert body(*pushed(phone)) == "".join(render(text).split())
        assert house.provider.count("问") == 1


async def test_a_pickup_when_all_was_sent_shows_the_answer_again(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=8.0))
        await house.run(phone.say("问"))
        await house.pass_s(5)
        assert (await house.run(phone.say("1"))).text.startswith("问：问")


async def test_of_two_questions_the_parts_come_in_order(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        first, second = prose(60), prose(60, first=500)
        house.provider.on("甲", slowly(first, 15.0))
        house.provider.on("乙", slowly(second, 15.0))
        await house.together(phone.say("甲"), house.after(2.0, phone.say("乙")))
        await house.pass_s(40)
        assert body(*pushed(phone)).replace("「甲」", "") == "".join((first + second).split())
        assert ends(house) == [(0, "done", 0)] * 2


async def test_a_question_asked_meanwhile_gets_its_first_part_early_too(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("甲", slowly(prose(20), 20.0))
        house.provider.on("乙", slowly(prose(40, first=100), 40.0))
        await house.run(phone.say("甲"))
        await house.run(phone.say("乙"))
        await house.pass_s(18)
        shown = pushed(phone)
        assert "第019句" in shown[-2]
        assert "第100句" in shown[-1]
        assert 40 <= len(body(shown[-1])) < 200


async def test_a_cleared_conversation_goes_on_being_sent_and_the_new_one_waits_for_it(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("甲", slowly(prose(60), 30.0))
        house.provider.on("乙", slowly(prose(20, first=500), 8.0))
        await house.run(phone.say("甲"))
        await house.run(phone.say("/clear"))
        await house.run(phone.say("乙"))
        await house.pass_s(40)
        text = body(*pushed(phone))
        assert text.index("第059句") < text.index("第500句")
        assert ends(house) == [(0, "done", 0)] * 2


async def test_who_leaves_is_sent_nothing_more(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", slowly(prose(100), 30.0))
        await house.run(phone.say("问"))
        await house.pass_s(2)
        count = house.api.calls[SEND]
        await house.run(phone.unfollow())
        await house.pass_s(60)
        assert house.api.calls[SEND] == count
        assert ends(house) == [(0, "withdrawn", 0)]


async def test_who_stops_is_sent_nothing_more(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", slowly(prose(100), 30.0))
        await house.run(phone.say("问"))
        await house.pass_s(2)
        count = len(pushed(phone))
        await house.run(phone.say("/stop"))
        await house.pass_s(60)
        assert len(pushed(phone)) == count
        assert ends(house)[0][:2] == (0, "withdrawn")


# Quotas


async def test_a_tap_on_a_menu_button_leaves_three_messages_for_a_minute(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=90.0))
        await house.run(phone.say("问"))
        await house.run(phone.send(pushes.click("x")))
        assert house.rows("SELECT messages_left FROM quota") == [(3,)]
        await house.pass_s(100)
        # The minute is over: it waits for pickup, as the follower was told in time.
        assert ["1%231" in each for each in pushed(phone)] == [True]
        assert ends(house) == [(0, "quota", 1)]
        assert "这是回答" in (await house.run(phone.say("1"))).text


async def test_the_quota_we_keep_is_the_one_that_wechat_keeps(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.follow())
        assert house.rows("SELECT messages_left FROM quota") == [(3,)]
        house.provider.on("问", slowly(prose(60), 20.0))
        await house.run(phone.say("问"))
        await house.pass_s(30)
        left = house.platform.followers.left(phone.openid)
        assert house.rows("SELECT messages_left FROM quota") == [(left,)]


async def test_a_passive_account_keeps_no_quota(tmp_path: Path) -> None:
    async with open_house(tmp_path, PushMode.PASSIVE) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=8.0))
        assert "正在思考" in (await house.run(phone.say("问"))).text
        assert house.rows("SELECT count(*) FROM quota") == [(0,)]
        assert not house.api.calls
