"""Steady load with every fault that a long life brings, until a time is up.

Faults of the AI, replies lost on the way, attempts made twice, followers' connections that break.
Speaks to its parent as `world` does.
"""

import asyncio
import random
import sys
import time

import uvloop

from bench import followers
from bench.world import World, hear, say, world
from yingda.simulator.phone import Phone
from yingda.simulator.platform import CLEAR_WAY, Way

#: Shares of questions; our choice: far more than a healthy line has.
_AI_FAULTS, _LOST, _DOUBLED, _BROKEN = 0.1, 0.05, 0.05, 0.05
#: Seconds until an answer, log-normal; short, so that many turns pass.
_MEDIAN_S = 2.0
_PAUSE_S = 1.0
#: Every so many questions a follower starts a new conversation, or leaves and comes back.
_CLEAR_EVERY, _LEAVE_EVERY = 10, 25


def _way(dice: random.Random) -> Way:
    if dice.random() < _LOST:
        return Way(lost_replies=frozenset({1}))
    return Way(is_doubled=True) if dice.random() < _DOUBLED else CLEAR_WAY


async def _ask(place: World, phone: Phone, dice: random.Random, key: str) -> None:
    asked = followers.question(dice, key, fault_share=_AI_FAULTS, median_s=_MEDIAN_S)
    asking = asyncio.ensure_future(place.ask(phone, asked, _way(dice)))
    if dice.random() < _BROKEN:
        # WeChat goes away in the middle and never comes again.
        await asyncio.sleep(dice.uniform(0.0, _MEDIAN_S))
        asking.cancel()
    await asyncio.wait([asking])


async def _follower(place: World, number: int, until_s: float) -> None:
    dice = random.Random(f"soak-{number}")
    phone = Phone(place.platform, f"o_{number}")
    n = 0
    while time.monotonic() < until_s:
        n += 1
        await _ask(place, phone, dice, f"{number}-{n}")
        if n % _LEAVE_EVERY == 0:
            await phone.unfollow()
            await phone.follow()
        elif n % _CLEAR_EVERY == 0:
            await phone.say("/clear")
        phone.history.clear()
        await asyncio.sleep(dice.uniform(0.0, 2 * _PAUSE_S))


async def _soak(follower_count: int, span_s: float) -> None:
    async with world(seed=2) as place:
        until_s = time.monotonic() + span_s
        everyone = [_follower(place, number, until_s) for number in range(follower_count)]
        await asyncio.gather(*everyone)
        say(place.result())
        await hear()


if __name__ == "__main__":
    uvloop.run(_soak(int(sys.argv[1]), float(sys.argv[2])))
