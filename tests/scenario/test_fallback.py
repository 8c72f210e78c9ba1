"""One provider stands in for another: before any text, once each, over crashes, within bounds."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from support.house import account
from support.scripted_provider import Script
from support.spare import backed_up_with, house_with_spare
from yingda.engine.asking.candidates import Standby
from yingda.engine.intake.admission import Capacity
from yingda.errors import (
    ContentRefused,
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
)
from yingda.providers.base import Exchange
from yingda.providers.breaker import BreakerRules
from yingda.providers.capabilities import Capabilities, Memory
from yingda.simulator.phone import Phone
from yingda.texts import Texts

DOWN = Script(fail=ProviderUnavailable("no connection", mend="look at the cable"))
LONG = "第一段已经写好了，" * 10 + "这是结尾。"
#: An operator who wants no breaker in the way.
NEVER = BreakerRules(failures=0)


@pytest.mark.parametrize(
    "error",
    [
        ProviderUnavailable("x"),
        ProviderBusy("x"),
        QuotaExhausted("x"),
        ProviderTimeout("x"),
        ProviderMisconfigured("x"),
    ],
    ids=lambda error: error.kind.value,
)
async def test_another_one_answers_when_the_first_cannot(
    tmp_path: Path, error: ProviderError
) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        house.provider.default = Script(fail=error)
        seen = await house.run(house.phone().say("问"))
        assert "备用的回答。" in seen.text
        assert (house.provider.count("问"), spare.count("问")) == (1, 1)
        assert house.rows("SELECT state, provider FROM turn") == [("answered", "spare")]


@pytest.mark.parametrize("script", [Script(text=""), Script(text=" \n")])
async def test_another_one_answers_when_the_first_says_nothing(
    tmp_path: Path, script: Script
) -> None:
    async with house_with_spare(tmp_path) as (house, _):
        house.provider.default = script
        assert "备用的回答。" in (await house.run(house.phone().say("问"))).text


async def test_a_conversation_that_was_reset_before_the_failure_hinders_nothing(
    tmp_path: Path,
) -> None:
    async with house_with_spare(tmp_path) as (house, _):
        house.provider.default = Script(reset=True, fail=ProviderBusy("x"))
        seen = await house.run(house.phone().say("问"))
        assert "备用的回答。" in seen.text
        assert Texts().say("conversation_restarted") not in seen.text


async def test_after_the_first_text_nobody_else_is_asked(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        house.provider.default = Script(
            text=LONG, fail=ProviderUnavailable("x"), fail_after_chars=60
        )
        seen = await house.run(house.phone().say("问"))
        assert LONG[:50] in seen.text
        assert "中断" in seen.text
        assert spare.calls == []


async def test_what_is_refused_is_asked_of_nobody_else(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        house.provider.default = Script(fail=ContentRefused("x"))
        assert "不方便回答" in (await house.run(house.phone().say("问"))).text
        assert spare.calls == []


async def test_when_nobody_can_answer_the_first_ones_failure_is_told_and_all_are_recorded(
    tmp_path: Path,
) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        house.provider.default = Script(fail=QuotaExhausted("used up"))
        spare.default = DOWN
        with capture_logs() as logs:
            seen = await house.run(house.phone().say("问"))
        assert Texts().say("failed_quota") in seen.text
        detail = "scripted: used up; spare: no connection"
        assert house.rows("SELECT failure, failure_detail FROM turn") == [("quota", detail)]
        events = [entry for entry in logs if entry["event"].startswith("provider_")]
        assert [(entry["event"], entry.get("provider")) for entry in events] == [
            ("provider_failed", "scripted"),
            ("provider_fell_back", None),
            ("provider_failed", "spare"),
        ]
        assert events[2]["mend"] == "look at the cable"


async def test_several_stand_in_in_their_order(tmp_path: Path) -> None:
    standby = Standby(fallbacks={"scripted": ("nobody", "spare")})
    async with house_with_spare(tmp_path, standby=standby) as (house, _):
        house.provider.default = DOWN
        assert "备用的回答。" in (await house.run(house.phone().say("问"))).text


# The conversation


async def test_a_stand_in_knows_no_conversation_and_the_own_one_goes_on(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        phone = house.phone()
        house.provider.on("二", DOWN)
        for text in ("一", "二", "三"):
            await house.run(phone.say(text))
        assert [call.conversation_id for call in house.provider.calls] == [
            None,
            "conversation-1",
            "conversation-1",
        ]
        assert [call.conversation_id for call in spare.calls] == [None]
        assert {call.user for call in spare.calls} == {call.user for call in house.provider.calls}


async def test_what_the_first_one_began_before_it_failed_goes_on(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, _):
        phone = house.phone()
        house.provider.on("一", DOWN)
        await house.run(phone.say("一"))
        await house.run(phone.say("二"))
        assert house.provider.calls[1].conversation_id == "conversation-1"


async def test_a_stand_in_that_keeps_no_conversation_itself_is_told_ours(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        spare.capabilities = Capabilities(memory=Memory.HERE)
        phone = house.phone()
        house.provider.on("二", DOWN)
        house.provider.on("一", Script(text="一的回答。"))
        await house.run(phone.say("一"))
        await house.run(phone.say("二"))
        assert spare.calls[0].history == (Exchange("一", "一的回答。"),)


async def test_what_is_forgotten_is_deleted_at_everyone_who_was_asked(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        phone = house.phone()
        house.provider.on("二", DOWN)
        await house.run(phone.say("一"))
        await house.run(phone.say("二"))
        await house.run(phone.say("/forget"))
        await house.run(phone.say("确认"))
        await house.pass_s(60)
        assert [name for name, _ in house.provider.forgotten] == ["conversation-1"]
        assert [name for name, _ in spare.forgotten] == ["conversation-1"]


async def test_a_stand_ins_conversation_without_an_answer_is_deleted_there(
    tmp_path: Path,
) -> None:
    standby = Standby(fallbacks={"scripted": ("spare", "last")})
    async with house_with_spare(tmp_path, standby=standby) as (house, spare):
        house.provider.default = spare.default = DOWN
        await house.run(house.phone().say("问"))
        await house.pass_s(400)
        assert [name for name, _ in spare.forgotten] == ["conversation-1"]
        assert house.provider.forgotten == []


async def test_stop_reaches_the_one_who_is_asked_at_present(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, patience=0) as (house, spare):
        house.provider.default = DOWN
        spare.default = Script(after_s=60)
        phone = house.phone()
        await house.run(phone.say("问"))
        await house.run(phone.say("/stop"))
        await house.pass_s(20)
        assert [len(spare.stops), len(house.provider.stops)] == [1, 0]
        assert house.rows("SELECT provider_conversation_id FROM conversation") == [
            ("conversation-1",)
        ]


# Crashes


@pytest.mark.parametrize("at_s", [3.1, 3.5, 8.0])
async def test_after_a_crash_the_answer_is_looked_for_at_whoever_was_asked_last(
    tmp_path: Path, at_s: float
) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        house.provider.default = Script(after_s=3, fail=ProviderUnavailable("x"), found="错的。")
        spare.default = Script(after_s=20, found="找到的。")
        phone = house.phone()
        await house.interrupted(phone.say("问"), at_s, house.restart())
        await house.pass_s(30)
        assert "找到的。" in (await house.run(phone.say("1"))).text
        assert [len(spare.finds), len(house.provider.finds)] == [1, 0]
        assert spare.finds[0].task_id == "task-1"
        # By its message the answer is rated, and told from a later turn's.
        assert house.rows("SELECT provider, message_id FROM turn") == [("spare", "message-1")]
        await house.run(phone.say("再问"))
        assert house.provider.calls[-1].conversation_id == "conversation-1"


async def test_what_a_crash_cut_is_asked_from_the_first_one_on(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        house.provider.on("问", Script(fail=ProviderUnavailable("x")), Script(text="好了。"))
        spare.default = Script(after_s=20)
        phone = house.phone()
        await house.interrupted(phone.say("问"), 3.0, house.restart())
        await house.pass_s(30)
        assert "好了。" in (await house.run(phone.say("1"))).text
        assert house.rows("SELECT provider, run_no FROM turn") == [("scripted", 2)]


# Bounds


async def test_a_stand_in_without_a_free_place_is_passed_over(tmp_path: Path) -> None:
    capacity = Capacity(concurrency={"spare": 1})
    async with house_with_spare(tmp_path, capacity=capacity) as (house, spare):
        house.provider.default = DOWN
        spare.default = Script(after_s=3)
        seen = await house.together(*(house.phone(f"o_{n}").say("问") for n in range(3)))
        assert spare.most_running == 1
        failed = Texts().say("failed_unavailable", retry="").split("，")[0]
        assert sum(failed in each.text for each in seen) == 2


async def test_who_waits_for_the_first_one_is_let_in_as_soon_as_it_has_failed_the_one_before(
    tmp_path: Path,
) -> None:
    capacity = Capacity(concurrency={"scripted": 1})
    async with house_with_spare(
        tmp_path, capacity=capacity, standby=backed_up_with(scripted=NEVER)
    ) as (house, spare):
        house.provider.default = DOWN
        spare.default = Script(text="备用的回答。", after_s=3)
        seen = await house.together(*(house.phone(f"o_{n}").say("问") for n in range(5)))
        assert spare.most_running == 5
        assert all("备用的回答。" in each.text for each in seen)


async def test_those_who_ask_it_first_wait_for_those_whom_another_one_failed(
    tmp_path: Path,
) -> None:
    standby = Standby(fallbacks={"spare": ("scripted",)})
    capacity = Capacity(concurrency={"scripted": 1})
    accounts = (account(), account(name="other", provider="spare"))
    async with house_with_spare(tmp_path, *accounts, capacity=capacity, standby=standby) as (
        house,
        spare,
    ):
        spare.default = DOWN
        house.provider.default = Script(after_s=2)
        failed_there = Phone(house.platform_for("other"), "o_other").say("问")
        asks_first = house.phone().say("问")
        seen = await house.together(failed_there, house.after(0.5, asks_first))
        assert house.provider.most_running == 1
        assert ["这是回答" in each.text for each in seen] == [True, True]
        assert seen[1].delay_s > 3


# A provider that is ill


async def test_one_that_keeps_failing_is_left_alone_and_tried_again(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        phone = house.phone()
        house.provider.default = DOWN
        with capture_logs() as logs:
            for n in range(7):
                await house.run(phone.say(f"问{n}"))
        assert [len(house.provider.calls), len(spare.calls)] == [5, 7]
        opened = [entry for entry in logs if entry["event"] == "breaker_opened"]
        assert [(entry["provider"], entry["for_s"], entry["mend"]) for entry in opened] == [
            ("scripted", 30.0, "look at the cable")
        ]
        house.provider.default = Script(text="我好了。")
        await house.pass_s(30)
        with capture_logs() as logs:
            seen = await house.run(phone.say("又问"))
        assert "我好了。" in seen.text
        assert "breaker_closed" in [entry["event"] for entry in logs]
        assert "我好了。" in (await house.run(phone.say("再问"))).text


async def test_with_nobody_to_stand_in_followers_are_told_at_once(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, standby=Standby(), patience=0) as (house, _):
        house.provider.default = Script(after_s=60, fail=ProviderTimeout("x"))
        for n in range(5):
            await house.run(house.phone(f"o_{n}").say("问"))
        await house.pass_s(60)
        seen = await house.run(house.phone("o_last").say("问"))
        assert "暂时连不上" in seen.text
        assert seen.delay_s < 0.1
        assert len(house.provider.calls) == 5


async def test_a_provider_that_names_a_time_is_not_asked_before_it(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        phone = house.phone()
        house.provider.on("问", Script(fail=ProviderBusy("x", retry_after_s=10)), Script())
        await house.run(phone.say("问"))
        await house.run(phone.say("问 二"))
        assert [len(house.provider.calls), len(spare.calls)] == [1, 2]
        await house.pass_s(10)
        assert "备用的回答。" not in (await house.run(phone.say("问 三"))).text


async def test_while_one_question_tries_it_the_others_go_past(tmp_path: Path) -> None:
    rules = backed_up_with(scripted=BreakerRules(failures=1))
    async with house_with_spare(tmp_path, standby=rules) as (house, _):
        house.provider.on("坏", DOWN)
        await house.run(house.phone().say("坏"))
        await house.pass_s(30)
        house.provider.default = Script(text="我好了。", after_s=2)
        seen = await house.together(
            *(house.after(n / 10, house.phone(f"o_{n}").say("问")) for n in range(4))
        )
        assert ["我好了。" in each.text for each in seen] == [True, False, False, False]
        assert all("备用的回答。" in each.text for each in seen[1:])


async def test_a_try_that_is_stopped_lets_the_next_one_try(tmp_path: Path) -> None:
    rules = backed_up_with(scripted=BreakerRules(failures=1))
    async with house_with_spare(tmp_path, standby=rules, patience=0) as (house, _):
        phone = house.phone()
        house.provider.on("坏", DOWN)
        await house.run(phone.say("坏"))
        await house.pass_s(30)
        house.provider.default = Script(text="我好了。", after_s=60)
        await house.run(phone.say("问"))
        await house.run(phone.say("/stop"))
        house.provider.default = Script(text="我好了。")
        assert "我好了。" in (await house.run(phone.say("再问"))).text


async def test_the_run_as_a_whole_keeps_its_limit(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, patience=0) as (house, spare):
        house.provider.default = Script(after_s=1000, fail=ProviderTimeout("x"))
        spare.default = Script(after_s=1000)
        phone = house.phone()
        await house.run(phone.say("问"))
        await house.pass_s(1501)
        assert house.rows("SELECT failure FROM turn") == [("timeout",)]
        assert spare.running == 0
