"""Pushed answers of several conversations of one follower, which run at the same time."""

from pathlib import Path

from support.pushing import LABEL, ends, open_pushing, pushed
from support.scripted_provider import Script, ScriptedProvider
from yingda.engine.accounts.accounts import PushMode
from yingda.words import words_to_commands, words_to_show

MODELS = {"慢": "scripted", "快": "spare"}


async def test_a_model_that_hangs_holds_up_no_other_models_answer(tmp_path: Path) -> None:
    async with open_pushing(
        tmp_path,
        PushMode.PUSH,
        models=MODELS,
        command_words=words_to_commands({}),
        shown_words=words_to_show({}),
    ) as house:
        spare = ScriptedProvider(house.clock, Script(text="快的回答。", after_s=8))
        house.providers["spare"] = spare
        await house.restart()
        phone = house.phone()
        house.provider.default = Script(text="慢的回答。", after_s=300)
        await house.run(phone.say("一"))
        await house.run(phone.say("/model 快"))
        await house.run(phone.say("二"))
        await house.pass_s(6)
        assert pushed(phone) == ["快的回答。\n\n" + LABEL]
        await house.pass_s(300)
        assert [text.split("\n\n")[-2] for text in pushed(phone)] == ["快的回答。", "慢的回答。"]
        assert "一" in pushed(phone)[1]
        assert ends(house) == [(0, "done", 0), (0, "done", 0)]
