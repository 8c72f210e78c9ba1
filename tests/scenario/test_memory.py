"""A provider that keeps no conversation is told what was said, and only that."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from support.house import House, open_house
from support.scripted_provider import Script
from yingda.errors import ContentRefused, ProviderBusy, ProviderUnavailable
from yingda.providers.base import Exchange, Prompt
from yingda.providers.capabilities import Capabilities, Memory, MemoryBounds

#: Room for three exchanges of a word and an answer of 35 characters, 59 tokens each.
THREE = MemoryBounds(tokens=3 * 59 + 10)
LINE = "回" * 34 + "。"


@asynccontextmanager
async def forgetful(
    folder: Path, *, bounds: MemoryBounds | None = None, summarises: bool = False, **changes: Any
) -> AsyncIterator[House]:
    """A house whose provider keeps nothing."""
    async with open_house(folder, **changes) as house:
        own = house.provider
        own.capabilities = Capabilities(
            memory=Memory.HERE,
            memory_bounds=bounds or MemoryBounds(),
            summariser=own if summarises else None,
        )
        yield house


async def say(house: House, *words: str, openid: str = "o_follower") -> Prompt:
    """Say these one after the other; what the provider was asked last."""
    phone = house.phone(openid)
    for word in words:
        await house.run(phone.say(word))
    return house.provider.calls[-1]


def told(prompt: Prompt) -> list[str]:
    return [each.question for each in prompt.history]


async def test_earlier_questions_and_answers_go_along_oldest_first(tmp_path: Path) -> None:
    async with forgetful(tmp_path) as house:
        for word in "甲乙":
            house.provider.on(word, Script(text=f"{word}的回答。"))
        prompt = await say(house, "甲", "乙", "丙")
        assert prompt.history == (Exchange("甲", "甲的回答。"), Exchange("乙", "乙的回答。"))
        assert prompt.summary == ""
        assert house.provider.calls[0].history == ()


async def test_a_provider_that_keeps_the_conversation_is_told_nothing_of_it(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        assert (await say(house, "甲", "乙")).history == ()


async def test_the_conversation_goes_on_after_a_restart(tmp_path: Path) -> None:
    async with forgetful(tmp_path) as house:
        await say(house, "甲")
        await house.restart()
        assert told(await say(house, "乙")) == ["甲"]


async def test_a_run_after_a_crash_is_told_the_same(tmp_path: Path) -> None:
    async with forgetful(tmp_path) as house:
        await say(house, "甲")
        house.provider.on("乙", Script(after_s=3))
        await house.interrupted(house.phone().say("乙"), 1.0, house.restart())
        await house.pass_s(10)
        assert [told(prompt) for prompt in house.provider.calls] == [[], ["甲"], ["甲"]]


async def test_a_quick_question_is_told_the_answer_that_it_waited_for(tmp_path: Path) -> None:
    async with forgetful(tmp_path) as house:
        house.provider.on("甲", Script(text="甲的回答。", after_s=3))
        phone = house.phone()
        await house.together(phone.say("甲"), house.after(0.5, phone.say("乙")))
        assert house.provider.calls[-1].history == (Exchange("甲", "甲的回答。"),)


async def test_only_the_newest_exchanges_that_fit_are_told(tmp_path: Path) -> None:
    async with forgetful(tmp_path, bounds=THREE) as house:
        house.provider.default = Script(text=LINE)
        assert told(await say(house, *"甲乙丙丁戊")) == ["乙", "丙", "丁"]


async def test_two_followers_never_mix(tmp_path: Path) -> None:
    async with forgetful(tmp_path) as house:
        await say(house, "甲的秘密", openid="o_a")
        await say(house, "乙的秘密", openid="o_b")
        assert told(await say(house, "问", openid="o_a")) == ["甲的秘密"]
        assert told(await say(house, "问", openid="o_b")) == ["乙的秘密"]


async def test_clear_begins_with_nothing(tmp_path: Path) -> None:
    async with forgetful(tmp_path) as house:
        assert told(await say(house, "甲", "/clear", "乙")) == []
        assert told(await say(house, "丙")) == ["乙"]


async def test_a_question_after_an_idle_time_begins_with_nothing(tmp_path: Path) -> None:
    async with forgetful(tmp_path, idle_s=3600.0) as house:
        await say(house, "甲")
        await house.pass_s(3601)
        assert told(await say(house, "乙")) == []


async def test_what_was_stopped_refused_or_failed_is_not_told(tmp_path: Path) -> None:
    async with forgetful(tmp_path) as house:
        phone = house.phone()
        house.provider.on("停", Script(text=LINE, chunks=5, during_s=60))
        await house.together(phone.say("停"), house.after(1.0, phone.say("/stop")))
        house.provider.on("禁", Script(text=LINE, fail=ContentRefused("no"), fail_after_chars=20))
        house.provider.on("坏", Script(fail=ProviderUnavailable("x")))
        assert told(await say(house, "好", "禁", "坏", "问")) == ["好"]


async def test_an_answer_that_broke_off_is_told_as_far_as_it_came(tmp_path: Path) -> None:
    async with forgetful(tmp_path) as house:
        broken = Script(text=LINE, fail=ProviderUnavailable("x"), fail_after_chars=20)
        house.provider.on("长", broken)
        assert (await say(house, "长", "接着说")).history == (Exchange("长", LINE[:20]),)


async def test_a_question_that_is_asked_again_does_not_see_its_own_broken_try(
    tmp_path: Path,
) -> None:
    async with forgetful(tmp_path) as house:
        broken = Script(text=LINE, fail=ProviderUnavailable("x"), fail_after_chars=20)
        house.provider.on("长", broken, Script(text=LINE))
        assert told(await say(house, "好", "长", "/retry")) == ["好"]
        assert house.provider.count("长") == 2
        assert (await say(house, "问")).history[1:] == (Exchange("长", LINE),)


# Summaries


async def test_what_falls_out_is_put_in_short_after_the_turn(tmp_path: Path) -> None:
    async with forgetful(tmp_path, bounds=THREE, summarises=True) as house:
        house.provider.default = Script(text=LINE)
        house.provider.summary = Script(text="说过甲、乙和丙。")
        await say(house, *"甲乙丙")
        assert house.provider.summaries == []
        await say(house, "丁")
        await house.pass_s(1)
        ((former, exchanges),) = house.provider.summaries
        assert former == ""
        assert [each.question for each in exchanges] == ["甲", "乙", "丙"]
        prompt = await say(house, "戊")
        assert (prompt.summary, told(prompt)) == ("说过甲、乙和丙。", ["丁"])
        await house.restart()
        assert (await say(house, "己")).summary == "说过甲、乙和丙。"


async def test_the_next_summary_is_made_of_the_former_one_and_what_came_since(
    tmp_path: Path,
) -> None:
    async with forgetful(tmp_path, bounds=THREE, summarises=True) as house:
        house.provider.default = Script(text=LINE)
        for word in "甲乙丙丁戊己庚":
            await say(house, word)
            await house.pass_s(1)
        formers = [former for former, _ in house.provider.summaries]
        assert formers[0] == ""
        assert set(formers[1:]) == {"摘要。"}
        covered = [each.question for _, exchanges in house.provider.summaries for each in exchanges]
        assert covered == list("甲乙丙丁戊己庚")[: len(covered)]
        assert len(formers) < 5


async def test_neither_this_answer_nor_the_next_question_waits_for_a_summary(
    tmp_path: Path,
) -> None:
    async with forgetful(tmp_path, bounds=THREE, summarises=True) as house:
        house.provider.default = Script(text=LINE)
        house.provider.summary = Script(text="迟到的摘要。", after_s=60)
        phone = house.phone()
        for word in "甲乙丙丁戊":
            assert (await house.run(phone.say(word))).delay_s < 1
        assert house.provider.calls[-1].summary == ""
        assert len(house.provider.summaries) == 1
        await house.pass_s(61)
        assert (await say(house, "己")).summary == "迟到的摘要。"


@pytest.mark.parametrize("summary", [Script(fail=ProviderBusy("full")), Script(text=" ")])
async def test_a_summary_that_fails_costs_nothing_and_is_tried_after_the_next_turn(
    summary: Script, tmp_path: Path
) -> None:
    async with forgetful(tmp_path, bounds=THREE, summarises=True) as house:
        house.provider.default = Script(text=LINE)
        house.provider.summary = summary
        prompt = await say(house, *"甲乙丙丁戊")
        assert (prompt.summary, told(prompt)) == ("", ["乙", "丙", "丁"])
        house.provider.summary = Script(text="好了。")
        await say(house, "己")
        await house.pass_s(1)
        assert (await say(house, "庚")).summary == "好了。"
        assert house.rows("SELECT DISTINCT state FROM turn") == [("answered",)]


async def test_a_summary_that_comes_after_clear_is_thrown_away(tmp_path: Path) -> None:
    async with forgetful(tmp_path, bounds=THREE, summarises=True) as house:
        house.provider.default = Script(text=LINE)
        house.provider.summary = Script(text="太迟的摘要。", after_s=60)
        await say(house, *"甲乙丙丁", "/clear")
        await house.pass_s(61)
        prompt = await say(house, "戊")
        assert (prompt.summary, prompt.history) == ("", ())
        assert {row[0] for row in house.rows("SELECT summary FROM conversation")} == {""}


async def test_erased_texts_and_their_summary_never_reach_the_provider_again(
    tmp_path: Path,
) -> None:
    async with forgetful(tmp_path, bounds=THREE, summarises=True) as house:
        house.provider.default = Script(text="秘密" * 17 + "。")
        house.provider.summary = Script(text="秘密的摘要。")
        phone = house.phone()
        await say(house, *"甲乙丙丁")
        await house.pass_s(1)
        await say(house, "戊")
        assert house.provider.calls[-1].summary == "秘密的摘要。"
        await house.run(phone.say("/forget"))
        await house.run(phone.say("确认"))
        await house.pass_s(1)
        before = len(house.provider.calls), len(house.provider.summaries)
        house.provider.default, house.provider.summary = Script(text=LINE), Script(text="新的。")
        await say(house, *"己庚辛壬癸")
        await house.pass_s(1)
        asked = house.provider.calls[before[0] :], house.provider.summaries[before[1] :]
        assert "秘密" not in repr(asked)
        assert [former for former, _ in asked[1]] == [""]
        assert "秘密的摘要" not in repr(house.rows("SELECT summary FROM conversation"))


async def test_a_summary_is_no_question(tmp_path: Path) -> None:
    async with forgetful(tmp_path, bounds=THREE, summarises=True, daily_questions=5) as house:
        house.provider.default = Script(text=LINE)
        await say(house, *"甲乙丙丁")
        await house.pass_s(1)
        assert len(house.provider.summaries) == 1
        assert len(house.provider.calls) == 4
        assert (await say(house, "戊")).text == "戊"
