"""Bounds and lists hold for every way to ask, and keep nobody from having everything erased."""

from pathlib import Path

import pytest

from support.duties import duties
from support.house import House, open_house
from support.scripted_provider import Script
from yingda.errors import ProviderBusy
from yingda.simulator.deliveries import Delivered
from yingda.simulator.phone import Phone, tap_links
from yingda.simulator.verdict import Outcome
from yingda.texts import Texts

TEXTS = Texts()
DUTIES = """
[[accounts.default.rules]]
exact = "推荐"
question = "今天推荐什么？"
[[accounts.default.rules]]
exact = "营业时间"
text = "九点到五点"
[[accounts.default.menu]]
name = "今日推荐"
key = "today"
question = "今天推荐什么？"
[accounts.default.welcome]
text = "欢迎"
[accounts.default.scenes]
quiz = { question = "出一道题" }
"""


async def in_some_way(house: House, phone: Phone, way: str) -> Delivered:
    """Ask the AI by a rule, a button, a scan, by following a scan, or once more."""
    pushes = {
        "rule": lambda: phone.say("推荐"),
        "button": lambda: phone.click("today"),
        "scan": lambda: phone.scan("quiz"),
        "follow": lambda: phone.follow("quiz"),
        "retry": lambda: phone.say("/retry"),
    }
    return await house.run(pushes[way]())


WAYS = ["rule", "button", "scan", "follow", "retry"]


@pytest.mark.parametrize("way", WAYS)
async def test_every_way_to_ask_obeys_the_day_s_bound(tmp_path: Path, way: str) -> None:
    async with open_house(tmp_path, daily_questions=1, duties=duties(tmp_path, DUTIES)) as house:
        phone = house.phone()
        await house.run(phone.say("问"))
        seen = await in_some_way(house, phone, way)
        assert seen.text == TEXTS.say("daily_limit", count=1)
        assert len(house.provider.calls) == 1


@pytest.mark.parametrize("way", WAYS)
async def test_no_way_to_ask_is_open_to_a_blocked_follower(tmp_path: Path, way: str) -> None:
    blocked, own = frozenset({"o_bad"}), duties(tmp_path, DUTIES)
    async with open_house(tmp_path, blocked=blocked, duties=own) as house:
        seen = await in_some_way(house, house.phone("o_bad"), way)
        assert seen.text == TEXTS.say("blocked")
        assert house.provider.calls == []
        assert house.rows("SELECT * FROM push") == []


async def test_what_a_rule_says_by_itself_costs_no_quota(tmp_path: Path) -> None:
    async with open_house(tmp_path, daily_questions=1, duties=duties(tmp_path, DUTIES)) as house:
        phone = house.phone()
        for _ in range(3):
            assert (await house.run(phone.say("营业时间"))).text == "九点到五点"
        assert "回答" in (await house.run(phone.say("问"))).text
        assert (await house.run(phone.say("营业时间"))).text == "九点到五点"


async def test_a_tap_on_the_link_of_a_failure_is_refused_like_any_question(tmp_path: Path) -> None:
    async with open_house(tmp_path, rate_per_minute=1) as house:
        phone = house.phone()
        house.provider.default = Script(fail=ProviderBusy("busy"))
        await house.run(phone.say("问"))
        house.provider.default = Script(text="现在可以了。")
        assert (await house.run(phone.tap())).text == TEXTS.say("too_fast", time="08:01")
        await house.pass_s(60)
        assert "现在可以了。" in (await house.run(phone.say("/retry"))).text
        assert house.provider.count("问") == 2


# Erasure is a right


@pytest.mark.parametrize("yes", ["tap", "确认"])
@pytest.mark.parametrize("closed", ["blocked", "silent", "not_allowed"])
async def test_who_is_not_answered_may_still_have_everything_erased(
    tmp_path: Path, closed: str, yes: str
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone("o_bad")
        await house.run(phone.say("秘密的问题"))
        await house.change(
            blocked=frozenset() if closed == "not_allowed" else frozenset({"o_bad"}),
            is_blocked_told=closed != "silent",
            allowed=frozenset({"o_guest"}) if closed == "not_allowed" else None,
        )
        asked = await house.run(phone.say("/forget"))
        assert len(tap_links(asked.text)) == 1
        done = await house.run(phone.tap() if yes == "tap" else phone.say(yes))
        assert done.text == TEXTS.say("forgotten")
        await house.pass_s(60)
        assert house.rows("SELECT question, answer FROM turn") == [("", "")]


async def test_a_word_that_confirms_nothing_is_no_question_of_a_blocked_follower(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path, blocked=frozenset({"o_bad"})) as house:
        seen = await house.run(house.phone("o_bad").say("确认"))
        assert seen.text == TEXTS.say("blocked")
        assert house.provider.calls == []
        verdict, _ = await house.repeat(openid="o_bad")
        assert verdict.shown == seen.shown


async def test_a_word_that_confirms_nothing_is_met_with_silence_where_that_is_set(
    tmp_path: Path,
) -> None:
    blocked = frozenset({"o_bad"})
    async with open_house(tmp_path, blocked=blocked, is_blocked_told=False) as house:
        seen = await house.run(house.phone("o_bad").say("确认"))
        assert (seen.shown, seen.is_failure_line) == ((), False)
        assert seen.deciding.outcome is Outcome.ACCEPTED
        assert house.provider.calls == []
