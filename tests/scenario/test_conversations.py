"""Rule 5: one conversation is answered one at a time, in order; nothing unread is swallowed."""

from pathlib import Path

import pytest

from support.house import account, open_house
from support.scripted_provider import Script
from yingda.delivery.style import ReplyStyle
from yingda.errors import ProviderUnavailable
from yingda.texts import Texts

LONG = "\n\n".join(f"第{n}段。" + "长" * 280 for n in range(6))
LATE = "迟到的回答。"


async def test_three_quick_questions_are_answered_one_at_a_time_in_order(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        for n, word in enumerate("甲乙丙"):
            house.provider.on(word, Script(text=f"{word}的回答。", after_s=2 + n))
        seen = await house.together(
            phone.say("甲"), house.after(0.1, phone.say("乙")), house.after(0.2, phone.say("丙"))
        )
        assert [
            f"{word}的回答。" in one.text for word, one in zip("甲乙丙", seen, strict=True)
        ] == [
            True,
            True,
            True,
        ]
        assert house.provider.most_running == 1
        assert [prompt.text for prompt in house.provider.calls] == ["甲", "乙", "丙"]
        ids = [prompt.conversation_id for prompt in house.provider.calls]
        assert ids == [None, "conversation-1", "conversation-1"]
        assert len({prompt.user for prompt in house.provider.calls}) == 1


async def test_the_provider_is_told_a_pseudonym_and_never_the_openid(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        await house.run(house.phone("o_secret").say("问"))
        assert "o_secret" not in repr(house.provider.calls)


async def test_different_followers_are_answered_at_the_same_time(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.default = Script(after_s=3)
        seen = await house.together(*(house.phone(f"o_{n}").say("问") for n in range(5)))
        assert house.provider.most_running == 5
        assert [one.delay_s for one in seen] == pytest.approx([3.0] * 5, abs=0.05)
        assert {prompt.conversation_id for prompt in house.provider.calls} == {None}
        assert len({prompt.user for prompt in house.provider.calls}) == 5


async def test_a_question_behind_others_is_told_how_many_come_first(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.default = Script(after_s=20)
        seen = await house.together(phone.say("甲"), phone.say("乙"), phone.say("丙"))
        # What comes at the same instant has no order of its own.
        signs = ("正在思考", "前面还有 1 个", "前面还有 2 个")
        assert sorted(sign for each in seen for sign in signs if sign in each.text) == sorted(signs)


async def test_a_new_question_after_a_first_part_is_answered_first_and_the_rest_announced(
    tmp_path: Path,
) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("长的", Script(text=LONG))
        first = await house.run(phone.say("长的"))
        assert "第0段" in first.text
        house.provider.on("短的", Script(text="短的回答。"))
        second = await house.run(phone.say("短的"))
        assert second.text.startswith("短的回答。")
        assert "「长的」的回答还有下文" in second.text
        third = await house.run(phone.tap())
        assert "「长的」" in third.text
        assert "第0段" not in third.text
        assert "第2段" in third.text


async def test_an_answer_never_offered_is_announced_with_the_next_answer(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("慢的", Script(text=LATE, after_s=20))
        await house.run(phone.say("慢的"))
        await house.pass_s(10)
        seen = await house.run(phone.say("快的"))
        assert "「慢的」已有回答" in seen.text
        assert LATE in (await house.run(phone.tap())).text


async def test_an_announced_answer_may_be_fetched_by_the_word_too(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("慢的", Script(text=LATE, after_s=20))
        await house.run(phone.say("慢的"))
        await house.pass_s(10)
        await house.run(phone.say("快的"))
        assert LATE in (await house.run(phone.say("1"))).text


async def test_an_announcement_that_does_not_fit_is_left_out_and_comes_later(
    tmp_path: Path,
) -> None:
    texts = Texts(overrides={"unread_answer": "读" * 200 + "{question}{link}"})
    async with open_house(tmp_path, account(style=ReplyStyle(texts=texts))) as house:
        phone = house.phone()
        house.provider.on("慢的", Script(text=LATE, after_s=20))
        await house.run(phone.say("慢的"))
        await house.pass_s(10)
        house.provider.on("满的", Script(text="满" * 590))
        full = await house.run(phone.say("满的"))
        assert "满" * 590 in full.text
        assert "读读" not in full.text
        assert "读读" in (await house.run(phone.say("短的"))).text


async def test_an_answer_never_offered_is_announced_with_a_promise_too(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("慢的", Script(text=LATE, after_s=20))
        await house.run(phone.say("慢的"))
        await house.pass_s(10)
        house.provider.on("更慢的", Script(after_s=60))
        assert "慢的」已有回答" in (await house.run(phone.say("更慢的"))).text


async def test_a_failed_answer_leaves_the_conversation_as_it_was(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("坏", Script(fail=ProviderUnavailable("x")))
        for word in ("好", "坏", "好"):
            await house.run(phone.say(word))
        ids = [prompt.conversation_id for prompt in house.provider.calls]
        assert ids == [None, "conversation-1", "conversation-1"]
