"""Tells other processes what the turns that run here have written, while somebody wants to know.

Costs nothing while nobody does: no timer, no task, and no word to anybody.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from yingda.clock import Clock, Timer
from yingda.engine.sharing.live import LiveText
from yingda.engine.sharing.pieces import Place, cut, place_of, told, want_in
from yingda.signals.base import Signals, Topic

#: How often what was added is told. Our choice: a reader's text is as good as the writer's, and
#: five small signals a second cost nothing.
EVERY_S: Final = 0.2
#: How long a want lasts. Our choice: readers renew it every few seconds.
LASTS_S: Final = 10.0


class _Wanted(msgspec.Struct):
    until_s: float
    place: Place
    told_chars: int


class Speaker:
    """Answers every want, and goes on to tell what is added for a while."""

    def __init__(
        self, signals: Signals, written: Callable[[int], LiveText | None], clock: Clock
    ) -> None:
        self._signals = signals
        #: What a turn has written, if it runs here.
        self._written = written
        self._clock = clock
        self._wanted: dict[int, _Wanted] = {}
        self._timer: Timer | None = None
        signals.hear(Topic.WANT, self._hear)

    def _hear(self, body: str) -> None:
        want = want_in(body)
        live = None if want is None else self._written(want.turn_id)
        if want is None or live is None:
            return
        place = place_of(live)
        start = min(want.has_chars, len(live.text)) if want.place == place else 0
        earlier = self._wanted.get(want.turn_id)
        if earlier is not None and earlier.place == place:
            # Whoever else reads it goes on where he was told last.
            start = min(start, earlier.told_chars)
        self._wanted[want.turn_id] = self._tell(
            want.turn_id, live, start, self._clock.monotonic() + LASTS_S
        )
        if self._timer is None:
            self._timer = self._clock.call_later(EVERY_S, self._go_on)

    def _go_on(self) -> None:
        now_s, still = self._clock.monotonic(), dict[int, _Wanted]()
        for turn_id, each in self._wanted.items():
            live = self._written(turn_id)
            if live is None or now_s >= each.until_s:
                continue
            start = each.told_chars if each.place == place_of(live) else 0
            is_new = each.place != place_of(live) or len(live.text) > start
            still[turn_id] = self._tell(turn_id, live, start, each.until_s) if is_new else each
        self._wanted = still
        self._timer = self._clock.call_later(EVERY_S, self._go_on) if still else None

    def _tell(self, turn_id: int, live: LiveText, start: int, until_s: float) -> _Wanted:
        for piece in cut(turn_id, live, start):
            self._signals.tell(Topic.TEXT, told(piece))
        return _Wanted(until_s, place_of(live), len(live.text))
