"""Followers say what they think of an answer; it is kept, and the provider is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from support.house import House, open_house
from support.pushing import open_pushing, prose, pushed, slowly
from support.scripted_provider import Script
from yingda.delivery.style import ReplyStyle
from yingda.errors import ProviderBusy
from yingda.providers.capabilities import Capabilities, Rating
from yingda.texts import Texts

SAY = Texts().say
LINKED = ReplyStyle(texts=Texts(), has_feedback_links=True)
LIKED, NOTHING = SAY("rated_like"), SAY("nothing_to_rate")


@asynccontextmanager
async def rated_house(
    folder: Path, *, has_rater: bool = True, **changes: Any
) -> AsyncIterator[House]:
    async with open_house(folder, **changes) as house:
        own = house.provider
        own.capabilities = Capabilities(stops=True, rater=own if has_rater else None)
        yield house


async def say(house: House, *words: str) -> str:
    """Say these one after the other; the last reply."""
    phone = house.phone()
    seen = [await house.run(phone.say(word)) for word in words]
    return seen[-1].text


def kept(house: House) -> list[tuple[Any, ...]]:
    return house.rows("SELECT number, rating FROM turn ORDER BY id")


async def test_a_thumb_rates_the_last_answer_and_the_provider_is_told_once(
    tmp_path: Path,
) -> None:
    async with rated_house(tmp_path) as house:
        assert await say(house, "问", "👍") == LIKED
        await house.pass_s(1)
        ((message_id, user, rating),) = house.provider.ratings
        assert (message_id, rating) == ("message-1", Rating.LIKE)
        assert user == house.provider.calls[0].user
        assert kept(house) == [(1, "like")]
        assert await say(house, "👍") == LIKED
        await house.pass_s(400)
        assert len(house.provider.ratings) == 1
        assert len(house.provider.calls) == 1


async def test_the_other_thumb_changes_it_and_offers_to_ask_again(tmp_path: Path) -> None:
    async with rated_house(tmp_path) as house:
        reply = await say(house, "问", "👍", "👎")
        assert SAY("retry_label") in reply
        assert "%2Fretry%231" in reply
        await house.pass_s(1)
        assert [each[2] for each in house.provider.ratings] == [Rating.LIKE, Rating.DISLIKE]
        assert kept(house) == [(1, "dislike")]


async def test_a_command_with_a_number_rates_that_answer(tmp_path: Path) -> None:
    async with rated_house(tmp_path) as house:
        assert await say(house, "一", "二", "/good#1") == LIKED
        await say(house, "/bad")
        assert kept(house) == [(1, "like"), (2, "dislike")]


async def test_a_repeat_of_the_push_gets_the_same_reply_and_rates_nothing_else(
    tmp_path: Path,
) -> None:
    async with rated_house(tmp_path) as house:
        await say(house, "一", "👍", "二")
        _, body = await house.repeat(1)
        assert LIKED.encode() in body
        assert kept(house) == [(1, "like"), (2, None)]


async def test_there_may_be_nothing_to_rate(tmp_path: Path) -> None:
    async with rated_house(tmp_path, patience=0) as house:
        assert await say(house, "👎") == NOTHING
        house.provider.default = Script(after_s=8)
        assert await say(house, "慢", "👍") == NOTHING
        await house.pass_s(10)
        assert await say(house, "👍") == NOTHING
        assert await say(house, "1", "👍") == LIKED
        assert await say(house, "/good#7") == NOTHING


async def test_without_a_rater_it_is_kept_all_the_same(tmp_path: Path) -> None:
    async with rated_house(tmp_path, has_rater=False) as house:
        assert await say(house, "问", "[强]") == LIKED
        await house.pass_s(1)
        assert house.provider.ratings == []
        assert house.rows("SELECT rating, rating_due_at FROM turn") == [("like", None)]


async def test_a_provider_that_fails_is_told_later_with_growing_pauses(tmp_path: Path) -> None:
    async with rated_house(tmp_path) as house:
        house.provider.rated = Script(fail=ProviderBusy("busy"))
        await say(house, "问", "👍")
        await house.pass_s(59)
        assert len(house.provider.ratings) == 1
        await house.pass_s(2)
        assert len(house.provider.ratings) == 2
        await house.pass_s(600)
        assert len(house.provider.ratings) == 5  # after 60, 120, 240 and 480 s
        house.provider.rated = Script()
        await house.pass_s(3600)
        assert len(house.provider.ratings) == 6
        assert house.rows("SELECT rating, rating_due_at FROM turn") == [("like", None)]


async def test_after_a_day_nobody_is_told_any_more(tmp_path: Path) -> None:
    async with rated_house(tmp_path) as house:
        house.provider.rated = Script(fail=ProviderBusy("busy"))
        await say(house, "问", "👍")
        await house.pass_s(3 * 86_400)
        tries = len(house.provider.ratings)
        assert 10 <= tries <= 14
        assert house.rows("SELECT rating, rating_due_at FROM turn") == [("like", None)]


async def test_a_provider_that_hangs_is_left_and_told_later(tmp_path: Path) -> None:
    async with rated_house(tmp_path) as house:
        house.provider.rated = Script(after_s=1e6)
        await say(house, "问", "👍")
        await house.pass_s(35)
        house.provider.rated = Script()
        await house.pass_s(100)
        assert len(house.provider.ratings) == 2


async def test_a_rating_survives_a_crash(tmp_path: Path) -> None:
    async with rated_house(tmp_path) as house:
        house.provider.rated = Script(after_s=1e6)
        await say(house, "问", "👎")
        await house.restart()
        house.provider.rated = Script()
        await house.pass_s(300)
        assert [each[2] for each in house.provider.ratings] == [Rating.DISLIKE] * 2


async def test_of_an_erased_answer_nobody_is_told(tmp_path: Path) -> None:
    async with rated_house(tmp_path) as house:
        house.provider.rated = Script(fail=ProviderBusy("busy"))
        await say(house, "问", "👍", "/forget", "确认")
        house.provider.rated = Script()
        await house.pass_s(7200)
        assert len(house.provider.ratings) == 1
        assert house.rows("SELECT rating, rated_at, rating_due_at FROM turn") == [(None,) * 3]


async def test_the_log_tells_of_a_rating_without_text(tmp_path: Path) -> None:
    with capture_logs() as told:
        async with rated_house(tmp_path) as house:
            await say(house, "秘密的问题", "👎")
            ((turn_id,),) = house.rows("SELECT id FROM turn")
    (line,) = [each for each in told if each["event"] == "answer_rated"]
    assert (line["turn"], line["rating"]) == (turn_id, "dislike")
    assert "秘密的问题" not in str(told)


async def test_links_below_an_answer_rate_it_where_that_is_set(tmp_path: Path) -> None:
    async with rated_house(tmp_path, style=LINKED) as house:
        phone = house.phone()
        await house.run(phone.say("一"))
        await house.run(phone.say("二"))
        assert [link.label for link in phone.links()] == ["👍", "👎"] * 2
        assert (await house.run(phone.tap(2))).text == LIKED
        await house.run(phone.tap(1))
        assert kept(house) == [(1, "like"), (2, "dislike")]


async def test_the_last_pushed_part_alone_has_the_links(tmp_path: Path) -> None:
    async with open_pushing(tmp_path, style=LINKED) as house:
        phone = house.phone()
        house.provider.on("问", slowly(prose(60)))
        await house.run(phone.say("问"))
        await house.pass_s(30)
        texts = pushed(phone)
        assert len(texts) > 1
        assert ["👍" in text for text in texts] == [False] * (len(texts) - 1) + [True]
