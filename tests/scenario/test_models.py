"""Who answers: the follower's choice, over restarts and until it is forgotten; rules; shares."""

from pathlib import Path
from typing import Any

from support.house import House, account
from support.scripted_provider import Script, ScriptedProvider
from support.spare import house_with_spare
from yingda.actions import AskAction, CommandAction, Match, QuestionAction, Rule
from yingda.engine.accounts.accounts import Account
from yingda.engine.accounts.duties import Duties
from yingda.engine.accounts.rules import Rules
from yingda.engine.asking.candidates import Standby
from yingda.simulator.platform import Delivered
from yingda.texts import Texts
from yingda.words import Command, words_to_commands, words_to_show

MODELS = {"快速": "scripted", "DeepSeek V3": "spare"}
ALONE = Standby()
RULES = (
    Rule(Match.PREFIX, ("/画",), AskAction("draw")),
    Rule(Match.EXACT, ("新闻",), QuestionAction("今天有什么新闻？", "draw")),
    Rule(Match.EXACT, ("换",), CommandAction(Command.MODEL)),
)


def choosing(**changes: Any) -> Account:
    """An account with models, as settings make it."""
    return account(
        models=MODELS,
        command_words=words_to_commands({}),
        shown_words=words_to_show({}),
        duties=Duties(rules=Rules(RULES)),
        **changes,
    )


def answered_by(seen: Delivered) -> str:
    return "spare" if "备用的回答。" in seen.text else "scripted"


async def with_drawer(house: House) -> ScriptedProvider:
    drawer = ScriptedProvider(house.clock, Script(text="画好了。"))
    house.providers["draw"] = drawer
    await house.restart()
    return drawer


async def test_the_list_names_who_answers_and_a_tap_chooses_another(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, choosing(), standby=ALONE) as (house, _):
        phone = house.phone()
        listed = await house.run(phone.say("/model"))
        assert Texts().say("model_list", model="快速") in listed.text
        assert [link.label for link in phone.links()] == ["DeepSeek V3"]
        chosen = await house.run(phone.tap())
        assert chosen.text == Texts().say("model_chosen", model="DeepSeek V3")
        assert answered_by(await house.run(phone.say("问"))) == "spare"
        again = await house.run(phone.say("/model"))
        assert Texts().say("model_list", model="DeepSeek V3") in again.text
        await house.run(phone.tap())
        assert answered_by(await house.run(phone.say("问"))) == "scripted"


async def test_a_name_that_is_not_there_gets_the_list_again(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, choosing(), standby=ALONE) as (house, _):
        phone = house.phone()
        listed = await house.run(phone.say("/model"))
        assert (await house.run(phone.say("/model GPT"))).text == listed.text
        assert (await house.run(phone.say("换"))).text == listed.text
        assert house.rows("SELECT * FROM preference") == []


async def test_the_choice_survives_a_restart_and_a_crash(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, choosing(), standby=ALONE) as (house, _):
        phone = house.phone()
        await house.run(phone.say("/model deepseek v3"))
        await house.restart()
        assert answered_by(await house.run(phone.say("问"))) == "spare"
        assert answered_by(await house.run(house.phone("o_other").say("问"))) == "scripted"


async def test_each_model_has_a_conversation_of_its_own(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, choosing(), standby=ALONE) as (house, spare):
        phone = house.phone()
        for text in ("一", "/model deepseekv3", "二", "/model 快速", "三"):
            await house.run(phone.say(text))
        assert [call.conversation_id for call in house.provider.calls] == [None, "conversation-1"]
        assert [call.conversation_id for call in spare.calls] == [None]


async def test_a_model_that_is_offered_no_more_counts_as_not_chosen(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, choosing(), standby=ALONE) as (house, _):
        phone = house.phone()
        await house.run(phone.say("/model deepseek v3"))
        await house.change(models={"快速": "scripted", "画画": "draw"})
        assert answered_by(await house.run(phone.say("问"))) == "scripted"
        assert "「快速」" in (await house.run(phone.say("/model"))).text


async def test_a_repeat_of_a_choice_does_not_undo_a_later_one(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, choosing(), standby=ALONE) as (house, _):
        phone = house.phone()
        await house.run(phone.say("/model deepseek v3"))
        await house.run(phone.say("/model 快速"))
        _, reply = await house.repeat(0)
        assert Texts().say("model_chosen", model="DeepSeek V3") in reply.decode()
        assert answered_by(await house.run(phone.say("问"))) == "scripted"


async def test_the_choice_is_forgotten_with_everything_else(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, choosing(), standby=ALONE) as (house, _):
        one, other = house.phone("o_1"), house.phone("o_2")
        for phone in (one, other):
            await house.run(phone.say("/model deepseek v3"))
        await house.run(one.say("/forget"))
        await house.run(one.say("确认"))
        await house.run(other.unfollow())
        assert house.rows("SELECT * FROM preference") == []


async def test_without_models_there_is_nothing_to_choose(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, standby=ALONE) as (house, _):
        phone = house.phone()
        text = (await house.run(phone.say("/model"))).text
        assert text == (await house.run(phone.say("/help"))).text
        assert "/model" not in text


async def test_a_rule_beats_the_choice_and_passes_on_what_stands_behind_its_beginning(
    tmp_path: Path,
) -> None:
    async with house_with_spare(tmp_path, choosing(), standby=ALONE) as (house, _):
        drawer = await with_drawer(house)
        phone = house.phone()
        await house.run(phone.say("/model deepseek v3"))
        assert "画好了。" in (await house.run(phone.say("/画 一只猫"))).text
        assert "画好了。" in (await house.run(phone.say("新闻"))).text
        assert [call.text for call in drawer.calls] == ["一只猫", "今天有什么新闻？"]
        assert (await house.run(phone.say("/画"))).text == Texts().say("empty_question")


async def test_asking_again_goes_to_the_present_choice_but_a_rules_question_to_its_own(
    tmp_path: Path,
) -> None:
    async with house_with_spare(tmp_path, choosing(), standby=ALONE) as (house, _):
        drawer = await with_drawer(house)
        phone = house.phone()
        await house.run(phone.say("问"))
        await house.run(phone.say("/model deepseek v3"))
        assert answered_by(await house.run(phone.say("/retry"))) == "spare"
        await house.run(phone.say("/画 一只猫"))
        assert "画好了。" in (await house.run(phone.say("/retry"))).text
        assert [call.text for call in drawer.calls] == ["一只猫", "一只猫"]


async def test_shares_are_kept_to_and_a_choice_beats_them(tmp_path: Path) -> None:
    split = {"scripted": 1, "spare": 1}
    async with house_with_spare(tmp_path, choosing(split=split), standby=ALONE) as (house, spare):
        phones = [house.phone(f"o_{n}") for n in range(20)]
        first = await house.together(*(phone.say("一") for phone in phones))
        second = await house.together(*(phone.say("二") for phone in phones))
        sides = [answered_by(each) for each in first]
        assert sides == [answered_by(each) for each in second]
        assert set(sides) == {"scripted", "spare"}
        other = {"scripted": "DeepSeek V3", "spare": "快速"}
        await house.run(phones[0].say(f"/model {other[sides[0]]}"))
        assert answered_by(await house.run(phones[0].say("三"))) != sides[0]
        assert len(spare.calls) + len(house.provider.calls) == 41


async def test_two_models_answer_one_follower_at_the_same_time(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path, choosing(), standby=ALONE, patience=0) as (house, _):
        phone = house.phone()
        house.provider.default = Script(after_s=60)
        await house.run(phone.say("慢"))
        await house.run(phone.say("/model deepseek v3"))
        assert answered_by(await house.run(phone.say("快"))) == "spare"
