"""Everything around a gateway that may push, in one process: Dify, WeChat, its server API.

    python -m bench.push_world FOLLOWERS QUESTIONS FAULT_SHARE MEDIAN_S

Speaks to its parent as `world` does, and says the server API's address too. Followers wait for
what is sent to them, and fetch only what has not come long after the AI's end.
"""

import asyncio
import itertools
import random
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import uvloop

from bench import followers, push_seen, wire
from bench.push_seen import Asked, Seen
from bench.world import TimedDify, hear, say, script_of
from yingda.clock import Clock, SystemClock
from yingda.simulator.followers import Followers
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Platform, SimulatedAccount
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import (
    SAMPLE_APP_ID,
    SAMPLE_SECRET,
    ApiCall,
    ApiReply,
    Fault,
)
from yingda.simulator.server_api_http import ServerApiFront
from yingda.simulator.transport import HttpTransport

_SEND = "/cgi-bin/message/custom/send"
#: The platform's code for being too busy (official page of global return codes).
_BUSY = -1
#: How long after the AI's end a follower waits before fetching. Our choice: a silent call ends
#: after 10 s, its part is sent again, and tries of a busy API take some twenty seconds.
_UNTIL_FETCHED_S = 45.0
_PICKUP_PAUSE_S, _PICKUPS, _LOOK_EVERY_S = 10.0, 4, 0.25
#: After the last question: what is sent twice comes after the silent call's 10 s.
_AFTERMATH_S = 15.0
_SPAN = re.compile(r"#slow=([\d.]+)")
#: How an AI fails in the middle of its answer; at the others it has written nothing.
_MIDWAY = re.compile(r"#(error|cut|silent-end)$")


class FaultyApi(ServerApi):
    """A server API of which a share of the calls to send a message goes wrong.

    Too busy, a token that is refused from now on, or done and never answered.
    """

    def __init__(self, followers: Followers, clock: Clock, fault_share: float) -> None:
        super().__init__(followers, clock)
        self.silenced: set[str] = set()
        self.faults = 0
        self._fault_share = fault_share
        self._dice = random.Random(fault_share)
        # In turns, so that a short run meets each of them.
        self._kinds = itertools.cycle((self._be_busy, self._be_silent, self._revoke))

    async def answer(self, call: ApiCall) -> ApiReply:
        if call.path == _SEND and self._dice.random() < self._fault_share:
            self.faults += 1
            next(self._kinds)(call)
        return await super().answer(call)

    def _be_busy(self, _: ApiCall) -> None:
        self.script(Fault(code=_BUSY, path=_SEND))

    def _be_silent(self, call: ApiCall) -> None:
        sent: dict[str, Any] = msgspec.json.decode(call.body)
        self.silenced.add(sent["text"]["content"])
        self.script(Fault(is_silent=True, path=_SEND))

    def _revoke(self, _: ApiCall) -> None:
        self.tokens.revoke()


class PushWorld:
    """WeChat, its server API and its followers around one gateway."""

    def __init__(self, dify: TimedDify, api: FaultyApi, transport: HttpTransport) -> None:
        account = SimulatedAccount(account_id=wire.ACCOUNT_ID, token=wire.TOKEN)
        self.platform = Platform(account, transport, api.clock, seed=1)
        self._dify = dify
        self._api = api
        api.followers = self.platform.followers
        self._asked: list[tuple[Phone, Asked]] = []

    async def ask(self, phone: Phone, key: str, question: str) -> None:
        """Ask, wait for the answer to come, and fetch it when it does not."""
        self._dify.on(question, script_of(push_seen.answer_of(key)))
        began, at_s = len(phone.history), self.platform.clock.now()
        await phone.say(question)
        fetched_at_s = None
        if not await self._has_come(phone, key, began, _span_s(question) + _UNTIL_FETCHED_S):
            fetched_at_s = self.platform.clock.now()
            await self._fetch(phone, key, began)
        is_cut = _MIDWAY.search(question) is not None
        fails = question.count("#") > 1
        written = followers.ANSWER_CHARS * (1 if not fails else 0.5 if is_cut else 0)
        asked = Asked(key=key, at_s=at_s, fetched_at_s=fetched_at_s, written_chars=int(written))
        self._asked.append((phone, asked))

    async def _has_come(self, phone: Phone, key: str, began: int, within_s: float) -> bool:
        for _ in range(int(within_s / _LOOK_EVERY_S)):
            if _is_over(phone, key, began):
                return True
            await asyncio.sleep(_LOOK_EVERY_S)
        return False

    async def _fetch(self, phone: Phone, key: str, began: int) -> None:
        for _ in range(_PICKUPS):
            await phone.say("1")
            if _is_over(phone, key, began):
                return
            await asyncio.sleep(_PICKUP_PAUSE_S)

    def result(self) -> dict[str, object]:
        """What was seen, with what the platform, its API and Dify counted."""
        seen = [self._seen(phone, asked) for phone, asked in self._asked]
        counters, calls = self.platform.counters, self._dify.calls
        without_fault = [count for question, count in calls.items() if question.count("#") == 1]
        return {
            **push_seen.summary(seen),
            "ai_calls": calls.total(),
            "ai_calls_without_fault": sum(without_fault),
            "questions_without_fault": len(without_fault),
            "pushes": counters.pushes,
            "attempts": counters.attempts,
            "timeouts_5_min": counters.recent_timeouts,
            "failure_lines": counters.failure_lines,
            "pickups": sum(asked.fetched_at_s is not None for _, asked in self._asked),
            "api_calls": dict(self._api.calls),
            "api_faults": self._api.faults,
            "api_silences": len(self._api.silenced),
        }

    def _seen(self, phone: Phone, asked: Asked) -> Seen:
        """Pieces may come after the next question; what is told of a failure stands before it."""
        later = [each.at_s for other, each in self._asked if other is phone]
        next_s = min((at_s for at_s in later if at_s > asked.at_s), default=float("inf"))
        theirs = [
            bubble
            for bubble in phone.history
            if not bubble.is_mine
            and (asked.at_s <= bubble.at_s < next_s or f"〈{asked.key}〉" in bubble.text)
        ]
        return push_seen.judged(asked, theirs, frozenset(self._api.silenced))


def _is_over(phone: Phone, key: str, began: int) -> bool:
    theirs = [bubble.text for bubble in phone.history[began:] if not bubble.is_mine]
    return push_seen.is_over(key, theirs)


def _span_s(question: str) -> float:
    found = _SPAN.search(question)
    return float(found[1]) if found else 0.0


@asynccontextmanager
async def push_world(fault_share: float) -> AsyncIterator[PushWorld]:
    """Start Dify and the server API, learn where the gateway is, and stand in front of it."""
    clock = SystemClock()
    api = FaultyApi(Followers(clock), clock, fault_share)
    async with TimedDify() as dify, ServerApiFront(api) as front:
        keys = {"app_id": SAMPLE_APP_ID, "app_secret": SAMPLE_SECRET, "api": front.base_url}
        say({"dify": dify.base_url, "key": dify.api_key, **keys})
        port = (await hear()).strip()
        transport = HttpTransport(f"http://127.0.0.1:{port}{wire.PATH}")
        try:
            yield PushWorld(dify, api, transport)
        finally:
            await transport.aclose()


async def _follower(
    place: PushWorld, number: int, question_count: int, fault_share: float, median_s: float
) -> None:
    dice = random.Random(f"{number}")
    phone = Phone(place.platform, f"o_{number}")
    await asyncio.sleep(dice.uniform(0.0, followers.START_S))
    for n in range(question_count):
        key = f"{number}-{n}"
        asked = followers.question(dice, key, fault_share=fault_share, median_s=median_s)
        await place.ask(phone, key, asked)
        await asyncio.sleep(dice.uniform(0.0, followers.PAUSE_S))


async def _load_line(
    follower_count: int, question_count: int, fault_share: float, median_s: float
) -> None:
    async with push_world(fault_share) as place:
        await asyncio.gather(
            *(
                _follower(place, number, question_count, fault_share, median_s)
                for number in range(follower_count)
            )
        )
        await asyncio.sleep(_AFTERMATH_S)
        say(place.result())
        await hear()


if __name__ == "__main__":
    uvloop.run(
        _load_line(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
    )
