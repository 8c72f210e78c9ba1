"""The app's type is found out once, and never at the cost of an answer."""

import asyncio

import pytest

from support.dify_pair import dify_pair, events_and_error, events_of, ids_of, is_whole
from yingda.clock import SystemClock
from yingda.errors import ProviderMisconfigured
from yingda.providers.base import Prompt
from yingda.providers.capabilities import Memory
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import AppMode as ProviderMode
from yingda.providers.dify_settings import DifySettings
from yingda.simulator.dify_script import AppMode
from yingda.simulator.dify_server import SAMPLE_KEY, DifyServer

PROMPT = Prompt(text="问", user="u1")
MEMORYLESS = [
    (AppMode.COMPLETION, "/v1/completion-messages"),
    (AppMode.WORKFLOW, "/v1/workflows/run"),
]


def asked(server: DifyServer, path: str) -> int:
    return sum(request.path == path for request in server.requests)


async def test_the_type_is_asked_once_however_many_questions_wait() -> None:
    async with dify_pair() as pair:
        await asyncio.gather(*(events_of(pair.dify, PROMPT) for _ in range(10)))
        await events_of(pair.dify, PROMPT)
        assert asked(pair.server, "/v1/info") == 1


async def test_a_set_mode_is_not_asked_for() -> None:
    async with dify_pair() as pair:
        settings = DifySettings(
            base_url=pair.server.base_url, api_key=SAMPLE_KEY, mode=ProviderMode.CHAT
        )
        dify = Dify(settings, SystemClock())
        assert is_whole(await events_of(dify, PROMPT))
        await dify.aclose()
        assert asked(pair.server, "/v1/info") == 0


@pytest.mark.parametrize(("mode", "path"), MEMORYLESS)
async def test_an_app_without_conversations_is_asked_where_it_answers(
    mode: AppMode, path: str
) -> None:
    async with dify_pair(mode=mode) as pair:
        memories = [pair.dify.capabilities.memory]
        for _ in range(2):
            events = await events_of(pair.dify, PROMPT)
            assert is_whole(events)
            assert ids_of(events).conversation_id is None
        assert [each.path for each in pair.server.requests if each.method == "POST"] == [path] * 2
        memories.append(pair.dify.capabilities.memory)
        assert memories == [Memory.THERE, Memory.NONE]


@pytest.mark.parametrize(
    ("mode", "refused"),
    [(AppMode.WORKFLOW, 1), (AppMode.COMPLETION, 2), (AppMode.CHAT, 0)],
)
async def test_a_version_that_names_no_type_teaches_by_its_refusals(
    mode: AppMode, refused: int
) -> None:
    async with dify_pair(mode=mode, names_mode=False, tries=1) as pair:
        for _ in range(2):
            assert is_whole(await events_of(pair.dify, PROMPT))
        runs = [each for each in pair.server.requests if each.method == "POST"]
        assert len(runs) == refused + 2
        assert pair.server.calls["问"] == 2


async def test_many_questions_at_once_learn_the_type_together() -> None:
    async with dify_pair(mode=AppMode.COMPLETION, names_mode=False) as pair:
        runs = await asyncio.gather(*(events_of(pair.dify, PROMPT) for _ in range(10)))
        assert all(is_whole(events) for events in runs)
        assert pair.server.calls["问"] == 10


async def test_a_type_that_was_set_wrong_is_told_and_not_guessed() -> None:
    async with dify_pair(mode=AppMode.WORKFLOW) as pair:
        settings = DifySettings(
            base_url=pair.server.base_url, api_key=SAMPLE_KEY, mode=ProviderMode.CHAT
        )
        dify = Dify(settings, SystemClock())
        _, error = await events_and_error(dify, PROMPT)
        await dify.aclose()
        assert isinstance(error, ProviderMisconfigured)
        assert "`mode`" in error.mend
        assert asked(pair.server, "/v1/workflows/run") == 0


async def test_a_version_that_names_no_type_counts_as_chat() -> None:
    async with dify_pair(names_mode=False) as pair:
        assert is_whole(await events_of(pair.dify, PROMPT))


async def test_a_failed_detection_does_not_fail_the_question() -> None:
    async with dify_pair(info_s=1e-9) as pair:
        assert is_whole(await events_of(pair.dify, PROMPT))
        assert is_whole(await events_of(pair.dify, PROMPT))
        assert pair.server.calls["问"] == 2
