"""A follower who acts by a seeded plan: asks, waits, fetches, clears, writes twice in a row.

Knows what a person sees in the chat and does next. Looks at nothing behind it.
"""

import asyncio
import random

import msgspec

from chaos.bubbles import read_bubble
from chaos.evidence import Exchange
from chaos.wire import Wire, sent_keys
from yingda.simulator.deliveries import CLEAR_WAY, Delivered, Way
from yingda.simulator.followers import Received
from yingda.simulator.phone import Phone
from yingda.simulator.platform import Platform

#: Shares of what is done. Our choice: each comes up in a short run.
_CLEARS, _ASKS_TWICE, _WALKS_AWAY = 0.12, 0.2, 0.15
_WAYS = (
    (0.12, Way(is_doubled=True)),
    (0.12, Way(lost_replies=frozenset({1}))),
    (0.06, Way(lost_replies=frozenset({1, 2}))),
)
#: How often one looks for what comes by itself, and how far apart. Our choice: some give up before
#: the first message comes, some see the last.
_WAITS, _WAIT_S = (1, 6), 1.2
#: A person gives up sooner; this only keeps a test from going on for ever.
_MOST_FETCHES = 60


class Follower:
    """One person, from the first question to the last answer."""

    def __init__(self, number: int, seed: int, questions: int, platform: Platform) -> None:
        self.openid = f"o_{number:02}"
        self.exchanges: list[Exchange] = []
        self._name = f"f{number:02}"
        self._dice = random.Random(f"{seed}/{self.openid}")
        self._left = questions
        self._asked = 0
        self._phone = Phone(platform, self.openid)
        self._clock = platform.clock
        self._messages: list[Received] = []
        self._read: Received | None = None
        platform.followers.listen(self.openid, self._messages.append)

    async def live(self) -> None:
        """Ask every question, with all that people do in between."""
        while self._left:
            if self._dice.random() < _CLEARS:
                await self.push("/clear")
            shown = await self._ask_once_or_twice()
            if self._dice.random() >= _WALKS_AWAY:
                await self.read_on(shown)
            await asyncio.sleep(self._dice.uniform(0.0, 0.5))

    async def push(
        self, text: str, *, is_question: bool = False, way: Way = CLEAR_WAY
    ) -> str | None:
        """Send a text, and return what it brings: "" is nothing, None the failure line."""
        keys: list[str] = []
        acted_at_s = self._clock.now()
        token = sent_keys.set(keys)
        try:
            delivered = await self._phone.say(text, way=way)
        finally:
            sent_keys.reset(token)
        exchange = self._exchange(text, keys[0], delivered, is_question=is_question)
        times = {"acted_at_s": acted_at_s, "shown_at_s": self._clock.now()}
        self.exchanges.append(msgspec.structs.replace(exchange, **times))
        return None if delivered.is_failure_line else delivered.text

    async def read_on(self, shown: str | None) -> None:
        """Fetch until nothing more is promised; a failure line is answered by trying again."""
        for _ in range(_MOST_FETCHES):
            if shown == "":
                shown = await self._pushed()
            if shown and not read_bubble(shown).asks_to_come_again:
                return
            await asyncio.sleep(self._dice.uniform(0.05, 0.5))
            shown = await self.push("1", way=self._way())

    async def fetch_all(self) -> None:
        """Fetch until nothing is unread: then the last answer is shown again, or none at all."""
        for _ in range(_MOST_FETCHES):
            shown = await self.push("1")
            if shown and read_bubble(shown).sentences & {"again", "nothing_yet"}:
                # A long answer that is shown again goes on as any other.
                await self.read_on(shown)
                return

    async def fetch(self, number: int) -> None:
        """Tap the link of the question with this number, and read its answer whole."""
        await self.read_on(await self.push(f"1#{number}"))

    async def _pushed(self) -> str:
        """What comes by itself within one's patience, up to its last; "" when nothing does."""
        seen = len(self._messages)
        for _ in range(self._dice.randint(*_WAITS)):
            await asyncio.sleep(_WAIT_S)
            if len(self._messages) == seen > 0 and self._messages[-1] is not self._read:
                break
            seen = len(self._messages)
        if not self._messages or self._messages[-1] is self._read:
            return ""
        self._read = self._messages[-1]
        return self._read.text

    async def _ask_once_or_twice(self) -> str | None:
        if self._left >= 2 and self._dice.random() < _ASKS_TWICE:
            first = asyncio.create_task(self._ask())
            await asyncio.sleep(self._dice.uniform(0.05, 0.4))
            shown = await self._ask()
            await first
            return shown
        return await self._ask()

    async def _ask(self) -> str | None:
        """Ask a new question; where it may not have arrived once more, in other words."""
        self._left -= 1
        self._asked += 1
        question = f"{self._name}-{self._asked:02}"
        shown = await self.push(question, is_question=True, way=self._way())
        for n in range(1, 6):
            if shown is not None and not read_bubble(shown).asks_to_send_again:
                return shown
            await asyncio.sleep(self._dice.uniform(0.1, 0.6))
            shown = await self.push(f"{question}-{n}", is_question=True, way=self._way())
        return shown

    def _way(self) -> Way:
        roll = self._dice.random()
        for share, way in _WAYS:
            if roll < share:
                return way
            roll -= share
        return CLEAR_WAY

    def _exchange(
        self, text: str, key: str, delivered: Delivered, *, is_question: bool
    ) -> Exchange:
        return Exchange(
            openid=self.openid,
            sent=text,
            key=key,
            is_question=is_question,
            outcomes=tuple([attempt.outcome for attempt in delivered.attempts]),
            shown=delivered.text,
            is_failure_line=delivered.is_failure_line,
            replies=(),
        )


def with_replies(exchange: Exchange, wire: Wire) -> Exchange:
    """The exchange with every whole reply that its push ever got."""
    return msgspec.structs.replace(exchange, replies=tuple(wire.replies[exchange.key]))
