"""Rule 7: every character of a long answer arrives, in order, once, and within the limit."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.house import House, account, open_house
from support.markdown import render
from support.scripted_provider import Script
from support.sentences import failure_text
from yingda.delivery.style import ReplyStyle
from yingda.errors import AnswerIncomplete, FailureKind
from yingda.simulator.phone import Phone, links_in
from yingda.texts import Texts
from yingda.wechat.limits import TEXT_LIMIT_BYTES

HAN = "\n\n".join(f"第{n}段。" + "汉字很长，需要分开来看。" * 40 for n in range(8))
LINKS = "\n".join(
    f"- [第{n}个链接](https://example.com/{n}/{'path' * 12}?q={n}) 的说明" for n in range(60)
)
CODE = "看代码：\n\n```python\n" + "\n".join(f"line_{n} = {n} * {n}" for n in range(400)) + "\n```"
EMOJI = "👨‍👩‍👧‍👦" * 300
TABLE = "|名|值|\n|-|-|\n" + "\n".join(f"|名字{n}|数值{n}|" for n in range(200))
SOLID = "x" * 9000
TRICKY = "]]> <a href='x'>假链接</a> & \x0b 结尾 " * 200
ANSWERS = {
    "han": HAN,
    "links": LINKS,
    "code": CODE,
    "emoji": EMOJI,
    "table": TABLE,
    "solid": SOLID,
    "tricky": TRICKY,
}
_PAGING = re.compile(r"（(\d+)/(\d+)）")


async def read_all(house: House, phone: Phone, question: str = "问") -> list[str]:
    """Ask, and pick up until nothing more is promised."""
    shown = [(await house.run(phone.say(question))).text]
    while "看下文" in shown[-1]:
        assert len(shown) < 100
        shown.append((await house.run(phone.say("1"))).text)
    return shown


def body(reply: str) -> str:
    """The reply without its paging line."""
    return _PAGING.split(reply)[0]


def bare(text: str) -> str:
    """Without blanks, and without what XML cannot carry: seams between parts are blanks."""
    return "".join(text.replace("\x0b", "").split())


def unlabelled() -> ReplyStyle:
    return ReplyStyle(texts=Texts(), has_ai_label=False)


@pytest.mark.parametrize("kind", ANSWERS)
async def test_the_parts_join_to_the_whole_answer(tmp_path: Path, kind: str) -> None:
    async with open_house(tmp_path, account(style=unlabelled())) as house:
        house.provider.on("问", Script(text=ANSWERS[kind]))
        shown = await read_all(house, house.phone())
        assert len(shown) > 1
        assert bare("".join(map(body, shown))) == bare(render(ANSWERS[kind]))
        assert house.provider.count("问") == 1


@pytest.mark.parametrize("kind", ANSWERS)
async def test_the_parts_are_numbered_in_order_with_one_total(tmp_path: Path, kind: str) -> None:
    async with open_house(tmp_path) as house:
        house.provider.on("问", Script(text=ANSWERS[kind]))
        shown = await read_all(house, house.phone())
        numbers = [_PAGING.findall(reply)[-1] for reply in shown]
        total = str(len(shown))
        assert numbers == [(str(n + 1), total) for n in range(len(shown))]


LONG_TEXTS = Texts(
    overrides={
        "more": "续" * 30 + "（{part}/{total}）回复 {word} 或{link}看下文",
        "part_last": "完" * 40 + "（{part}/{total}）",
        "quote": "引" * 30 + "「{question}」",
        "ai_label": "标" * 50,
        "again": "再" * 30 + "{question}\n",
        "conversation_restarted": "始" * 50,
        "failed_incomplete": "断" * 50,
        "unread_answer": "未" * 30 + "{question}{link}",
        "pickup_label": "点" * 20,
    }
)


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("texts", [Texts(), LONG_TEXTS], ids=["ours", "long"])
async def test_no_reply_is_over_the_limit_whatever_stands_around_it(
    tmp_path: Path, kind: str, texts: Texts
) -> None:
    async with open_house(tmp_path, account(style=ReplyStyle(texts=texts))) as house:
        phone = house.phone()
        text = ANSWERS[kind]
        question = "👨‍👩‍👧‍👦很长很长的问题" * 9
        failing = Script(
            text=text, fail=AnswerIncomplete("x"), fail_after_chars=len(text) - 1, reset=True
        )
        house.provider.on(question, failing)
        shown = await read_all(house, phone, question)
        await house.run(phone.say("别的"))
        shown += await read_all(house, phone, "1#1")
        for reply in shown:
            assert len(reply.encode()) <= TEXT_LIMIT_BYTES
            assert reply.count('<a href="weixin:') == len(
                [link for link in links_in(reply) if link.content]
            )
        first_reading = shown[: len(shown) // 2]
        broken_off = failure_text(FailureKind.INCOMPLETE, texts=texts)
        assert broken_off in first_reading[-1]
        assert texts.say("conversation_restarted") in first_reading[0]
        assert not any(broken_off in one for one in first_reading[:-1])


async def test_two_pickups_at_once_show_different_parts(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=HAN))
        first = (await house.run(phone.say("问"))).text
        pair = await house.together(phone.say("1"), phone.say("1"), phone.say("1"))
        shown = [first, *(one.text for one in pair)]
        assert sorted(_PAGING.findall(one)[-1][0] for one in shown) == ["1", "2", "3", "4"]
        assert max("".join(shown).count(f"第{n}段。") for n in range(8)) == 1


async def test_a_tap_on_each_parts_own_link_leads_through_the_answer(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=HAN))
        shown = [(await house.run(phone.say("问"))).text]
        while "看下文" in shown[-1]:
            shown.append((await house.run(phone.tap())).text)
        assert ["".join(shown).count(f"第{n}段。") for n in range(8)] == [1] * 8


async def test_an_answer_shown_again_pages_from_its_start(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=HAN))
        first = await read_all(house, phone)
        second = await read_all(house, phone, "1")
        assert second[0].startswith("问：问")
        assert [_PAGING.findall(one)[-1] for one in second] == [
            _PAGING.findall(one)[-1] for one in first
        ]
        assert house.provider.count("问") == 1


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    text=st.text(
        st.sampled_from("汉字。，\n abc`*_#|>-[]()<&👍é1."), min_size=700, max_size=3000
    ).filter(lambda text: text.strip())
)
async def test_any_answer_arrives_whole(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("house")
    async with open_house(folder, account(style=unlabelled())) as house:
        house.provider.on("问", Script(text=text))
        shown = await read_all(house, house.phone())
        assert bare("".join(map(body, shown))) == bare(render(text))
