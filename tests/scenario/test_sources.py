"""Documents that an answer leans on reach the follower with it."""

from pathlib import Path

from support.house import open_house
from support.scripted_provider import Script
from yingda.providers.base import Source
from yingda.texts import Language, Texts

DOCUMENTS = (Source("价目表", "https://example.cn/p"), Source("手册"))
LISTED = "参考资料：\n\n1. 价目表: https://example.cn/p\n2. 手册"


async def test_an_answer_ends_with_its_sources_and_they_are_kept(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.default = Script(text="好的。", sources=DOCUMENTS)
        phone = house.phone()
        seen = await house.run(phone.say("问"))
        assert seen.text.startswith(f"好的。\n\n{LISTED}")
        ((answer,),) = house.rows("SELECT answer FROM turn")
        assert "[价目表](<https://example.cn/p>)" in answer
        assert LISTED in (await house.run(phone.say("1"))).text


async def test_what_was_read_while_it_was_written_goes_on_with_the_sources(tmp_path: Path) -> None:
    async with open_house(tmp_path, patience=0) as house:
        text = "这是回答里的一整句话，足够长，可以先给人看。" * 3
        house.provider.default = Script(text=text, chunks=3, during_s=9, sources=DOCUMENTS)
        phone = house.phone()
        await house.run(phone.say("问"))
        await house.pass_s(10)
        assert LISTED in (await house.run(phone.say("1"))).text


async def test_an_answer_found_after_a_crash_names_them_too(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        house.provider.default = Script(after_s=60, found="找到的回答。", sources=DOCUMENTS)
        phone = house.phone()
        await house.interrupted(phone.say("问"), 2.0, house.restart())
        await house.pass_s(5)
        assert LISTED in (await house.run(phone.say("1"))).text
        assert house.rows("SELECT message_id FROM turn") == [("message-1",)]


async def test_the_head_is_in_the_accounts_language(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        style = house._accounts[0].style
        english = type(style)(texts=Texts(Language.ENGLISH))
        await house.change(style=english)
        house.provider.default = Script(text="Yes.", sources=DOCUMENTS)
        assert "Sources:\n\n1. " in (await house.run(house.phone().say("q"))).text
