"""Rule 4 and table 3a: what `1` fetches, and that it is never a dead end."""

from pathlib import Path

import pytest

from support.house import House, account, open_house
from support.scripted_provider import Script
from yingda.delivery.style import ReplyStyle
from yingda.simulator.phone import Phone
from yingda.texts import Texts

LATE = "很久以后才想出来的回答。"
NOTHING = Texts().say("nothing_yet")


async def promised(house: House, phone: Phone, question: str = "问", text: str = LATE) -> None:
    """A question whose three attempts ended in a promise; the answer takes 40 s in all."""
    house.provider.on(question, Script(text=text, after_s=40))
    seen = await house.run(phone.say(question))
    assert "正在思考" in seen.text


@pytest.mark.parametrize("word", ["1", "１", " 1 ", "\n1", "1#1", "１＃１", " 1 # 1 "])
async def test_a_late_answer_is_picked_up_by_every_spelling_of_the_word(
    tmp_path: Path, word: str
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await promised(house, phone)
        await house.pass_s(40)
        seen = await house.run(phone.say(word))
        assert LATE in seen.text
        assert [prompt.text for prompt in house.provider.calls] == ["问"]


async def test_the_tap_link_of_a_promise_carries_the_turns_number(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await house.run(phone.say("零"))
        await promised(house, phone)
        assert phone.links()[0].content == "1#2"


async def test_a_pickup_while_the_turn_runs_holds_joins_and_answers_at_its_end(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await promised(house, phone)
        await house.pass_s(40 - 14.5 - 7)
        seen = await house.run(phone.say("1"))
        assert LATE in seen.text
        assert len(seen.attempts) == 2
        assert seen.delay_s == pytest.approx(7, abs=0.05)
        assert len(house.provider.calls) == 1


async def test_a_pickup_spends_patience_like_a_question(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=6) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=200)
        assert len((await house.run(phone.say("问"))).attempts) == 3
        seen = await house.run(phone.say("1"))
        assert len(seen.attempts) == 2
        seen = await house.run(phone.say("1"))
        assert len(seen.attempts) == 1
        assert "正在思考" in seen.text
        assert house.platform.counters.recent_timeouts == 3


async def test_a_pickup_that_comes_too_early_is_promised_again(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=LATE, after_s=100))
        await house.run(phone.say("问"))
        seen = await house.run(phone.say("1"))
        assert "正在思考" in seen.text
        assert phone.links()[0].content == "1#1"
        assert len(house.provider.calls) == 1


async def test_with_nothing_unread_the_last_question_and_answer_are_shown_again(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("天为什么蓝？", Script(text="因为散射。"))
        await house.run(phone.say("天为什么蓝？"))
        for _ in range(2):
            seen = await house.run(phone.say("1"))
            assert "天为什么蓝？" in seen.text
            assert "因为散射。" in seen.text
        assert len(house.provider.calls) == 1


@pytest.mark.parametrize("word", ["1", "1#1", "1#99"])
async def test_with_nothing_at_all_a_courteous_sentence_comes(tmp_path: Path, word: str) -> None:
    async with open_house(tmp_path) as house:
        seen = await house.run(house.phone().say(word))
        assert seen.text == NOTHING
        assert house.provider.calls == []


@pytest.mark.parametrize(
    "answer",
    [
        "下面哪个是鸟？\n\n1. 麻雀\n2. 鲸鱼\n3. 蝙蝠\n\n你选哪一个？",
        "第一题：地球是圆的吗？回复 1 表示是，回复 2 表示否。",
        "请回复数字 1-4 作答。",
        "要继续吗？请输入“1”继续。",
        "从下面选一个：\n\n1、苹果\n2、香蕉\n\n请选择你的答案。",
    ],
)
async def test_an_answer_that_asks_for_a_one_gets_it_as_a_question(
    tmp_path: Path, answer: str
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("考考我", Script(text=answer))
        house.provider.on("1", Script(text="答对了！"))
        await house.run(phone.say("考考我"))
        seen = await house.run(phone.say("1"))
        assert "答对了！" in seen.text
        assert house.provider.count("1") == 1


@pytest.mark.parametrize("answer", ["Which one?\n\n1) red\n2) blue", "选哪个？\n\n1. 红\n2. 蓝"])
async def test_a_numbered_choice_below_its_question_gets_the_one_as_an_answer(
    tmp_path: Path, answer: str
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("考考我", Script(text=answer))
        await house.run(phone.say("考考我"))
        await house.run(phone.say("1"))
        assert house.provider.count("1") == 1


async def shows_again(tmp_path: Path, answer: str) -> bool:
    """Whether `1` after this answer shows it again instead of asking the AI."""
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=answer))
        await house.run(phone.say("问"))
        seen = await house.run(phone.say("1"))
        return seen.text.startswith("问：问") and house.provider.count("1") == 0


@pytest.mark.parametrize("answer", ["1. 先洗菜。\n2. 再切菜。\n3. 最后下锅。", "1 加 1 等于 2。"])
async def test_an_answer_that_asks_for_nothing_is_shown_again(tmp_path: Path, answer: str) -> None:
    assert await shows_again(tmp_path, answer)


@pytest.mark.parametrize(
    "answer", ["学习时选择一个安静的地方，效果最好。", "会员回复 100 条以上可以升级。"]
)
async def test_a_longer_number_or_word_asks_for_no_one(tmp_path: Path, answer: str) -> None:
    assert await shows_again(tmp_path, answer)


async def test_even_after_a_quiz_an_unread_answer_is_picked_up_first(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        quiz = "回复 1 表示是，回复 2 表示否。"
        await promised(house, phone, text=quiz)
        await house.pass_s(40)
        assert quiz in (await house.run(phone.say("1"))).text
        assert house.provider.count("1") == 0
        await house.run(phone.say("1"))
        assert house.provider.count("1") == 1


async def test_a_typed_word_joins_the_turn_that_was_promised_last(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("甲", Script(text="甲的回答。", after_s=20))
        house.provider.on("乙", Script(text="乙的回答。", after_s=20))
        await house.together(phone.say("甲"), house.after(1, phone.say("乙")))
        await house.pass_s(60)
        assert "乙的回答。" in (await house.run(phone.say("1"))).text


async def test_without_a_promise_the_oldest_open_turn_is_joined(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.default = Script(text="甲的回答。", after_s=3)
        first, _, third = await house.together(
            phone.say("甲"), house.after(0.1, phone.say("乙")), house.after(0.2, phone.say("1"))
        )
        shown = [first.text, third.text]
        assert sum("甲的回答。" in text for text in shown) == 1
        assert not third.is_failure_line


async def test_an_answer_to_an_older_question_quotes_its_first_twenty_characters(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        older = "请详细讲讲长江和黄河各自的源头在哪里以及它们的长度"
        house.provider.on(older, Script(text="甲的回答。", after_s=20))
        house.provider.on("乙", Script(text="乙的回答。", after_s=20))
        await house.together(phone.say(older), house.after(1, phone.say("乙")))
        await house.pass_s(60)
        seen = await house.run(phone.say("1#1"))
        assert "甲的回答。" in seen.text
        assert f"「{older[:20]}" in seen.text
        assert older[:21] not in seen.text


async def test_the_newest_questions_answer_quotes_nothing(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await promised(house, phone, "这是一个问题")
        await house.pass_s(40)
        assert "「" not in (await house.run(phone.say("1"))).text


async def test_two_pickups_at_once_show_a_whole_answer_once(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        await promised(house, phone)
        both = await house.together(phone.say("1"), house.after(0.5, phone.say("1")))
        rest = await house.run(house.after(60, phone.say("零")))
        shown = [seen.text for seen in (*both, rest)]
        assert sum(text.count(LATE) for text in shown) <= 1
        assert not any(seen.is_failure_line for seen in both)


async def test_a_pickup_joined_while_the_question_is_still_held_shows_the_answer_once(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=LATE, after_s=7))
        both = await house.together(phone.say("问"), house.after(2, phone.say("1")))
        assert sum(seen.text.count(LATE) for seen in both) == 1
        assert house.provider.count("问") == 1


async def test_an_own_pickup_word_replaces_the_one(tmp_path: Path) -> None:
    style = ReplyStyle(texts=Texts(), pickup_word="查看")
    async with open_house(tmp_path, account(style=style)) as house:
        phone = house.phone()
        await promised(house, phone)
        assert "查看" in phone.history[-1].text
        await house.pass_s(40)
        assert phone.links()[0].content == "查看#1"
        assert LATE in (await house.run(phone.tap())).text
        await house.run(phone.say("1"))
        assert house.provider.count("1") == 1


@pytest.mark.parametrize("after_s", [1, 20])
async def test_a_part_that_tells_how_to_go_on_is_what_the_word_goes_on_with(
    tmp_path: Path, after_s: float
) -> None:
    """Whether the earlier answer had been promised by a waiting text or came at once."""
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("甲", Script(text="甲的一段话。\n\n" * 300, after_s=after_s))
        house.provider.on("乙", Script(text="乙的一段话。\n\n" * 300, after_s=1))
        await house.run(phone.say("甲"))
        await house.pass_s(30)
        if after_s > 15:
            await house.run(phone.say("1"))
        second = await house.run(phone.say("乙"))
        assert "乙的一段话。" in second.text
        assert "（1/" in second.text
        went_on = await house.run(phone.say("1"))
        assert "乙的一段话。" in went_on.text
        assert "（2/" in went_on.text
