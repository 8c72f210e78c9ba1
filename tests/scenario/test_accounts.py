"""Promise 4: two accounts and their followers never mix, even under the same openid."""

from pathlib import Path

from support.house import House, account, open_house
from support.scripted_provider import Script
from yingda.delivery.style import ReplyStyle
from yingda.simulator.phone import Phone
from yingda.texts import Texts


def both(house: House) -> tuple[Phone, Phone]:
    """The same openid at two accounts."""
    return (
        Phone(house.platform_for("one"), "o_same"),
        Phone(house.platform_for("two"), "o_same"),
    )


async def test_the_same_openid_at_two_accounts_has_two_conversations(tmp_path: Path) -> None:
    async with open_house(tmp_path, account(name="one"), account(name="two")) as house:
        one, two = both(house)
        for phone in (one, two, one, two):
            await house.run(phone.say("问"))
        ids = [prompt.conversation_id for prompt in house.provider.calls]
        assert ids == [None, None, "conversation-1", "conversation-2"]
        assert len({prompt.user for prompt in house.provider.calls}) == 2


async def test_neither_picks_up_clears_or_cancels_what_is_the_others(tmp_path: Path) -> None:
    async with open_house(tmp_path, account(name="one"), account(name="two")) as house:
        one, two = both(house)
        house.provider.on("问", Script(text="只给一号。", after_s=20))
        await house.run(one.say("问"))
        for word in ("1", "1#1", "/clear"):
            assert "只给一号。" not in (await house.run(two.say(word))).text
        await house.run(two.unfollow())
        await house.pass_s(20)
        assert "只给一号。" in (await house.run(one.say("1"))).text
        assert (await house.run(two.say("1"))).text == Texts().say("nothing_yet")


async def test_the_same_message_id_at_two_accounts_is_two_questions(tmp_path: Path) -> None:
    async with open_house(tmp_path, account(name="one"), account(name="two")) as house:
        one, two = both(house)
        await house.together(one.say("问"), two.say("问"))
        first, second = house.requests
        number = b"<MsgId>"
        assert first.body.split(number)[1] == second.body.split(number)[1]
        assert house.provider.count("问") == 2


async def test_each_account_has_its_own_words_queue_and_patience(tmp_path: Path) -> None:
    style = ReplyStyle(texts=Texts(), pickup_word="看", has_ai_label=False)
    accounts = (account(name="one", patience=0), account(name="two", style=style))
    async with open_house(tmp_path, *accounts) as house:
        one, two = both(house)
        house.provider.default = Script(text="回答。", after_s=6)
        first, second = await house.together(one.say("问"), two.say("问"))
        assert "正在思考" in first.text
        assert second.text == "回答。"
        assert "回答。" in (await house.run(two.say("看"))).text


async def test_an_unknown_account_is_not_found(tmp_path: Path) -> None:
    async with open_house(tmp_path) as house:
        phone = Phone(house.platform_for("nobody"), "o_same")
        seen = await house.run(phone.say("问"))
        assert {attempt.status for attempt in seen.attempts} == {404}
        assert house.provider.calls == []
