"""The app's type is found out once, and never at the cost of an answer."""

import asyncio

import pytest

from support.dify_pair import dify_pair, events_and_error, events_of, is_whole
from yingda.clock import SystemClock
from yingda.errors import ProviderMisconfigured
from yingda.providers.base import Prompt
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import AppMode as ProviderMode
from yingda.providers.dify_settings import DifySettings
from yingda.simulator.dify_script import AppMode
from yingda.simulator.dify_server import SAMPLE_KEY, DifyServer

PROMPT = Prompt(text="问", user="u1")
UNSUPPORTED = [AppMode.COMPLETION, AppMode.WORKFLOW]


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


@pytest.mark.parametrize("mode", UNSUPPORTED)
async def test_an_app_that_cannot_chat_is_refused_without_a_run(mode: AppMode) -> None:
    async with dify_pair(mode=mode) as pair:
        for _ in range(2):
            _, error = await events_and_error(pair.dify, PROMPT)
            assert isinstance(error, ProviderMisconfigured)
            assert "not supported by this version" in error.mend
        assert asked(pair.server, "/v1/chat-messages") == 0


@pytest.mark.parametrize("mode", UNSUPPORTED)
async def test_a_version_that_names_no_type_teaches_by_its_refusal(mode: AppMode) -> None:
    async with dify_pair(mode=mode, names_mode=False) as pair:
        for _ in range(2):
            _, error = await events_and_error(pair.dify, PROMPT)
            assert isinstance(error, ProviderMisconfigured)
            assert "not supported by this version" in error.mend
        assert asked(pair.server, "/v1/chat-messages") == 1


async def test_a_version_that_names_no_type_counts_as_chat() -> None:
    async with dify_pair(names_mode=False) as pair:
        assert is_whole(await events_of(pair.dify, PROMPT))


async def test_a_failed_detection_does_not_fail_the_question() -> None:
    async with dify_pair(info_s=1e-9) as pair:
        assert is_whole(await events_of(pair.dify, PROMPT))
        assert is_whole(await events_of(pair.dify, PROMPT))
        assert pair.server.calls["问"] == 2
