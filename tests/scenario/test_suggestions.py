"""After an answer, its provider is asked what may be asked next; a tap asks it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from support.house import House, open_house
from support.pushing import LABEL, SAY, SEND, open_pushing, prose, pushed, slowly
from support.scripted_provider import Script
from yingda.errors import ProviderBusy
from yingda.providers.capabilities import Capabilities
from yingda.simulator.server_api_base import AccountKind, ApiAccount, Fault
from yingda.wechat.limits import TEXT_LIMIT_BYTES

HEAD = SAY("suggestions_head")
QUESTIONS = ("还有别的吗？", "多少钱？")


def suggest(house: House, *questions: str, **script: Any) -> None:
    """Let the provider think of these."""
    own = house.provider
    own.capabilities = Capabilities(stops=True, suggester=own)
    own.suggestions, own.suggesting = questions, Script(**({"after_s": 2.0} | script))


@asynccontextmanager
async def passive_house(folder: Path, **changes: Any) -> AsyncIterator[House]:
    async with open_house(folder, **({"suggestions": True, "patience": 0} | changes)) as house:
        suggest(house, *QUESTIONS)
        yield house


@asynccontextmanager
async def pushing_house(folder: Path, **changes: Any) -> AsyncIterator[House]:
    async with open_pushing(folder, suggestions=True, **changes) as house:
        suggest(house, *QUESTIONS)
        yield house


def kept(house: House) -> list[tuple[Any, ...]]:
    return house.rows("SELECT suggestions FROM turn ORDER BY id")


async def test_a_late_answer_comes_with_questions_to_tap(tmp_path: Path) -> None:
    async with passive_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=8))
        assert HEAD not in (await house.run(phone.say("问"))).text
        await house.pass_s(12)
        text = (await house.run(phone.say("1"))).text
        assert text.startswith("好的，这是回答。")
        assert text.index(LABEL) < text.index(HEAD)
        assert [link.label for link in phone.links()[:2]] == list(QUESTIONS)
        await house.run(phone.tap(1))
        assert house.provider.calls[-1].text == "多少钱？"
        assert house.provider.suggested == ["message-1", "message-2"]


async def test_an_answer_waits_for_no_questions_and_shows_them_when_shown_again(
    tmp_path: Path,
) -> None:
    async with passive_house(tmp_path) as house:
        phone = house.phone()
        seen = await house.run(phone.say("问"))
        assert seen.delay_s == pytest.approx(0, abs=0.1)
        assert HEAD not in seen.text
        await house.pass_s(3)
        assert HEAD in (await house.run(phone.say("1"))).text


async def test_only_the_last_part_carries_them(tmp_path: Path) -> None:
    async with passive_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=prose(150)))
        texts = [(await house.run(phone.say("问"))).text]
        await house.pass_s(3)
        while "回复 1" in texts[-1]:
            texts.append((await house.run(phone.say("1"))).text)
        assert len(texts) > 2
        assert [HEAD in text for text in texts] == [False] * (len(texts) - 1) + [True]
        assert all(len(text.encode()) <= TEXT_LIMIT_BYTES for text in texts)


async def test_an_older_answers_questions_stand_below_no_newer_answer(tmp_path: Path) -> None:
    async with passive_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.say("一"))
        await house.pass_s(3)
        assert HEAD not in (await house.run(phone.say("二"))).text


async def test_nobody_is_asked_unless_that_is_set_and_the_answer_is_whole(tmp_path: Path) -> None:
    async with passive_house(tmp_path) as house:
        house.provider.on("坏", Script(fail=ProviderBusy("busy"), fail_after_chars=4))
        await house.run(house.phone().say("坏"))
        await house.pass_s(5)
        await house.change(suggestions=False)
        await house.run(house.phone().say("好"))
        await house.pass_s(5)
        assert house.provider.suggested == []
        assert kept(house) == [(None,), (None,)]


async def test_what_would_be_no_question_is_not_suggested(tmp_path: Path) -> None:
    async with passive_house(tmp_path) as house:
        suggest(house, "1", "/forget", "确认", "👍", "", "真的问题？", "二？", "三？", "四？")
        await house.run(house.phone().say("问"))
        await house.pass_s(5)
        assert kept(house) == [('["真的问题？","二？","三？"]',)]


async def test_a_provider_that_fails_costs_only_the_questions(tmp_path: Path) -> None:
    async with passive_house(tmp_path) as house:
        suggest(house, fail=ProviderBusy("busy"))
        assert "这是回答" in (await house.run(house.phone().say("问"))).text
        await house.pass_s(5)
        assert kept(house) == [(None,)]


async def test_erasing_takes_them(tmp_path: Path) -> None:
    async with passive_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.say("问"))
        await house.pass_s(5)
        await house.run(phone.say("/forget"))
        await house.run(phone.say("确认"))
        await house.pass_s(60)
        assert kept(house) == [(None,)]


async def test_an_account_that_may_push_sends_them_after_the_answer(tmp_path: Path) -> None:
    async with pushing_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(after_s=8.0))
        await house.run(phone.say("问"))
        await house.pass_s(10)
        answer, questions = pushed(phone)
        assert "这是回答" in answer
        assert HEAD not in answer
        assert questions.startswith(HEAD)
        assert questions.endswith(LABEL)
        assert house.platform.followers.left(phone.openid) == 3
        await house.run(phone.tap(1))
        assert house.provider.calls[-1].text == "多少钱？"


async def test_an_answer_within_the_window_is_followed_by_them_too(tmp_path: Path) -> None:
    async with pushing_house(tmp_path) as house:
        phone = house.phone()
        assert HEAD not in (await house.run(phone.say("问"))).text
        await house.pass_s(3)
        assert [HEAD in text for text in pushed(phone)] == [True]


async def test_they_come_after_the_last_part_however_early_they_are(tmp_path: Path) -> None:
    async with pushing_house(tmp_path) as house:
        suggest(house, *QUESTIONS, after_s=0.0)
        house.api_latency_s = 1.5
        phone = house.phone()
        house.provider.on("问", slowly(prose(40), 20.0))
        await house.run(phone.say("问"))
        await house.pass_s(40)
        texts = pushed(phone)
        assert len(texts) >= 2
        assert [HEAD in text for text in texts] == [False] * (len(texts) - 1) + [True]


async def test_the_last_messages_are_kept_for_answers(tmp_path: Path) -> None:
    async with pushing_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", slowly(prose(150), 60.0))
        await house.run(phone.say("问"))
        await house.pass_s(90)
        texts = pushed(phone)
        assert len(texts) > 2
        assert HEAD not in "".join(texts)
        assert kept(house) != [(None,)]


async def test_whoever_asked_on_gets_no_message_with_them(tmp_path: Path) -> None:
    async with pushing_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.say("一"))
        suggest(house)
        await house.pass_s(1)
        await house.run(phone.say("二"))
        await house.pass_s(5)
        assert pushed(phone) == []


async def test_after_half_a_minute_nothing_is_sent(tmp_path: Path) -> None:
    async with pushing_house(tmp_path) as house:
        suggest(house, *QUESTIONS, after_s=31.0)
        phone = house.phone()
        await house.run(phone.say("问"))
        await house.pass_s(60)
        assert pushed(phone) == []
        assert HEAD in (await house.run(phone.say("1"))).text


async def test_an_account_without_the_right_sends_nothing_and_learns_so(tmp_path: Path) -> None:
    async with pushing_house(tmp_path) as house:
        house.api.account = ApiAccount(kind=AccountKind.SUBSCRIPTION)
        phone = house.phone()
        for word in "一二":
            await house.run(phone.say(word))
            await house.pass_s(5)
        assert pushed(phone) == []
        assert house.api.calls[SEND] == 1
        assert HEAD in (await house.run(phone.say("1"))).text


async def test_who_asks_on_while_they_are_sent_is_pushed_no_message_too_many(
    tmp_path: Path,
) -> None:
    async with pushing_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.say("一"))
        house.api.script(Fault(code=-1, path=SEND), times=4)
        await house.pass_s(2.5)
        suggest(house)
        house.provider.on("二", Script(after_s=1.0))
        await house.run(phone.say("二"))
        await house.pass_s(20)
        left = house.rows("SELECT messages_left FROM quota")
        assert left <= [(house.platform.followers.left(phone.openid),)]


@pytest.mark.parametrize(("code", "left"), [(-1, 5), (45047, 0), (45015, 0)])
async def test_a_message_that_is_refused_leaves_the_quota_as_wechat_sees_it(
    tmp_path: Path, code: int, left: int
) -> None:
    async with pushing_house(tmp_path) as house:
        house.api.script(Fault(code=code, path=SEND), times=9)
        phone = house.phone()
        await house.run(phone.say("问"))
        await house.pass_s(25)
        assert pushed(phone) == []
        assert house.rows("SELECT messages_left FROM quota") == [(left,)]
        assert HEAD in (await house.run(phone.say("1"))).text
