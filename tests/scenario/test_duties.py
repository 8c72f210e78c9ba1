"""The account's other duties: rules, menu buttons, scans and welcome, over a simulated WeChat."""

from pathlib import Path
from typing import Any

import pytest

from support.duties import duties
from support.house import House, open_house
from support.scripted_provider import Script
from support.sentences import help_text
from yingda.delivery.style import ReplyStyle
from yingda.simulator import pushes
from yingda.simulator.phone import links_in, shown_text, tap_links
from yingda.simulator.platform import Mode, Outcome
from yingda.texts import Texts

RULES = """
[[accounts.default.rules]]
exact = ["营业时间", "/hours"]
text = "九点到五点"
[[accounts.default.rules]]
prefix = "查快递"
card = { title = "查快递", url = "https://example.com/track?a=1" }
[[accounts.default.rules]]
keyword = "人工"
agent = "kf2001@gh_default"
[[accounts.default.rules]]
regex = '^\\d{6}$'
question = "这个邮编在哪里？"
[[accounts.default.rules]]
exact = "新的"
command = "clear"
[[accounts.default.rules]]
exact = "嗯"
nothing = true
[[accounts.default.rules]]
keyword = "1"
text = "有一"
"""
MENU = """
[[accounts.default.menu]]
name = "网页"
key = "web"
text = '<a href="https://example.com">打开网页</a>'
[[accounts.default.menu]]
name = "更多"
[[accounts.default.menu.buttons]]
name = "今日推荐"
question = "今天推荐什么？"
[[accounts.default.menu.buttons]]
name = "请我喝咖啡"
key = "coffee"
picture = { url = "https://example.com/coffee.png", title = "请我喝杯咖啡" }
[[accounts.default.menu.buttons]]
name = "新对话"
command = "clear"
[[accounts.default.menu.buttons]]
name = "官网"
view = "https://example.com/?a=1&b=2"
[[accounts.default.menu.buttons]]
name = "拍照"
type = "pic_sysphoto"
"""
WELCOME = """
[accounts.default.welcome]
text = "欢迎"
[accounts.default.scenes]
poster = { text = "海报来的" }
quiz = { question = "出一道题" }
"""


def asked(house: House) -> list[str]:
    return [prompt.text for prompt in house.provider.calls]


def xml_of(seen: Any) -> str:
    clear: bytes = seen.attempts[-1].verdict.clear
    return clear.decode()


@pytest.mark.parametrize("mode", [Mode.PLAIN, Mode.SAFE])
async def test_rules_answer_without_the_ai(tmp_path: Path, mode: Mode) -> None:
    async with open_house(tmp_path, mode=mode, duties=duties(tmp_path, RULES)) as house:
        phone = house.phone()
        assert (await house.run(phone.say("营业时间"))).text == "九点到五点"
        assert (await house.run(phone.say("／ＨＯＵＲＳ"))).text == "九点到五点"
        card = await house.run(phone.say("查快递 SF1"))
        assert card.text == "[图文] 查快递 https://example.com/track?a=1"
        agent = await house.run(phone.say("我要找人工！"))
        assert agent.attempts[0].outcome is Outcome.ANSWERED
        assert "<KfAccount><![CDATA[kf2001@gh_default]]></KfAccount>" in xml_of(agent)
        quiet = await house.run(phone.say("嗯"))
        assert quiet.attempts[0].outcome is Outcome.ACCEPTED
        assert asked(house) == []
        assert house.transport.crashes == []


async def test_a_rule_may_ask_the_ai_something_and_repeats_ask_once(tmp_path: Path) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, RULES)) as house:
        seen = await house.run(house.phone().say("１２３４５６"))
        assert "这是回答" in seen.text
        before = await house.repeat()
        assert seen.text in before[0].shown
        assert asked(house) == ["这个邮编在哪里？"]


async def test_a_rule_may_do_what_a_command_does(tmp_path: Path) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, RULES)) as house:
        phone = house.phone()
        await house.run(phone.say("你好"))
        assert (await house.run(phone.say("新的"))).text == Texts().say("cleared")
        await house.run(phone.say("你好"))
        assert [prompt.conversation_id for prompt in house.provider.calls] == [None, None]


async def test_commands_and_pickups_come_before_rules(tmp_path: Path) -> None:
    text = "[[accounts.default.rules]]\nregex = '.*'\ntext = '全归我'\n"
    async with open_house(tmp_path, duties=duties(tmp_path, text)) as house:
        phone = house.phone()
        assert (await house.run(phone.say("/help"))).text == help_text()
        assert (await house.run(phone.say("1"))).text == Texts().say("nothing_yet")
        assert (await house.run(phone.say("/no such"))).text == "全归我"
        assert (await house.run(phone.say("你好"))).text == "全归我"
        empty = await house.run(phone.say("  "))
        assert empty.text == Texts().say("empty_question")
        assert asked(house) == []


async def test_a_pickup_word_that_answers_the_ai_goes_to_the_ai(tmp_path: Path) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, RULES)) as house:
        house.provider.on("出题", Script(text="回复 1 继续"))
        phone = house.phone()
        await house.run(phone.say("出题"))
        await house.run(phone.say("1"))
        assert (await house.run(phone.say("一 1 一"))).text == "有一"
        assert asked(house) == ["出题", "1"]


async def test_a_button_does_its_action(tmp_path: Path) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, MENU)) as house:
        phone = house.phone()
        web = await house.run(phone.click("web"))
        assert [link.href for link in links_in(web.text)] == ["https://example.com"]
        coffee = await house.run(phone.click("coffee"))
        assert coffee.text == "[图文] 请我喝杯咖啡 https://example.com/coffee.png"
        assert "<PicUrl><![CDATA[https://example.com/coffee.png]]>" in xml_of(coffee)
        assert "这是回答" in (await house.run(phone.click("更多/今日推荐"))).text
        assert (await house.run(phone.click("更多/新对话"))).text == Texts().say("cleared")
        silent = await house.run(
            phone.send(pushes.event("pic_sysphoto", ("EventKey", "更多/拍照")))
        )
        assert silent.attempts[0].outcome is Outcome.ACCEPTED
        assert asked(house) == ["今天推荐什么？"]


async def test_who_sends_the_name_of_a_page_gets_its_link_and_no_answer(tmp_path: Path) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, MENU)) as house:
        seen = await house.run(house.phone().say("官网"))
        assert [link.href for link in links_in(seen.text)] == ["https://example.com/?a=1&b=2"]
        assert asked(house) == []


async def test_an_answer_to_a_button_that_takes_long_is_fetched_like_any_other(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, MENU)) as house:
        house.provider.on("今天推荐什么？", Script(text="推荐茶。", after_s=30))
        phone = house.phone()
        seen = await house.run(phone.click("更多/今日推荐"))
        assert tap_links(seen.text)[0].content == "1#1"
        await house.pass_s(20)
        assert "推荐茶。" in (await house.run(phone.tap())).text
        assert len(asked(house)) == 1


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("help", "help"),
        ("/help", "help"),
        ("HELP", "help"),
        ("clear", "cleared"),
        ("/clear", "cleared"),
    ],
)
async def test_a_button_published_by_other_means_may_carry_a_command(
    tmp_path: Path, key: str, said: str
) -> None:
    async with open_house(tmp_path) as house:
        told = help_text() if said == "help" else Texts().say(said)
        assert (await house.run(house.phone().click(key))).text == told


async def test_a_button_published_by_other_means_may_meet_a_rule(tmp_path: Path) -> None:
    text = "[[accounts.default.rules]]\nexact = 'coffee'\ntext = '谢谢'\n"
    async with open_house(tmp_path, duties=duties(tmp_path, text)) as house:
        assert (await house.run(house.phone().click("coffee"))).text == "谢谢"
        other = await house.run(house.phone().click("web"))
        assert other.attempts[0].outcome is Outcome.ACCEPTED


@pytest.mark.parametrize("said", ["今日推荐", " 今 日推荐"])
async def test_the_name_of_a_button_does_what_the_button_does(tmp_path: Path, said: str) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, MENU)) as house:
        await house.run(house.phone().say(said))
        assert asked(house) == ["今天推荐什么？"]


@pytest.mark.parametrize("said", ["/help", "follow"])
async def test_an_account_without_a_menu_shows_it_as_links(tmp_path: Path, said: str) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, MENU)) as house:
        phone = house.phone()
        seen = await house.run(phone.follow() if said == "follow" else phone.say(said))
        head, _, listed = seen.text.partition(Texts().say("menu_head"))
        told = Texts().say("welcome", word="1") if said == "follow" else help_text()
        assert head.strip() == told
        assert shown_text(listed).split("\n")[1:] == [
            "网页",
            "更多 › 今日推荐",
            "更多 › 请我喝咖啡",
            "更多 › 新对话",
            "更多 › 官网",
        ]
        assert links_in(listed)[-1].href == "https://example.com/?a=1&b=2"
        assert (await house.run(phone.tap(2))).text.startswith("[图文] 请我喝杯咖啡")
        await house.run(phone.tap(1))
        assert asked(house) == ["今天推荐什么？"]


async def test_the_menu_in_words_can_be_switched_off(tmp_path: Path) -> None:
    text = "menu_in_text = false\n" + MENU
    async with open_house(tmp_path, duties=duties(tmp_path, text)) as house:
        seen = await house.run(house.phone().say("/help"))
        assert seen.text == help_text()


async def test_a_menu_in_words_leaves_out_what_a_reply_has_no_room_for(tmp_path: Path) -> None:
    # Three characters less than the longest text: no line of the menu fits.
    text = MENU + f"[accounts.default.welcome]\ntext = '{'字' * 679}'\n"
    async with open_house(tmp_path, duties=duties(tmp_path, text)) as house:
        seen = await house.run(house.phone().follow())
        assert seen.text == "字" * 679
    text = MENU + f"[accounts.default.welcome]\ntext = '{'字' * 560}'\n"
    async with open_house(tmp_path, duties=duties(tmp_path, text)) as house:
        seen = await house.run(house.phone().follow())
        assert 1680 < len(seen.text.encode()) <= 2047
        assert tap_links(seen.text)


async def test_followers_are_welcomed_as_the_operator_says(tmp_path: Path) -> None:
    async with open_house(tmp_path, duties=duties(tmp_path, WELCOME)) as house:
        phone = house.phone()
        assert (await house.run(phone.follow())).text == "欢迎"
        assert (await house.run(phone.follow("poster"))).text == "海报来的"
        assert (await house.run(phone.follow("elsewhere"))).text == "欢迎"
        assert (await house.run(phone.scan("poster"))).text == "海报来的"
        quiet = await house.run(phone.scan("elsewhere"))
        assert quiet.attempts[0].outcome is Outcome.ACCEPTED
        assert asked(house) == []
        assert "这是回答" in (await house.run(phone.scan("quiz"))).text
        assert asked(house) == ["出一道题"]


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        (pushes.image(), "unsupported_image"),
        (pushes.voice(), "unsupported_voice"),
        (pushes.video(), "unsupported_video"),
        (pushes.message("location"), "unsupported_location"),
        (pushes.message("link"), "unsupported_link"),
        (pushes.message("miniprogrampage"), "unsupported_mini_program"),
        (pushes.sticker(), "unsupported_other"),
        (pushes.message("hologram"), "unsupported_other"),
        (pushes.text(""), "empty_question"),
    ],
)
async def test_the_sentence_of_each_kind_can_be_replaced(
    tmp_path: Path, sent: pushes.Sent, key: str
) -> None:
    style = ReplyStyle(texts=Texts(overrides={key: "自己的话"}))
    async with open_house(tmp_path, style=style) as house:
        assert (await house.run(house.phone().send(sent))).text == "自己的话"
