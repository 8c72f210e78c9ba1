"""Signals between "processes" of one test, in memory, and a switch for what goes wrong with them.

Told by the loop's next step, in order; a hub on a virtual clock needs no time.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable

import msgspec
import structlog

from yingda.signals.base import BODY_LIMIT_BYTES, Heard, Topic

_log = structlog.get_logger()


class Hub:
    """Where the processes of a test meet."""

    def __init__(self) -> None:
        self.members: list[HubSignals] = []
        #: Every signal that was told, with the place of who told it.
        self.told: list[tuple[int, Topic, str]] = []
        #: Which signals are lost on the way.
        self.loses: Callable[[Topic, str], bool] = lambda _topic, _body: False

    def signals(self) -> "HubSignals":
        """One process more."""
        self.members.append(HubSignals(self, len(self.members)))
        return self.members[-1]

    def count(self, topic: Topic) -> int:
        """How many signals of this topic were told so far."""
        return sum(told is topic for _, told, _ in self.told)


class HubSignals:
    """Implements `signals.base.Signals` for one process."""

    is_alone = False

    def __init__(self, hub: Hub, place: int) -> None:
        self._hub = hub
        self._place = place
        self._is_open = False
        self._is_cut = False
        self._heard: defaultdict[Topic, list[Heard]] = defaultdict(list)
        self._on_gap: list[Callable[[], None]] = []

    @property
    def is_deaf(self) -> bool:
        return self._is_cut or not self._is_open

    def tell(self, topic: Topic, body: str) -> None:
        if len(msgspec.json.encode(body)) > BODY_LIMIT_BYTES:
            _log.warning("signal_too_long", topic=topic.value)
            return
        self._hub.told.append((self._place, topic, body))
        if not self._hub.loses(topic, body):
            asyncio.get_running_loop().call_soon(self._deliver, topic, body)

    def hear(self, topic: Topic, heard: Heard) -> None:
        self._heard[topic].append(heard)

    def on_gap(self, told: Callable[[], None]) -> None:
        self._on_gap.append(told)

    def cut(self, *, is_cut: bool = True) -> None:
        """Hear nothing from here on, or hear again."""
        self._is_cut = is_cut
        for told in self._on_gap:
            told()

    async def start(self) -> None:
        self._is_open = True
        for told in self._on_gap:
            told()

    async def close(self) -> None:
        # What was told goes out with the loop's next step.
        await asyncio.sleep(0)
        self._is_open = False

    def _deliver(self, topic: Topic, body: str) -> None:
        for other in self._hub.members:
            if other is not self and not other.is_deaf:
                for heard in other._heard[topic]:
                    heard(body)
