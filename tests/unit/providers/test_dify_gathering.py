"""Text is gathered, the rest is told at once, and a slow consumer makes Dify wait."""

import asyncio

from support.dify_pair import dify_pair, text_of, until
from yingda.clock import SystemClock, VirtualClock
from yingda.providers.base import Finished, Prompt, Started, TextDelta, TextReplaced
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import AppMode, DifySettings
from yingda.simulator.dify_script import DifyScript

PROMPT = Prompt(text="问", user="wx-test")
_IDS = '"task_id":"t","message_id":"m","conversation_id":"c"'


async def test_text_of_many_chunks_comes_in_few_events_and_the_end_is_not_held_back() -> None:
    clock = VirtualClock()
    script = DifyScript(text="一二三四五六七八九十" * 4, gap_s=0.05, pieces=40)
    async with dify_pair(clock=clock, script=script, gather_s=10_000.0) as pair:

        async def ask() -> list[object]:
            return [event async for event in pair.dify.stream(PROMPT)]

        task = asyncio.create_task(ask())
        for _ in range(2000):
            await asyncio.sleep(0.001)
            if task.done():
                break
            await clock.advance(0.01)
        events = task.result()
    assert clock.monotonic() < 100.0
    assert isinstance(events[0], Started)
    assert sum(isinstance(event, TextDelta) for event in events) <= 2
    assert isinstance(events[-1], Finished)


async def test_an_app_that_replaces_its_answer_for_ever_waits_for_a_slow_consumer() -> None:
    replacement = f'data: {{"event":"message_replace",{_IDS},"answer":"%d{"字" * 3000}"}}\n\n'
    sent_count = 0
    count = 4000

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent_count
        await reader.readuntil(b"}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n")
        writer.write(b"Connection: close\r\n\r\n")
        for number in range(count):
            writer.write((replacement % number).encode())
            await writer.drain()
            sent_count += 1
        writer.write(f'data: {{"event":"message_end",{_IDS}}}\n\n'.encode())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        settings = DifySettings(
            base_url=f"http://127.0.0.1:{port}", api_key="app-x", mode=AppMode.CHAT
        )
        dify = Dify(settings, SystemClock())
        stream = dify.stream(PROMPT)
        first = await anext(stream)
        await until(lambda: sent_count > 64)
        seen_count = -1
        while seen_count != sent_count:
            # The system's buffers fill first.
            seen_count = sent_count
            await asyncio.sleep(0.05)
        assert sent_count < count
        rest = [event async for event in stream]
        await dify.aclose()
    assert isinstance(first, Started)
    assert sum(isinstance(event, TextReplaced) for event in rest) >= count - 1
    assert text_of(rest).startswith(f"{count - 1}字")
    assert isinstance(rest[-1], Finished)
