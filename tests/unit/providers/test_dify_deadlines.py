"""Dify's deadlines and broken connections: when to give up, and when to ask once more."""

import asyncio

from support.dify_pair import (
    dify_pair,
    events_and_error,
    is_whole,
    outlast,
    text_of,
    under_virtual_time,
)
from yingda.clock import SystemClock, VirtualClock
from yingda.errors import (
    ProviderTimeout,
    ProviderUnavailable,
)
from yingda.providers.base import ConversationReset, Prompt, Started
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import AppMode as ProviderMode
from yingda.providers.dify_settings import DifySettings
from yingda.simulator.dify_script import AppMode, DifyScript, Trouble

QUESTION = "今天星期几？"
PROMPT = Prompt(text=QUESTION, user="u1")
STORED = Prompt(text=QUESTION, user="u1", conversation_id="6f1c2f8e-2f6b-4f0e-9d0a-0c7a3b1d9e11")
TEXT = DifyScript().text


async def test_only_pings_on_a_stored_conversation_mean_that_it_is_lost() -> None:
    script = DifyScript(trouble=Trouble.CONVERSATION_GONE_PINGS)
    events, error, took_s, server = await under_virtual_time(script, STORED)
    assert error is None
    assert events[0] == ConversationReset()
    assert is_whole(events)
    assert 60.0 <= took_s < 65.0
    assert server.calls[QUESTION] == 2


async def test_an_app_without_conversations_has_none_to_lose_and_is_asked_once() -> None:
    script = DifyScript(trouble=Trouble.PINGS_ONLY)
    events, error, _, server = await under_virtual_time(script, STORED, mode=AppMode.WORKFLOW)
    assert events == []
    assert isinstance(error, ProviderTimeout)
    assert server.calls[QUESTION] == 1


async def test_pings_do_not_count_as_the_first_event() -> None:
    _, error, took_s, server = await under_virtual_time(
        DifyScript(trouble=Trouble.PINGS_ONLY), PROMPT
    )
    assert isinstance(error, ProviderTimeout)
    assert "first_event" in error.detail
    assert 60.0 <= took_s < 65.0
    assert server.calls[QUESTION] == 1


async def test_a_stream_that_falls_silent_passes_the_read_deadline() -> None:
    script = DifyScript(trouble=Trouble.STALL)
    events, error, took_s, server = await under_virtual_time(script, PROMPT)
    assert isinstance(error, ProviderTimeout)
    assert "read" in error.detail
    assert text_of(events)
    assert 60.0 <= took_s < 65.0
    assert server.calls[QUESTION] == 1


async def test_a_stream_that_never_ends_passes_the_total_deadline() -> None:
    script = DifyScript(text=TEXT * 2, gap_s=9.0, pieces=20)
    events, error, took_s, _ = await under_virtual_time(script, PROMPT, total_s=100.0)
    assert isinstance(error, ProviderTimeout)
    assert "total" in error.detail
    assert text_of(events)
    assert 100.0 <= took_s < 105.0


async def test_a_server_that_never_answers_passes_the_first_event_deadline_once() -> None:
    clock = VirtualClock()
    connections = 0

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while await reader.read(1000):
            pass
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings = DifySettings(
            base_url=f"http://127.0.0.1:{port}", api_key="app-x", mode=ProviderMode.CHAT
        )
        dify = Dify(settings, clock)
        task = asyncio.create_task(events_and_error(dify, PROMPT))
        await outlast(clock, task, step_s=10.0)
        await dify.aclose()
    _, error = task.result()
    assert isinstance(error, ProviderTimeout)
    assert connections == 1


async def test_a_slow_reader_is_not_taken_for_a_silent_provider() -> None:
    clock = VirtualClock()
    async with dify_pair(clock=clock, script=DifyScript(gap_s=1.0)) as pair:
        stream = pair.dify.stream(PROMPT)
        first = await anext(stream)
        await clock.advance(90.0)
        rest = [event async for event in stream]
    assert isinstance(first, Started)
    assert text_of(rest) == TEXT
    assert is_whole(rest)


async def test_no_connection_is_tried_again_and_then_told() -> None:
    clock = VirtualClock()
    settings = DifySettings(base_url="http://127.0.0.1:1", api_key="app-x", mode=ProviderMode.CHAT)
    dify = Dify(settings, clock)
    task = asyncio.create_task(events_and_error(dify, PROMPT))
    await outlast(clock, task, step_s=0.5)
    await dify.aclose()
    events, error = task.result()
    assert events == []
    assert isinstance(error, ProviderUnavailable)
    assert clock.monotonic() >= 2.5


async def test_a_reset_in_mid_request_is_not_tried_again() -> None:
    connections = 0

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.read(100)
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings = DifySettings(
            base_url=f"http://127.0.0.1:{port}", api_key="app-x", mode=ProviderMode.CHAT
        )
        dify = Dify(settings, SystemClock())
        _, error = await events_and_error(dify, PROMPT)
        await dify.aclose()
    assert isinstance(error, ProviderUnavailable)
    assert connections == 1
