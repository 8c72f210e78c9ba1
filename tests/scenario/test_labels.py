"""Rule 11: generated text is marked as such, our own sentences are not."""

from pathlib import Path

from support.house import account, open_house
from support.scripted_provider import Script
from yingda.delivery.style import ReplyStyle
from yingda.errors import AnswerIncomplete, ProviderBusy
from yingda.texts import Texts

LABEL = Texts().say("ai_label")
LONG = "很长的一句话。" * 300


async def test_every_part_of_generated_text_is_marked_by_default(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = house.phone()
        house.provider.on("问", Script(text=LONG))
        shown = [await house.run(phone.say("问"))]
        while "看下文" in shown[-1].text:
            shown.append(await house.run(phone.say("1")))
        shown.append(await house.run(phone.say("1")))
        assert len(shown) > 3
        assert [one.text.count(LABEL) for one in shown] == [1] * len(shown)


async def test_text_that_broke_off_is_marked_too(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        script = Script(text="前半句。后半句。", fail=AnswerIncomplete("x"), fail_after_chars=4)
        house.provider.on("问", script)
        assert LABEL in (await house.run(house.phone().say("问"))).text


async def test_sentences_of_our_own_are_not_marked(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        phone = house.phone()
        house.provider.on("坏", Script(fail=ProviderBusy("x")))
        house.provider.on("慢", Script(after_s=20))
        work = (
            phone.follow(),
            phone.say("1"),
            phone.say("/help"),
            phone.say("/clear"),
            phone.send_image(),
            phone.say(" "),
            phone.say("坏"),
            phone.say("慢"),
        )
        for one in work:
            seen = await house.run(one)
            assert seen.text
            assert LABEL not in seen.text


async def test_an_account_may_do_without_the_mark(tmp_path: Path) -> None:
    style = ReplyStyle(texts=Texts(), has_ai_label=False)
    async with open_house(tmp_path, account(style=style)) as house:
        assert (await house.run(house.phone().say("问"))).text == "好的，这是回答。"
