"""A Dify provider and the simulated Dify it talks to, joined for one test."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from yingda.clock import Clock, SystemClock, VirtualClock
from yingda.providers.base import (
    ConversationReset,
    Event,
    Finished,
    Prompt,
    Provider,
    Started,
    TextDelta,
    TextReplaced,
)
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import DifySettings
from yingda.simulator.dify_script import AppMode, DifyScript
from yingda.simulator.dify_server import SAMPLE_KEY, DifyServer


class Pair(msgspec.Struct, frozen=True):
    """Both ends."""

    dify: Dify
    server: DifyServer


@asynccontextmanager
async def dify_pair(
    *,
    clock: Clock | None = None,
    script: DifyScript | None = None,
    mode: AppMode = AppMode.CHAT,
    names_mode: bool = True,
    **settings: Any,
) -> AsyncIterator[Pair]:
    """Open both ends; `settings` override those of the provider."""
    clock = clock or SystemClock()
    async with DifyServer(clock, script, mode=mode, names_mode=names_mode) as server:
        base = DifySettings(base_url=server.base_url, api_key=SAMPLE_KEY)
        dify = Dify(msgspec.structs.replace(base, **settings), clock)
        try:
            yield Pair(dify, server)
        finally:
            await dify.aclose()


async def events_of(provider: Provider, prompt: Prompt) -> list[Event]:
    """Every event of one question."""
    return [event async for event in provider.stream(prompt)]


async def events_and_error(
    provider: Provider, prompt: Prompt
) -> tuple[list[Event], Exception | None]:
    """Every event until the end or the error, and the error."""
    events: list[Event] = []
    try:
        async for event in provider.stream(prompt):
            events.append(event)  # noqa: PERF401 - what came before an error is to be kept
    except Exception as error:  # noqa: BLE001 - the test judges what it is
        return events, error
    return events, None


def text_of(events: list[Event]) -> str:
    """The text that a follower would have in the end."""
    text = ""
    for event in events:
        if isinstance(event, TextDelta):
            text += event.text
        elif isinstance(event, TextReplaced):
            text = event.text
    return text


def ids_of(events: list[Event]) -> Started:
    """The ids that the events tell, later ones on top."""
    known: dict[str, str] = {}
    for event in events:
        if isinstance(event, ConversationReset):
            known.clear()
        if isinstance(event, Started):
            told = msgspec.structs.asdict(event)
            known.update({name: value for name, value in told.items() if value is not None})
    return Started(**known)


def is_whole(events: list[Event]) -> bool:
    """Whether the events end as a whole answer does, and only there."""
    ends = [isinstance(event, Finished) for event in events]
    return ends.count(True) == 1 and ends[-1]


async def until(condition: Callable[[], bool], *, within_s: float = 5.0) -> None:
    """Let real sockets work until the condition holds; fail after `within_s` real seconds."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - a socket tells no event when it is done
            await asyncio.sleep(0.001)


async def under_virtual_time(
    script: DifyScript, prompt: Prompt, *, step_s: float = 1.0, **settings: Any
) -> tuple[list[Event], Exception | None, float, DifyServer]:
    """Events, error, virtual seconds taken, and the server asked."""
    clock = VirtualClock()
    async with dify_pair(clock=clock, script=script, **settings) as pair:
        task = asyncio.create_task(events_and_error(pair.dify, prompt))
        await outlast(clock, task, step_s=step_s)
        events, error = task.result()
        return events, error, clock.monotonic(), pair.server


async def outlast(clock: VirtualClock, task: asyncio.Task[Any], *, step_s: float) -> None:
    """Let virtual time pass, in steps that leave real sockets room, until the task is done."""
    for _ in range(500):
        for _ in range(5):
            await asyncio.sleep(0.0005)
        if task.done():
            return
        _drop_cancelled(clock)
        await clock.advance(step_s)
    task.cancel()
    raise AssertionError("the task outlasts every deadline")


def _drop_cancelled(clock: VirtualClock) -> None:
    """Take cancelled timers off the clock: `advance` would run the timer behind one early."""
    clock._timers[:] = [timer for timer in clock._timers if not timer[2].cancelled]
    heapq.heapify(clock._timers)
