"""Everything around the gateway in one process: a simulated Dify, WeChat, and followers.

Says Dify's address, waits for a line with the gateway's, lets the followers ask, and says what
became of their questions. Times of Dify and WeChat are read from one clock.
"""

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import uvloop
from aiohttp import web

from bench import followers, wire
from bench.followers import Seen
from yingda.clock import SystemClock
from yingda.simulator.deliveries import Delivered
from yingda.simulator.dify_records import KeptMessage
from yingda.simulator.dify_script import DifyScript, Trouble
from yingda.simulator.dify_server import DifyServer
from yingda.simulator.phone import Phone
from yingda.simulator.platform import CLEAR_WAY, Platform, SimulatedAccount, Way
from yingda.simulator.transport import HttpTransport

#: How long a follower waits before fetching what was promised, and how often. Our choice.
_PICKUP_PAUSE_S, _PICKUPS = 10.0, 4


def script_of(text: str) -> DifyScript:
    """An answer of this text; a fault in mid-stream strikes after half of it."""
    pieces = followers.EVENT_COUNT
    return DifyScript(text=text, pieces=pieces, trouble_after_pieces=pieces // 2)


class TimedDify(DifyServer):
    """Also keeps when each question's stream ended."""

    def __init__(self) -> None:
        super().__init__(SystemClock(), script_of(followers.ANSWER))
        self.ended_s: dict[str, float] = {}

    async def _stream(
        self, request: web.Request, message: KeptMessage, script: DifyScript, trouble: Trouble
    ) -> web.StreamResponse:
        response = await super()._stream(request, message, script, trouble)
        self.ended_s[message.query] = time.monotonic()
        # Long runs would fill memory with what nobody reads.
        self.requests.clear()
        return response


class World:
    """WeChat and its followers in front of one gateway."""

    def __init__(self, dify: TimedDify, transport: HttpTransport, seed: int) -> None:
        account = SimulatedAccount(account_id=wire.ACCOUNT_ID, token=wire.TOKEN)
        self.platform = Platform(account, transport, SystemClock(), seed=seed)
        self.dify = dify
        self.seen: list[Seen] = []

    async def ask(self, phone: Phone, question: str, way: Way = CLEAR_WAY) -> None:
        """Ask once, fetch what was promised, and note what was seen."""
        began_s, pickups = time.monotonic(), 0
        delivered = await phone.say(question, way=way)
        while self._must_come_again(delivered) and pickups < _PICKUPS:
            pickups += 1
            await asyncio.sleep(_PICKUP_PAUSE_S)
            delivered = await phone.say("1")
        seen = self._judged(question, delivered, began_s, pickups)
        is_whole = followers.is_whole(delivered.text) or (
            followers.is_first_part(delivered.text) and await self._fetch_rest(phone)
        )
        self.seen.append(msgspec.structs.replace(seen, is_whole=is_whole))

    async def _fetch_rest(self, phone: Phone) -> bool:
        """Come for what a first part promised; whether the answer's end was shown."""
        for _ in range(_PICKUPS):
            await asyncio.sleep(_PICKUP_PAUSE_S)
            delivered = await phone.say("1")
            if followers.is_whole(delivered.text):
                return True
        return False

    def _must_come_again(self, delivered: Delivered) -> bool:
        return delivered.is_failure_line or followers.is_promise(delivered.text)

    def _judged(self, question: str, delivered: Delivered, began_s: float, pickups: int) -> Seen:
        text, attempt = delivered.text, delivered.deciding
        is_answer, is_whole = followers.is_answer(text), followers.is_whole(text)
        if self._must_come_again(delivered):
            way = followers.Way.NEVER
        else:
            way = followers.way_of(text, decided_by=delivered.decided_by, pickups=pickups)
        ended_s = self.dify.ended_s.get(question)
        was_open = ended_s is not None and attempt.started_s < ended_s < attempt.ended_s
        # A first part goes out before the end: only the whole can lag behind it.
        lag_s = attempt.ended_s - ended_s if ended_s and was_open and is_whole else None
        return Seen(
            way=way,
            delay_s=attempt.ended_s - began_s,
            pickups=pickups,
            is_failure=not is_answer,
            is_whole=is_whole,
            lag_s=lag_s,
        )

    def result(self) -> dict[str, object]:
        """What was seen, with what the platform and Dify counted."""
        counters = self.platform.counters
        return {
            **followers.summary(self.seen),
            "ai_calls": self.dify.calls.total(),
            "ai_calls_without_fault": sum(
                n for asked, n in self.dify.calls.items() if asked.count("#") == 1
            ),
            "questions_without_fault": sum(asked.count("#") == 1 for asked in self.dify.calls),
            "pushes": counters.pushes,
            "attempts": counters.attempts,
            "timeouts_5_min": counters.recent_timeouts,
            "failure_lines": counters.failure_lines,
        }


@asynccontextmanager
async def world(seed: int) -> AsyncIterator[World]:
    """Start Dify, learn where the gateway is, and stand in front of it."""
    async with TimedDify() as dify:
        say({"dify": dify.base_url, "key": dify.api_key})
        port = (await hear()).strip()
        transport = HttpTransport(f"http://127.0.0.1:{port}{wire.PATH}")
        try:
            yield World(dify, transport, seed)
        finally:
            await transport.aclose()


def say(value: object) -> None:
    """One line of JSON to the parent."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


async def hear() -> str:
    """A line from the parent."""
    return await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def _follower(
    place: World, number: int, question_count: int, fault_share: float, median_s: float
) -> None:
    dice = random.Random(f"{number}")
    phone = Phone(place.platform, f"o_{number}")
    await asyncio.sleep(dice.uniform(0.0, followers.START_S))
    for n in range(question_count):
        asked = followers.question(
            dice, f"{number}-{n}", fault_share=fault_share, median_s=median_s
        )
        await place.ask(phone, asked)
        await asyncio.sleep(dice.uniform(0.0, followers.PAUSE_S))


async def _load_line(
    follower_count: int, question_count: int, fault_share: float, median_s: float
) -> None:
    async with world(seed=1) as place:
        await asyncio.gather(
            *(
                _follower(place, number, question_count, fault_share, median_s)
                for number in range(follower_count)
            )
        )
        say(place.result())
        await hear()


if __name__ == "__main__":
    uvloop.run(
        _load_line(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
    )
