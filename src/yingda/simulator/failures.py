"""How the platform keeps score of failed attempts: alarms, and blocking for a minute.

Knows the counts of the official page on failed pushes. Refuses to know why an attempt failed.
"""

from collections import deque
from typing import Final

import msgspec

from yingda.clock import Clock

#: The span over which failures are counted, and the default of the console's alarm.
ALARM_SPAN_S: Final = 300.0
ALARM_AT: Final = 30
#: How long nothing is pushed after too many failures.
BLOCK_S: Final = 60.0


class Alarm(msgspec.Struct, frozen=True):
    """What the owner is told, with the fields that the platform's own alarm names."""

    openid: str
    #: Unix seconds.
    at_s: float
    #: Failures in the last five minutes.
    count: int


class Failures:
    """The count of one account.

    `block_at` is how many failures in five minutes lead to a block; the platform's own number is
    not published, so None never blocks.
    """

    def __init__(
        self, clock: Clock, *, alarm_at: int = ALARM_AT, block_at: int | None = None
    ) -> None:
        self._clock = clock
        self._alarm_at = alarm_at
        self._block_at = block_at
        self._failed_s: deque[float] = deque()
        self._blocked_until_s = 0.0
        self._is_alarmed = False
        self.alarms: list[Alarm] = []
        #: How often pushing was stopped.
        self.blocks = 0

    @property
    def recent(self) -> int:
        """Failures within the last five minutes."""
        while self._failed_s and self._failed_s[0] <= self._clock.monotonic() - ALARM_SPAN_S:
            self._failed_s.popleft()
        return len(self._failed_s)

    @property
    def is_blocking(self) -> bool:
        """Whether nothing is pushed now."""
        return self._clock.monotonic() < self._blocked_until_s

    def add(self, openid: str) -> None:
        """An attempt failed; the alarm is given once until the count has gone down again."""
        self._is_alarmed = self._is_alarmed and self.recent >= self._alarm_at
        self._failed_s.append(self._clock.monotonic())
        count = self.recent
        if count >= self._alarm_at and not self._is_alarmed:
            self._is_alarmed = True
            self.alarms.append(Alarm(openid, self._clock.now(), count))
        if self._block_at is not None and count >= self._block_at and not self.is_blocking:
            self.blocks += 1
            self._blocked_until_s = self._clock.monotonic() + BLOCK_S
