"""The example of the page on menus and rules does what the page says."""

import re
from pathlib import Path

import pytest

from support.duties import duties
from support.house import House, open_house
from support.sentences import help_text
from yingda.simulator.phone import links_in, shown_text

HOWTO = Path(__file__).parents[2] / "docs/howto"
PAGES = {"en": "menu-and-rules.md", "zh": "menu-and-rules.zh-CN.md"}
#: Language → a message to an agent, one about the hours, the answer to it, the scene's question.
WORDS = {
    "en": ("An Agent, please", "Hours", "Every day from 9 to 5.", "What is on this week?"),
    "zh": ("转人工", "几点开门", "每天 9:00–17:00。", "这周有什么活动？"),
}


def example(language: str) -> str:
    page = (HOWTO / PAGES[language]).read_text(encoding="utf-8")
    found = re.search(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


async def seen(house: House, key: str) -> str:
    return (await house.run(house.phone().click(key))).text


@pytest.mark.parametrize("language", PAGES)
async def test_the_example_s_buttons_work(tmp_path: Path, language: str) -> None:
    own = duties(tmp_path, example(language))
    assert [button.name for button in own.menu.buttons] == ["web", "help", "coffee"]
    async with open_house(tmp_path, duties=own) as house:
        card = await seen(house, "coffee")
        assert card.startswith("[图文] ")
        assert card.endswith(" https://chat.example.com/coffee.png")
        listed = await seen(house, "help")
        assert listed.startswith(help_text())
        assert shown_text(listed).split("\n")[-3:] == ["web", "help", "coffee"]
        phone = house.phone()
        welcome = await house.run(phone.follow())
        assert links_in(welcome.text)[0].href == "https://chat.example.com/"
        assert (await house.run(phone.tap(1))).text == card
        assert (await house.run(phone.say("coffee"))).text == card
        assert house.provider.calls == []


@pytest.mark.parametrize("language", PAGES)
async def test_the_example_s_rules_work(tmp_path: Path, language: str) -> None:
    agent, hours, answer, question = WORDS[language]
    async with open_house(tmp_path, duties=duties(tmp_path, example(language))) as house:
        phone = house.phone()
        handed_over = await house.run(phone.say(agent))
        assert b"transfer_customer_service" in handed_over.attempts[0].verdict.clear
        assert (await house.run(phone.say(hours))).text == answer
        parcel = await house.run(phone.say("123456789012"))
        assert parcel.text.endswith(" https://chat.example.com/parcels")
        await house.run(phone.scan("poster"))
        assert [prompt.text for prompt in house.provider.calls] == [question]
