"""What a running turn has written so far, in whichever process it runs.

Asks here first. A text from elsewhere is kept while somebody asks for it, and grows by what is
told; whatever was lost on the way is wanted again. Where there is one process, nothing is kept.
"""

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from yingda.clock import Clock, Timer
from yingda.engine.sharing.live import LiveText
from yingda.engine.sharing.pieces import (
    Copy,
    Want,
    joined,
    piece_in,
    turn_in,
    wanted,
)
from yingda.engine.sharing.speaking import LASTS_S
from yingda.signals.base import Signals, Topic

#: How long an answer is waited for. Our choice: it takes some ms (measured), and of the 0.2 s that
#: an attempt has from its decision to its reply, half is left for writing that down.
ANSWER_S: Final = 0.1
#: Whoever did not answer is not asked again so soon, or one attempt would wait twice. Our choice.
SILENCE_S: Final = 1.0
#: A want is renewed so early, and an older one is not relied on. Our choice.
RENEW_S: Final = 2.0
FRESH_S: Final = LASTS_S - RENEW_S
#: A text that nobody asked for so long is dropped. Our choice: a follower who picks up again and
#: again finds it.
KEEP_S: Final = 15.0
#: Texts that are kept at most; of more, those asked for longest ago go. Our choice: some MB.
KEPT: Final = 1000


class _Kept:
    """A turn that runs elsewhere, if anywhere."""

    def __init__(self, turn_id: int) -> None:
        self.turn_id = turn_id
        self.copy: Copy | None = None
        self.asked_at_s = -math.inf
        self.wanted_at_s = -math.inf
        #: Something of it came since it was wanted last.
        self.is_answered = False
        self.is_over = False
        self.changed = asyncio.Event()

    @property
    def is_there(self) -> bool:
        """Whether somebody tells it, and nothing is missing."""
        return self.is_answered and self.copy is not None and self.copy.is_whole

    def is_fresh(self, now_s: float) -> bool:
        """Whether what is added to it would be known by now."""
        is_renewing = self.copy is not None and self.copy.is_whole and now_s < self.answer_by_s
        return now_s < self.wanted_at_s + FRESH_S and (self.is_there or is_renewing)

    @property
    def answer_by_s(self) -> float:
        """Until when an answer is waited for."""
        return self.wanted_at_s + ANSWER_S

    def live(self) -> LiveText | None:
        """What is known of it; None when that is nothing."""
        if self.copy is None or (self.copy.of_chars and not self.copy.text):
            return None
        return self.copy.live()


class FarTexts:
    """Implements `live.LiveTexts` for turns that run here or elsewhere."""

    def __init__(
        self, signals: Signals, written: Callable[[int], LiveText | None], clock: Clock
    ) -> None:
        self._signals = signals
        #: What a turn has written, if it runs here.
        self._written = written
        self._clock = clock
        #: Those asked for last stand last.
        self._kept: dict[int, _Kept] = {}
        self._timer: Timer | None = None
        signals.hear(Topic.TEXT, self._take)
        signals.hear(Topic.END, self._end)
        signals.on_gap(self._doubt)

    async def so_far(self, turn_id: int) -> LiveText | None:
        here = self._written(turn_id)
        if here is not None or self._signals.is_alone or self._signals.is_deaf:
            return here
        kept, now_s = self._asked(turn_id), self._clock.monotonic()
        if kept.is_fresh(now_s):
            if now_s >= kept.wanted_at_s + RENEW_S:
                self._want(kept)
            return kept.live()
        if now_s >= kept.wanted_at_s + (ANSWER_S if kept.is_answered else SILENCE_S):
            self._want(kept)
        await self._answer(kept)
        return kept.live() if kept.is_answered and not kept.is_over else None

    def _asked(self, turn_id: int) -> _Kept:
        kept = self._kept.pop(turn_id, None) or _Kept(turn_id)
        kept.asked_at_s = self._clock.monotonic()
        self._kept[turn_id] = kept
        if len(self._kept) > KEPT:
            self._drop(next(iter(self._kept)))
        if self._timer is None:
            self._timer = self._clock.call_later(KEEP_S, self._sweep)
        return kept

    def _want(self, kept: _Kept) -> None:
        kept.wanted_at_s, kept.is_answered = self._clock.monotonic(), False
        want = Want(turn_id=kept.turn_id)
        if kept.copy is not None:
            place, has_chars = kept.copy.place, len(kept.copy.text)
            want = Want(turn_id=kept.turn_id, place=place, has_chars=has_chars)
        self._signals.tell(Topic.WANT, wanted(want))

    async def _answer(self, kept: _Kept) -> None:
        with suppress(TimeoutError):
            async with self._clock.timeout(kept.answer_by_s - self._clock.monotonic()):
                while not (kept.is_there or kept.is_over):
                    kept.changed.clear()
                    await kept.changed.wait()

    def _take(self, body: str) -> None:
        piece = piece_in(body)
        kept = None if piece is None else self._kept.get(piece.turn_id)
        if piece is None or kept is None:
            return
        kept.copy = joined(kept.copy, piece)
        if kept.copy.place != piece.place:
            # A run that another one has replaced, and that does not know it yet.
            return
        kept.is_answered = True
        kept.changed.set()
        has_gap = piece.start > len(kept.copy.text)
        if has_gap and self._clock.monotonic() >= kept.answer_by_s:
            self._want(kept)

    def _end(self, body: str) -> None:
        turn_id = turn_in(body)
        if turn_id in self._kept:
            self._drop(turn_id)

    def _drop(self, turn_id: int) -> None:
        kept = self._kept.pop(turn_id)
        kept.is_over = True
        kept.changed.set()

    def _doubt(self) -> None:
        """Signals were missed: what is kept may lack something."""
        for kept in self._kept.values():
            kept.wanted_at_s, kept.is_answered = -math.inf, False

    def _sweep(self) -> None:
        due_s = self._clock.monotonic() - KEEP_S
        for turn_id in [n for n, each in self._kept.items() if each.asked_at_s <= due_s]:
            self._drop(turn_id)
        self._timer = self._clock.call_later(KEEP_S, self._sweep) if self._kept else None
