"""What every provider that speaks HTTP makes of refusals, of too much, and of a slow reader.

The back ends are scripted to the byte; how the whole gateway tells of it stands in the failure
matrix.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import msgspec
import pytest

from support.dify_pair import events_and_error, is_whole, text_of
from support.failure_table import OPENAI, wire_of
from support.odd_server import SILENCE, Again, Cut, Head, OddServer, Play, Raw, odd_server
from support.vendor_wire import PART, Refusal, Wire
from yingda.clock import SystemClock
from yingda.errors import AnswerIncomplete, FailureKind, ProviderError, ProviderTimeout
from yingda.providers.base import Prompt, Provider, TextDelta
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import AppMode, DifySettings
from yingda.providers.limits import ANSWER_LIMIT_CHARS
from yingda.providers.openai_compatible import OpenAiCompatible
from yingda.providers.openai_settings import OpenAiSettings

KINDS = {
    "dify-chat": AppMode.ADVANCED_CHAT,
    "dify-completion": AppMode.COMPLETION,
    "dify-workflow": AppMode.WORKFLOW,
    OPENAI: None,
}
PROMPT = Prompt(text="问", user="follower-1")
#: As large a piece as an honest server sends.
PIECE_CHARS = 5_000
#: What the sockets of both ends and the reader's buffers hold at most (measured: 4 to 7 MB).
ON_ITS_WAY_BYTES = 16 * 1024 * 1024


class Scene(msgspec.Struct, frozen=True):
    """A provider, what its back end speaks, and the back end."""

    provider: Provider
    wire: Wire
    server: OddServer


@asynccontextmanager
async def scene(kind: str, *plays: Play, **settings: Any) -> AsyncIterator[Scene]:
    clock = SystemClock()
    async with odd_server(clock, plays) as server:
        base_url, mode = f"http://127.0.0.1:{server.port}/v1", KINDS[kind]
        provider: Provider = (
            OpenAiCompatible(
                OpenAiSettings(base_url=base_url, model="m", tries=1, **settings), clock
            )
            if mode is None
            else Dify(
                DifySettings(
                    base_url=base_url,
                    api_key="app-k",
                    mode=mode,
                    input_key="query",
                    tries=1,
                    **settings,
                ),
                clock,
            )
        )
        try:
            yield Scene(provider, wire_of(kind), server)
        finally:
            await provider.aclose()


MEANINGS = {
    Refusal.KEY: FailureKind.CONFIGURATION,
    Refusal.FORBIDDEN: FailureKind.CONFIGURATION,
    Refusal.UNPUBLISHED: FailureKind.CONFIGURATION,
    Refusal.INPUT: FailureKind.CONFIGURATION,
    Refusal.BUSY: FailureKind.BUSY,
    Refusal.QUOTA: FailureKind.QUOTA,
    Refusal.FAILED: FailureKind.UNAVAILABLE,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("why", MEANINGS, ids=str)
async def test_a_refusal_means_the_same_whoever_words_it(kind: str, why: Refusal) -> None:
    async with scene(kind, wire_of(kind).refused(why)) as here:
        events, error = await events_and_error(here.provider, PROMPT)
    assert isinstance(error, ProviderError)
    assert error.kind is MEANINGS[why]
    assert error.mend
    assert text_of(events) == ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("why", [Refusal.BUSY, Refusal.QUOTA, Refusal.FAILED], ids=str)
async def test_a_run_that_is_given_up_keeps_its_text_and_its_meaning(
    kind: str, why: Refusal
) -> None:
    wire = wire_of(kind)
    play = (Head(), wire.opened(), wire.text(PART), wire.error(why))
    async with scene(kind, play) as here:
        events, error = await events_and_error(here.provider, PROMPT)
        assert len(here.server.bodies) == 1
    assert isinstance(error, ProviderError)
    assert error.kind is MEANINGS[why]
    assert text_of(events) == PART


#: What becomes of an answer while its text waits to be read.
CUTS: dict[str, tuple[Play, type[ProviderError]]] = {
    "the connection breaks": ((Cut(),), AnswerIncomplete),
    "the body ends": ((), AnswerIncomplete),
    "no chunk": ((Raw(b"no size\r\n"),), AnswerIncomplete),
    "no event": ((b"data: {\n\n",), AnswerIncomplete),
    "silence": ((SILENCE,), ProviderTimeout),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cut", CUTS)
async def test_text_that_nobody_looked_into_is_told_before_the_failure(kind: str, cut: str) -> None:
    wire = wire_of(kind)
    rest, meaning = CUTS[cut]
    # Each in a packet of its own.
    play = (Head(), wire.opened(), Again(wire.text("字"), every_s=0.002, times=20), *rest)
    async with scene(kind, play, gather_s=1e6, read_s=0.2) as here:
        events, error = await events_and_error(here.provider, PROMPT)
    assert text_of(events) == "字" * 20
    assert type(error) is meaning


@pytest.mark.parametrize("kind", KINDS)
async def test_the_end_of_an_answer_is_told_at_once_with_all_text_that_waits(kind: str) -> None:
    wire = wire_of(kind)
    play = (Head(), wire.opened(), Again(wire.text("字"), times=150), wire.end("字" * 150))
    async with scene(kind, play, gather_s=1e6) as here, asyncio.timeout(5.0):
        events, error = await events_and_error(here.provider, PROMPT)
    assert error is None
    assert text_of(events) == "字" * 150
    assert is_whole(events)


@pytest.mark.parametrize("kind", KINDS)
async def test_an_answer_without_an_end_is_cut_at_the_limit(kind: str) -> None:
    wire = wire_of(kind)
    play = (Head(), wire.opened(), Again(wire.text("字" * PIECE_CHARS)))
    async with scene(kind, play) as here:
        events, error = await events_and_error(here.provider, PROMPT)
    assert isinstance(error, AnswerIncomplete)
    assert text_of(events) == "字" * ANSWER_LIMIT_CHARS


@pytest.mark.parametrize("kind", KINDS)
async def test_a_line_without_an_end_is_not_kept(kind: str) -> None:
    wire = wire_of(kind)
    play = (Head(), wire.opened(), wire.text(PART), b"data: ", Again(b"x" * 65_536))
    async with scene(kind, play) as here:
        events, error = await events_and_error(here.provider, PROMPT)
    assert isinstance(error, AnswerIncomplete)
    assert text_of(events) == PART


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reader_that_stands_still_holds_the_sender_up(kind: str) -> None:
    wire = wire_of(kind)
    chunk = wire.text("字" * PIECE_CHARS)
    play = (Head(), wire.opened(), wire.text(PART), Again(chunk))
    async with scene(kind, play) as here, aclosing(here.provider.stream(PROMPT)) as events:  # type: ignore[type-var]
        async for event in events:
            if isinstance(event, TextDelta):
                break
        await settled(here.server)
        assert here.server.repeats * len(chunk) < ON_ITS_WAY_BYTES


async def settled(server: OddServer) -> None:
    """Return once the sender is held up: it got nothing rid for a tenth of a second."""
    seen, quiet = -1, 0
    while quiet < 10:
        quiet = quiet + 1 if server.repeats == seen else 0
        seen = server.repeats
        await asyncio.sleep(0.01)
