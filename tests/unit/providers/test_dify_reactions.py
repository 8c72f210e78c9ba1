"""Suggested questions and ratings after an answer of Dify's."""

import pytest

from support.dify_pair import Pair, dify_pair, events_of, ids_of
from yingda.clock import VirtualClock
from yingda.errors import ProviderError, ProviderMisconfigured, ProviderUnavailable
from yingda.providers.base import Prompt
from yingda.providers.capabilities import Rating
from yingda.simulator.dify_script import AppMode

PROMPT = Prompt(text="问", user="u1")
GONE = "0d7a4c52-6a0c-4a39-8f57-6a1f2f0e9b11"


async def answered(pair: Pair) -> str:
    return ids_of(await events_of(pair.dify, PROMPT)).message_id or ""


async def suggested(pair: Pair, message_id: str, user: str = "u1") -> tuple[str, ...]:
    suggester = pair.dify.capabilities.suggester
    assert suggester is not None
    return await suggester.suggest(message_id, user)


async def rate(pair: Pair, message_id: str, rating: Rating | None, user: str = "u1") -> None:
    rater = pair.dify.capabilities.rater
    assert rater is not None
    await rater.rate(message_id, user, rating)


def times(pair: Pair, ending: str) -> int:
    return sum(each.path.endswith(ending) for each in pair.server.requests)


@pytest.mark.parametrize(
    ("told", "given"),
    [
        (["甲？", "乙？"], ("甲？", "乙？")),
        (["一", "二", "三", "四"], ("一", "二", "三")),
        ([" 甲？\n ", "甲？", "", "长" * 61, "长" * 60], ("甲？", "长" * 60)),
        ([], ()),
    ],
)
async def test_at_most_three_short_questions_are_suggested_and_none_twice(
    told: list[str], given: tuple[str, ...]
) -> None:
    async with dify_pair() as pair:
        pair.server.extras.suggestions = told
        assert await suggested(pair, await answered(pair)) == given


async def test_an_app_without_suggestions_is_asked_again_only_after_an_hour() -> None:
    clock = VirtualClock()
    async with dify_pair(clock=clock, gather_s=0) as pair:
        message_id = await answered(pair)
        pair.server.introduction = {"suggested_questions_after_answer": {"enabled": False}}
        for _ in range(3):
            assert await suggested(pair, message_id) == ()
        assert times(pair, "/suggested") == 1
        pair.server.introduction = {}
        await clock.advance(3601.0)
        assert len(await suggested(pair, message_id)) == 3


@pytest.mark.parametrize("message_id", [GONE, "", "msg-1", "../../x"])
async def test_an_answer_that_is_not_known_has_no_suggestions_and_takes_no_rating(
    message_id: str,
) -> None:
    async with dify_pair() as pair:
        assert await suggested(pair, message_id) == ()
        await rate(pair, message_id, Rating.LIKE)
        assert pair.server.extras.ratings == {}
        assert len(pair.server.requests) == (2 if message_id == GONE else 0)


async def test_another_followers_answer_has_neither() -> None:
    async with dify_pair() as pair:
        message_id = await answered(pair)
        assert await suggested(pair, message_id, user="u2") == ()
        await rate(pair, message_id, Rating.DISLIKE, user="u2")
        assert pair.server.extras.ratings == {}


async def test_a_rating_is_given_changed_and_taken_back() -> None:
    async with dify_pair() as pair:
        message_id = await answered(pair)
        await rate(pair, message_id, None)
        await rate(pair, message_id, Rating.LIKE)
        assert pair.server.extras.ratings == {message_id: "like"}
        await rate(pair, message_id, Rating.DISLIKE)
        assert pair.server.extras.ratings == {message_id: "dislike"}
        await rate(pair, message_id, None)
        assert pair.server.extras.ratings == {}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "unauthorized", ProviderMisconfigured),
        (500, "internal_server_error", ProviderUnavailable),
        (404, "", ProviderMisconfigured),
    ],
)
async def test_other_failures_are_told(status: int, code: str, kind: type[ProviderError]) -> None:
    async with dify_pair() as pair:
        message_id = await answered(pair)
        for ending in ("suggested", "feedbacks"):
            path = f"/v1/messages/{message_id}/{ending}"
            pair.server.extras.refusals[path] = [(status, code)]
        with pytest.raises(kind):
            await suggested(pair, message_id)
        with pytest.raises(kind):
            await rate(pair, message_id, Rating.LIKE)
        assert len(await suggested(pair, message_id)) == 3


async def test_suggestions_that_cannot_be_read_are_a_passing_failure() -> None:
    async with dify_pair() as pair:
        message_id = await answered(pair)
        pair.server.extras.suggestions = [1]  # type: ignore[list-item]
        with pytest.raises(ProviderUnavailable):
            await suggested(pair, message_id)


@pytest.mark.parametrize(
    ("mode", "suggests", "rates"),
    [
        (AppMode.CHAT, True, True),
        (AppMode.AGENT_CHAT, True, True),
        (AppMode.AGENT, True, True),
        (AppMode.ADVANCED_CHAT, True, True),
        (AppMode.COMPLETION, False, True),
        (AppMode.WORKFLOW, False, False),
    ],
)
async def test_an_app_offers_what_its_type_has_once_the_type_is_known(
    mode: AppMode,
    suggests: bool,  # noqa: FBT001 - a column of the table
    rates: bool,  # noqa: FBT001 - a column of the table
) -> None:
    async with dify_pair(mode=mode) as pair:
        assert await suggested(pair, GONE) == ()
        await answered(pair)
        capabilities = pair.dify.capabilities
        assert (capabilities.suggester is not None) is suggests
        assert (capabilities.rater is not None) is rates


async def test_an_app_that_is_no_chat_is_not_asked_for_suggestions_again() -> None:
    async with dify_pair(mode=AppMode.WORKFLOW) as pair:
        for _ in range(2):
            assert await suggested(pair, GONE) == ()
        assert times(pair, "/suggested") == 1
