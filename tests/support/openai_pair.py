"""An OpenAI-compatible provider and the simulated server it talks to, joined for one test."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from yingda.clock import Clock, SystemClock
from yingda.providers.openai_compatible import OpenAiCompatible
from yingda.providers.openai_settings import OpenAiSettings
from yingda.simulator.openai_script import ChatScript
from yingda.simulator.openai_server import MODEL, SAMPLE_KEY, OpenAiServer


class OpenAiPair(msgspec.Struct, frozen=True):
    """Both ends."""

    provider: OpenAiCompatible
    server: OpenAiServer


@asynccontextmanager
async def openai_pair(
    *,
    clock: Clock | None = None,
    script: ChatScript | None = None,
    refuses: Collection[str] = (),
    **settings: Any,
) -> AsyncIterator[OpenAiPair]:
    """Open both ends; `settings` override those of the provider."""
    clock = clock or SystemClock()
    async with OpenAiServer(clock, script, refuses=refuses) as server:
        base = OpenAiSettings(base_url=server.base_url, api_key=SAMPLE_KEY, model=MODEL)
        provider = OpenAiCompatible(msgspec.structs.replace(base, **settings), clock)
        try:
            yield OpenAiPair(provider, server)
        finally:
            await provider.aclose()
