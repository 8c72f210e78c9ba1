"""Reads many streams at once, by our provider or by a bare protocol, and counts.

python -m bench.stream_reader dify|aiohttp|raw|openai|openai-raw PORT STREAMS SECONDS
"""

import asyncio
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import cast

import aiohttp
import msgspec
import uvloop

from bench.machine import rss_kb
from bench.stats import percentile
from bench.world import say
from yingda.clock import SystemClock
from yingda.providers.base import Prompt, Provider, TextDelta
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import AppMode, DifySettings
from yingda.providers.openai_compatible import OpenAiCompatible
from yingda.providers.openai_settings import OpenAiSettings

#: Digits of the time in each event's text.
_STAMP_CHARS = 20
#: Only every so many streams keep their lags, so that measuring costs next to nothing.
_LAG_EVERY = 50
_REQUEST = b"POST /v1/chat-messages HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


class Count:
    """What was read so far, by all streams."""

    def __init__(self) -> None:
        self.chars = 0
        self.open_count = 0
        self.lags_s: list[float] = []

    @property
    def events(self) -> int:
        """Events so far: the texts of coalesced ones come in one piece."""
        return self.chars // _STAMP_CHARS

    def note_lag(self, text: str) -> None:
        """The lag of the oldest event in this text: the one that waited longest."""
        sent_s = int(text[:_STAMP_CHARS]) / 1e9
        self.lags_s.append(time.monotonic() - sent_s)


class _Event(msgspec.Struct, frozen=True, gc=False):
    event: str = ""
    answer: str | None = None


_DECODER = msgspec.json.Decoder(_Event)


class _Delta(msgspec.Struct, frozen=True, gc=False):
    content: str | None = None


class _Choice(msgspec.Struct, frozen=True, gc=False):
    delta: _Delta


class _Chunk(msgspec.Struct, frozen=True, gc=False):
    choices: list[_Choice]


_CHUNK_DECODER = msgspec.json.Decoder(_Chunk)


def _openai_texts(data: bytes) -> list[str]:
    """The same of chunks of a chat completion."""
    texts = []
    at = data.find(b"data: ")
    while at >= 0:
        end = data.index(b"\n", at)
        content = _CHUNK_DECODER.decode(data[at + 6 : end]).choices[0].delta.content
        if content:
            texts.append(content)
        at = data.find(b"data: ", end)
    return texts


def _texts(data: bytes) -> list[str]:
    """The texts of these bytes, which hold whole events only."""
    texts = []
    at = data.find(b"data: ")
    while at >= 0:
        end = data.index(b"\n", at)
        event = _DECODER.decode(data[at + 6 : end])
        if event.event == "message" and event.answer:
            texts.append(event.answer)
        at = data.find(b"data: ", end)
    return texts


class RawReader(asyncio.Protocol):
    """The least that gets the text out: no HTTP, no errors, no deadlines."""

    def __init__(
        self, count: Count, texts_of: Callable[[bytes], list[str]], *, keeps_lag: bool
    ) -> None:
        self._count = count
        self._texts_of = texts_of
        self._keeps_lag = keeps_lag
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        cast("asyncio.Transport", transport).write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        for text in self._texts_of(data):
            self._take(text)

    def _take(self, text: str) -> None:
        self._count.chars += len(text)
        if not self._is_open:
            self._is_open = True
            self._count.open_count += 1
        elif self._keeps_lag:
            self._count.note_lag(text)


async def _texts_by_us(provider: Provider) -> AsyncGenerator[str, None]:
    async for event in provider.stream(Prompt(text="问", user="wx-bench")):
        if isinstance(event, TextDelta):
            yield event.text


async def _texts_by_aiohttp(session: aiohttp.ClientSession, url: str) -> AsyncGenerator[str, None]:
    """The library alone: no deadlines, no caps, no kinds of events."""
    async with session.post(url, data=b"{}") as response:
        async for chunk in response.content.iter_any():
            for text in _texts(chunk):
                yield text


async def _read(texts: AsyncGenerator[str, None], count: Count, *, keeps_lag: bool) -> None:
    is_open = False
    async for text in texts:
        count.chars += len(text)
        if not is_open:
            is_open = True
            count.open_count += 1
        elif keeps_lag:
            count.note_lag(text)


#: Kind of bare reader → how it finds the texts.
_RAW: dict[str, Callable[[bytes], list[str]]] = {"raw": _texts, "openai-raw": _openai_texts}


def _provider(kind: str, base_url: str) -> Provider:
    if kind == "openai":
        return OpenAiCompatible(OpenAiSettings(base_url=base_url, model="bench"), SystemClock())
    settings = DifySettings(base_url=base_url, api_key="app-bench", mode=AppMode.CHAT)
    return Dify(settings, SystemClock())


async def _open_all(kind: str, port: int, stream_count: int, count: Count) -> None:
    loop = asyncio.get_running_loop()
    base_url = f"http://127.0.0.1:{port}/v1"
    provider = _provider(kind, base_url)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout()
    )
    for number in range(stream_count):
        keeps_lag = number % _LAG_EVERY == 0
        if kind in _RAW:
            reader = partial(RawReader, count, _RAW[kind], keeps_lag=keeps_lag)
            await loop.create_connection(reader, "127.0.0.1", port)
        else:
            texts = (
                _texts_by_us(provider)
                if kind != "aiohttp"
                else _texts_by_aiohttp(session, f"{base_url}/chat-messages")
            )
            _READING.add(asyncio.ensure_future(_read(texts, count, keeps_lag=keeps_lag)))
        # A burst of a thousand connections is not what is measured.
        await asyncio.sleep(0.0005)
    while count.open_count < stream_count:  # noqa: ASYNC110 an event would cost each stream a test
        await asyncio.sleep(0.01)


#: The loop keeps no strong hold of its tasks.
_READING: set[asyncio.Task[None]] = set()


async def _measure(kind: str, port: int, stream_count: int, span_s: float) -> None:
    count = Count()
    before_kb = rss_kb(os.getpid())
    await _open_all(kind, port, stream_count, count)
    count.lags_s.clear()
    began, cpu_s, began_s = count.events, time.process_time(), time.monotonic()
    await asyncio.sleep(span_s)
    used_s, took_s = time.process_time() - cpu_s, time.monotonic() - began_s
    say(
        {
            "events": count.events - began,
            "cpu_s": used_s,
            "took_s": took_s,
            "lag_p50_ms": 1000 * percentile(count.lags_s, 0.5),
            "lag_p99_ms": 1000 * percentile(count.lags_s, 0.99),
            "kb_per_stream": (rss_kb(os.getpid()) - before_kb) / stream_count,
        }
    )
    # The streams have no end; nothing is worth an orderly one here.
    os._exit(0)


if __name__ == "__main__":
    uvloop.run(_measure(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
