"""Promise 6: what a follower wrote is erased when they ask, leave, or take their consent back."""

import asyncio
from pathlib import Path

import pytest

from support.house import House, account, open_house
from support.scripted_provider import Script, ScriptedProvider
from yingda.actions import CommandAction, Match, Rule, TextAction
from yingda.engine.accounts.duties import Duties
from yingda.engine.accounts.rules import Rules
from yingda.engine.chores.erasure import GRACE_S
from yingda.errors import ProviderUnavailable
from yingda.simulator import pushes
from yingda.simulator.phone import Phone, tap_links
from yingda.simulator.platform import Way
from yingda.texts import Texts
from yingda.words import Command, words_to_commands, words_to_show

QUESTION, ANSWER = "秘密的问题", "秘密的回答。"
SECRET = "秘密"
DONE = Texts().say("forgotten")
UNKNOWN = Texts().say("nothing_to_confirm")
NOTHING = Texts().say("nothing_yet")
DAY_S = 86_400.0
LEFT = "SELECT count(*) FROM turn WHERE erased_at IS NULL"
#: Every column that may hold what somebody wrote or was told, with what the provider called it.
TEXTS = """
    SELECT question || answer || failure_detail || coalesce(run_conversation_id, '')
        || coalesce(asked_in_conversation_id, '') || coalesce(message_id, '')
        || coalesce(task_id, '') FROM turn WHERE openid = '{openid}'
    UNION ALL SELECT CAST(reply AS TEXT) FROM push WHERE openid = '{openid}'
    AND (CAST(reply AS TEXT) LIKE '%秘密%' OR CAST(reply AS TEXT) LIKE '%weixin:%')
    UNION ALL SELECT shown FROM offer JOIN turn ON turn.id = turn_id WHERE openid = '{openid}'
    UNION ALL SELECT replaced_answer FROM turn WHERE openid = '{openid}'
    UNION ALL SELECT provider_conversation_id FROM conversation WHERE openid = '{openid}'
    UNION ALL SELECT summary FROM conversation WHERE openid = '{openid}'
"""


class Stubborn(ScriptedProvider):
    """Refuses to forget, so many times."""

    refusals = 0

    async def forget(self, conversation_id: str, user: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ProviderUnavailable("not now")
        await super().forget(conversation_id, user)


def texts_of(house: House, openid: str = "o_follower") -> list[str]:
    return [value for (value,) in house.rows(TEXTS.format(openid=openid)) if value]


def to_do(house: House) -> tuple[int, int]:
    rows = house.rows(
        "SELECT (SELECT count(*) FROM erasure), (SELECT count(*) FROM provider_deletion)"
    )
    return rows[0][0], rows[0][1]


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def talk(house: House, phone: Phone) -> None:
    """An answer, a failure, an answer that is unread, and one of which a part was replaced."""
    house.provider.default = Script(text=ANSWER)
    await house.run(phone.say(QUESTION))
    house.provider.on(f"{QUESTION}？", Script(fail=ProviderUnavailable(f"{SECRET}的详情")))
    await house.run(phone.say(f"{QUESTION}？"))
    house.provider.on(f"{QUESTION}！", Script(text=ANSWER, after_s=20))
    await house.run(phone.say(f"{QUESTION}！"))
    await house.pass_s(10)
    long = ANSWER * 20
    house.provider.on(f"{QUESTION}：", Script(text=long, chunks=2, during_s=40, replaced_by=ANSWER))
    assert SECRET in (await house.run(phone.say(f"{QUESTION}："))).text
    await house.pass_s(40)
    await house.run(phone.say("/status"))


async def forget(house: House, phone: Phone) -> None:
    await house.run(phone.say("/forget"))
    assert (await house.run(phone.tap())).text == DONE


@pytest.mark.parametrize("yes", ["tap", "确认", "confirm"])
async def test_a_confirmed_forget_erases_here_and_at_the_provider(tmp_path: Path, yes: str) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await talk(house, phone)
        asked = await house.run(phone.say("/forget"))
        assert "确定要删除吗" in asked.text
        assert texts_of(house)
        done = await house.run(phone.tap() if yes == "tap" else phone.say(yes))
        assert done.text == DONE
        await house.pass_s(GRACE_S + 1)
        assert texts_of(house) == []
        assert house.provider.forgotten == [("conversation-1", house.provider.calls[0].user)]
        assert to_do(house) == (0, 0)
    # Neither the file nor what lies beside it shows the text any more.
    assert SECRET.encode() not in everything_in(tmp_path)


async def test_after_an_erasure_nothing_old_is_shown_and_numbers_go_on(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await talk(house, phone)
        await forget(house, phone)
        for word in ("1", "1#1", "1#3"):
            assert (await house.run(phone.say(word))).text == NOTHING
        assert (await house.run(phone.say("/retry"))).text == Texts().say("nothing_to_retry")
        assert (await house.run(phone.say("/status"))).text == Texts().say("status_nothing")
        seen = await house.run(phone.say("新的"))
        assert "「" not in seen.text
        assert house.provider.calls[-1].conversation_id is None
        assert house.rows("SELECT max(number) FROM turn") == [(5,)]


async def test_a_question_that_runs_is_cancelled_and_its_conversation_deleted_too(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.default = Script(text=ANSWER, chunks=2, after_s=1, during_s=30)
        await house.run(phone.say("/forget"))
        seen, done = await house.together(phone.say(QUESTION), house.after(3, phone.tap()))
        assert (seen.text, done.text) == ("", DONE)
        await house.pass_s(60)
        assert [stop.task_id for stop in house.provider.stops] == ["task-1"]
        assert [name for name, _ in house.provider.forgotten] == ["conversation-1"]
        assert house.provider.running == 0
        assert texts_of(house) == []
        assert house.platform.counters.failure_lines == 0


async def test_repeats_of_what_was_erased_ask_nothing_and_show_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await talk(house, phone)
        await forget(house, phone)
        await house.pass_s(1)
        count = len(house.provider.calls)
        for nth in range(len(house.requests) - 1):
            _, body = await house.repeat(nth)
            assert body in {b"", b"success"}
        assert len(house.provider.calls) == count


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_repeat_of_the_confirmation_gets_the_same_reply_and_erases_nothing_new(
    tmp_path: Path,
    restarts: bool,  # noqa: FBT001  pytest hands parameters in by name
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await talk(house, phone)
        await house.run(phone.say("/forget"))
        done = await house.run(phone.tap(way=Way(lost_replies=frozenset({1, 2}))))
        at = len(house.requests) - 1
        if restarts:
            await house.restart()
        house.provider.default = Script(text="新的回答。", after_s=20)
        await house.run(phone.say("新的"))
        verdict, _ = await house.repeat(at)
        assert verdict.clear == done.deciding.verdict.clear
        await house.pass_s(30)
        assert "新的回答。" in (await house.run(phone.say("1"))).text


async def test_the_wish_must_be_confirmed_in_time_and_once(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await talk(house, phone)
        asked = await house.run(phone.say("/forget"))
        code = tap_links(asked.text)[0].content
        await house.pass_s(301)
        assert (await house.run(phone.say(code))).text == UNKNOWN
        assert texts_of(house)
        await forget(house, phone)
        assert (await house.run(phone.say(code))).text == UNKNOWN


async def test_a_confirming_word_is_a_question_where_nothing_is_to_be_confirmed(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.say("确认"))
        assert house.provider.count("确认") == 1
        await house.repeat()
        assert house.provider.count("确认") == 1


@pytest.mark.parametrize("yes", ["tap", "确认"])
async def test_a_button_that_forgets_can_be_confirmed_where_no_word_begins_it(
    tmp_path: Path, yes: str
) -> None:
    words = words_to_commands({}, {Command.FORGET})
    shown = words_to_show({}, {Command.FORGET})
    rules = Rules((Rule(Match.EXACT, ("确认",), TextAction("收到")),))
    asks = CommandAction(Command.FORGET)
    own = account(
        command_words=words, shown_words=shown, duties=Duties(rules=rules, keys={"erase": asks})
    )
    async with open_house(tmp_path, own) as house:
        phone = house.phone()
        await talk(house, phone)
        assert (await house.run(phone.say("确认"))).text == "收到"
        await house.run(phone.click("erase"))
        confirmed = await house.run(phone.tap() if yes == "tap" else phone.say(yes))
        assert confirmed.text == DONE
        assert (await house.run(phone.say("确认"))).text == "收到"
        await house.pass_s(60)
        assert texts_of(house) == []


async def test_a_link_to_what_was_erased_leads_to_nothing_that_was_asked_since(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await talk(house, phone)
        await forget(house, phone)
        house.provider.on("新的", Script(text="新的回答。"))
        await house.run(phone.say("新的"))
        assert (await house.run(phone.say("1#1"))).text == NOTHING
        assert "新的回答。" in (await house.run(phone.say("1"))).text


async def test_nobody_elses_texts_are_erased(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        one, two = house.phone("o_one"), house.phone("o_two")
        for phone in (one, two):
            await talk(house, phone)
        before = texts_of(house, "o_two")
        await house.run(one.say("/forget"))
        asked = tap_links(one.history[-1].text)[0].content
        assert (await house.run(two.say(asked))).text == UNKNOWN
        await house.run(one.tap())
        await house.pass_s(60)
        assert texts_of(house, "o_one") == []
        assert before == [text for text in texts_of(house, "o_two") if text in before]


# Crashes and a provider that does not answer


@pytest.mark.parametrize("at_s", [0.0, 0.001, 1.0, GRACE_S - 0.1, GRACE_S, GRACE_S + 0.1])
async def test_a_crash_in_the_middle_of_an_erasure_loses_none_of_it(
    tmp_path: Path, at_s: float
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await talk(house, phone)
        await house.run(phone.say("/forget"))
        await house.interrupted(phone.tap(way=Way(delays_s=(0.0, 0.1, 0.1))), at_s, house.restart())
        await house.pass_s(300)
        assert texts_of(house) == []
        assert {name for name, _ in house.provider.forgotten} == {"conversation-1"}
        assert to_do(house) == (0, 0)


async def die_in_the_middle(house: House) -> None:
    """Restart as soon as an erasure is durable, and before it is done."""
    while not house.rows("SELECT 1 FROM erasure"):  # noqa: ASYNC110 - the store tells nobody
        await asyncio.sleep(0)
    assert house.rows(LEFT) != [(0,)]
    await house.restart()


async def test_a_long_record_is_erased_although_the_process_dies_again_and_again(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        for n in range(450):
            await house.run(phone.say(f"{QUESTION}{n}"))
        await house.run(phone.say("/forget"))
        await house.interrupted(phone.tap(), 0.0, die_in_the_middle(house))
        await house.restart()
        await house.pass_s(1)
        assert house.rows(LEFT) == [(0,)]
        assert [text for text in texts_of(house) if SECRET in text] == []


async def test_a_provider_that_cannot_be_reached_is_asked_again_later_and_later(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        house.provider = stubborn = Stubborn(house.clock)
        house.providers["scripted"] = stubborn
        stubborn.refusals = 3
        await house.restart()
        phone = house.phone()
        await talk(house, phone)
        await forget(house, phone)
        for wait_s, left in ((GRACE_S + 1, 2), (61, 1), (60, 1), (61, 0)):
            await house.pass_s(wait_s)
            assert (stubborn.refusals, to_do(house)) == (left, (0, 1))
            assert texts_of(house) == []
        # Two processes' worth of lives do not forget it.
        await house.restart()
        await house.pass_s(240)
        assert [name for name, _ in stubborn.forgotten] == ["conversation-1"]
        assert to_do(house) == (0, 0)


async def test_a_provider_that_is_not_set_up_any_more_stays_to_be_done(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await talk(house, phone)
        await forget(house, phone)
        kept = house.providers.pop("scripted")
        await house.restart()
        await house.pass_s(600)
        assert to_do(house) == (0, 1)
        house.providers["scripted"] = kept
        await house.restart()
        await house.pass_s(DAY_S)
        assert to_do(house) == (0, 0)


# Leaving and revoking


async def test_a_day_after_somebody_left_their_texts_are_erased(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await talk(house, phone)
        await house.run(phone.unfollow())
        await house.pass_s(DAY_S - 60)
        assert texts_of(house)
        await house.pass_s(120)
        assert texts_of(house) == []
        assert [name for name, _ in house.provider.forgotten] == ["conversation-1"]


async def test_without_a_span_they_are_erased_at_once(tmp_path: Path) -> None:
    async with open_house(tmp_path, account(erase_after_unsubscribe_h=0.0)) as house:
        phone = house.phone()
        await talk(house, phone)
        await house.run(phone.unfollow())
        await house.pass_s(1)
        assert texts_of(house) == []


async def test_following_again_revives_nothing_and_stops_no_erasure_and_loses_nothing_new(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await talk(house, phone)
        await house.run(phone.unfollow())
        await house.pass_s(3600)
        await house.run(phone.follow())
        assert (await house.run(phone.say("1"))).text == NOTHING
        house.provider.on("新的", Script(text="新的回答。"))
        await house.run(phone.say("新的"))
        await house.restart()
        await house.pass_s(DAY_S)
        assert [text for text in texts_of(house) if SECRET in text] == []
        assert house.rows("SELECT question FROM turn WHERE erased_at IS NULL") == [("新的",)]
        assert "新的回答。" in (await house.run(phone.say("1"))).text
        assert [name for name, _ in house.provider.forgotten] == ["conversation-1"]


@pytest.mark.parametrize(
    ("event", "erases"),
    [
        (pushes.event("user_authorization_revoke", ("OpenID", "o_subject")), True),
        (
            pushes.event("user_info_modified", ("OpenID", "o_subject"), ("RevokeInfo", "1")),
            True,
        ),
        (pushes.event("user_info_modified", ("OpenID", "o_subject")), False),
    ],
)
async def test_who_takes_the_consent_back_is_erased_at_once(
    tmp_path: Path, event: pushes.Sent, *, erases: bool
) -> None:
    async with open_house(tmp_path) as house:
        subject = house.phone("o_subject")
        await talk(house, subject)
        assert (await house.run(house.phone("o_platform").send(event))).text == ""
        await house.pass_s(1)
        assert (texts_of(house, "o_subject") == []) is erases


# Idle conversations


async def test_after_idle_hours_a_question_begins_a_new_conversation_and_keeps_the_old_record(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, account(idle_s=7200.0)) as house:
        phone = house.phone()
        for pause_s in (7000, 7300, 0):
            await house.run(phone.say("问"))
            await house.pass_s(pause_s)
        ids = [prompt.conversation_id for prompt in house.provider.calls]
        assert ids == [None, "conversation-1", None]
        assert "好的，这是回答。" in (await house.run(phone.say("1#1"))).text
        assert house.provider.forgotten == []
