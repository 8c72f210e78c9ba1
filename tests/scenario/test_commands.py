"""Commands: words that are no question, in every spelling, and what they do."""

from pathlib import Path

import pytest

from support.house import account, open_house
from support.scripted_provider import Script
from support.sentences import help_text
from yingda.texts import Texts
from yingda.words import words_to_commands

HELP = help_text()
CLEARED = Texts().say("cleared")


@pytest.mark.parametrize("word", ["/clear", "／ｃｌｅａｒ", " /CLEAR ", "/ clear", "/clear\n"])
async def test_clear_starts_a_new_conversation_and_keeps_the_record(
    tmp_path: Path, word: str
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.say("一"))
        assert (await house.run(phone.say(word))).text == CLEARED
        await house.run(phone.say("二"))
        assert [prompt.conversation_id for prompt in house.provider.calls] == [None, None]
        assert house.rows("SELECT question FROM turn ORDER BY id") == [("一",), ("二",)]
        assert house.rows("SELECT count(*) FROM conversation") == [(2,)]


async def test_a_turn_that_runs_while_the_follower_clears_ends_and_is_picked_up(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("旧的", Script(text="旧的回答。", after_s=20))
        promise, cleared = await house.together(
            phone.say("旧的"), house.after(3, phone.say("/clear"))
        )
        assert "正在思考" in promise.text
        assert cleared.text == CLEARED
        await house.pass_s(10)
        assert "旧的回答。" in (await house.run(phone.say("1"))).text
        await house.run(phone.say("新的"))
        await house.run(phone.say("再来"))
        ids = [prompt.conversation_id for prompt in house.provider.calls]
        assert ids == [None, None, "conversation-2"]


async def test_clear_without_any_conversation_is_answered_as_well(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        assert (await house.run(house.phone().say("/clear"))).text == CLEARED


async def test_one_followers_clear_is_no_other_followers(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        one, two = house.phone("o_one"), house.phone("o_two")
        for phone in (one, two):
            await house.run(phone.say("一"))
        await house.run(one.say("/clear"))
        await house.run(two.say("二"))
        assert house.provider.calls[-1].conversation_id == "conversation-2"


@pytest.mark.parametrize("word", ["/help", "／help", "/HELP", "/", "/unknown", "/clear now", "//"])
async def test_help_and_unknown_commands_get_the_help(tmp_path: Path, word: str) -> None:
    async with open_house(tmp_path) as house:
        assert (await house.run(house.phone().say(word))).text == HELP
        assert house.provider.calls == []


async def test_chinese_words_are_commands_where_the_operator_says_so(tmp_path: Path) -> None:
    words = words_to_commands({"clear": ("重新开始",), "help": ("帮助",)})
    async with open_house(tmp_path, account(command_words=words)) as house:
        phone = house.phone()
        assert (await house.run(phone.say(" 重新开始 "))).text == CLEARED
        assert (await house.run(phone.say("帮助"))).text == HELP
        assert (await house.run(phone.say("/clear"))).text == CLEARED
        await house.run(phone.say("重新开始学习怎么样"))
        assert [prompt.text for prompt in house.provider.calls] == ["重新开始学习怎么样"]


@pytest.mark.parametrize("word", ["重新开始", "帮助", "clear", "help", "清空", "11", "1.", "第1"])
async def test_other_words_are_questions(tmp_path: Path, word: str) -> None:
    async with open_house(tmp_path) as house:
        await house.run(house.phone().say(word))
        assert house.provider.count(word) == 1


async def test_a_command_while_a_question_waits_is_answered_at_once(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text="回答。", after_s=4))
        asked, helped = await house.together(phone.say("问"), house.after(1, phone.say("/help")))
        assert helped.delay_s == pytest.approx(0, abs=0.05)
        assert "回答。" in asked.text
