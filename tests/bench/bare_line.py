"""The load line's questions by a bare reader of the same streams: what the events cost alone.

    python -m bench.bare_line DIFY_URL KEY FOLLOWERS QUESTIONS MEDIAN_S

One connection a follower, which stays open; the text is found and decoded. No HTTP, no turn, no
store, no attempts, no errors. Says how much processor time a question took, from the first on.
"""

import asyncio
import random
import sys
import time
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop

from bench import followers
from bench.world import say


class _Event(msgspec.Struct, frozen=True, gc=False):
    event: str = ""
    answer: str | None = None


_DECODER = msgspec.json.Decoder(_Event)
_BETWEEN = b"\n\n"


class BareReader(asyncio.Protocol):
    """One follower's connection: asks, and gathers the text up to the closing event."""

    def __init__(self, head: bytes) -> None:
        self._head = head
        self._held = b""
        self._texts: list[str] = []
        self._transport: asyncio.Transport | None = None
        self._end: asyncio.Future[str] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    async def ask(self, question: str) -> str:
        """The whole answer."""
        assert self._transport is not None
        self._texts.clear()
        self._end = asyncio.get_running_loop().create_future()
        asked = {"inputs": {}, "query": question, "response_mode": "streaming", "user": "bare"}
        body = msgspec.json.encode(asked)
        self._transport.write(self._head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return await self._end

    def data_received(self, data: bytes) -> None:
        data = self._held + data
        whole = data.rfind(_BETWEEN) + len(_BETWEEN)
        if whole < len(_BETWEEN):
            self._held = data
            return
        self._held = data[whole:]
        at = data.find(b"data: ", 0, whole)
        while at >= 0:
            end = data.index(b"\n", at)
            self._take(_DECODER.decode(data[at + 6 : end]))
            at = data.find(b"data: ", end, whole)

    def _take(self, event: _Event) -> None:
        if event.event == "message" and event.answer:
            self._texts.append(event.answer)
        elif event.event == "message_end" and self._end is not None and not self._end.done():
            self._end.set_result("".join(self._texts))


async def _follower(url: str, key: str, number: int, question_count: int, median_s: float) -> None:
    place = urlsplit(url)
    head = (
        f"POST {place.path}/chat-messages HTTP/1.1\r\nHost: {place.netloc}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    ).encode()
    # The dice fall as in the load line, so that streams meet as they do there.
    dice = random.Random(f"{number}")
    await asyncio.sleep(dice.uniform(0.0, followers.START_S))
    _, reader = await asyncio.get_running_loop().create_connection(
        lambda: BareReader(head), place.hostname or "", place.port or 0
    )
    for n in range(question_count):
        asked = followers.question(dice, f"{number}-{n}", fault_share=0.0, median_s=median_s)
        answer = await reader.ask(asked)
        if answer != followers.ANSWER:
            raise RuntimeError("a bare reader missed some of an answer")
        await asyncio.sleep(dice.uniform(0.0, followers.PAUSE_S))


async def _line(
    url: str, key: str, follower_count: int, question_count: int, median_s: float
) -> None:
    began_s = time.process_time()
    everyone = [
        _follower(url, key, number, question_count, median_s) for number in range(follower_count)
    ]
    await asyncio.gather(*everyone)
    used_s = time.process_time() - began_s
    say({"cpu_ms_per_question": 1000 * used_s / (follower_count * question_count)})


if __name__ == "__main__":
    uvloop.run(
        _line(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
    )
