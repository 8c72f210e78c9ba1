"""Pictures and recordings where more than one provider may answer."""

from pathlib import Path

import msgspec
import pytest

from support.house import account, open_house
from support.scripted_provider import Script, ScriptedProvider
from support.senses import JPEG, Ear, with_media
from support.spare import house_with_spare
from yingda.engine.accounts.accounts import PictureMode
from yingda.errors import ProviderUnavailable
from yingda.providers.capabilities import Capabilities
from yingda.texts import Texts
from yingda.words import words_to_commands, words_to_show

DOWN = Script(fail=ProviderUnavailable("no connection"))
ASK = PictureMode.ASK


async def test_a_question_with_a_picture_goes_to_a_stand_in_that_looks(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        await with_media(house, pictures=ASK)
        house.provider.capabilities = Capabilities()
        spare.capabilities = Capabilities(takes_pictures=True)
        assert "备用的回答。" in (await house.run(house.phone().send_image())).text
        assert [each.content for each in spare.calls[0].pictures] == [JPEG]
        assert house.provider.calls == []
        assert house.rows("SELECT provider FROM turn") == [("spare",)]


async def test_a_stand_in_that_looks_at_nothing_is_not_asked_about_a_picture(
    tmp_path: Path,
) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        await with_media(house, pictures=ASK)
        house.provider.default = DOWN
        seen = await house.run(house.phone().send_image())
        assert Texts().say("failed_unavailable", retry="").split("，")[0] in seen.text
        assert spare.calls == []


async def test_a_picture_is_fetched_once_however_many_are_asked(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        tools = await with_media(house, pictures=ASK)
        house.provider.default = DOWN
        spare.capabilities = Capabilities(takes_pictures=True)
        assert "备用的回答。" in (await house.run(house.phone().send_image())).text
        assert [each.content for each in spare.calls[0].pictures] == [JPEG]
        assert len(tools.web.asked) == 1


async def test_a_recording_is_heard_once_however_many_are_asked(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        tools = await with_media(house)
        house.provider.default = DOWN
        assert "备用的回答。" in (await house.run(house.phone().send_voice())).text
        assert [prompt.text for prompt in spare.calls] == ["明天会下雨吗"]
        assert len(tools.ear.recordings) == 1


async def test_a_stand_in_listens_where_the_first_cannot(tmp_path: Path) -> None:
    async with house_with_spare(tmp_path) as (house, spare):
        await with_media(house)
        ear = Ear(house.clock)
        house.provider.capabilities = Capabilities()
        spare.capabilities = Capabilities(transcriber=ear)
        assert "好的，这是回答。" in (await house.run(house.phone().send_voice())).text
        assert len(ear.recordings) == 1


@pytest.mark.parametrize("chosen", ["看图", "写作"])
async def test_where_the_chosen_model_looks_at_nothing_that_is_told(
    tmp_path: Path, chosen: str
) -> None:
    choosing = account(
        models={"写作": "scripted", "看图": "eyes"},
        command_words=words_to_commands({}),
        shown_words=words_to_show({}),
    )
    async with open_house(tmp_path, choosing) as house:
        await with_media(house)
        eyes = ScriptedProvider(house.clock, Script(text="一只猫。"))
        eyes.capabilities = Capabilities(takes_pictures=True)
        house.providers["eyes"] = eyes
        house.provider.capabilities = msgspec.structs.replace(
            house.provider.capabilities, takes_pictures=False
        )
        await house.restart()
        phone = house.phone()
        await house.run(phone.say(f"/model {chosen}"))
        assert "图片收到" in (await house.run(phone.send_image())).text
        seen = await house.run(phone.say("这是什么"))
        assert ("一只猫。" if chosen == "看图" else Texts().say("failed_picture")) in seen.text
        assert house.provider.calls == []
