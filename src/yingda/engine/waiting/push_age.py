"""How old a push is, by its own time stamp, although two clocks never agree.

An account's pushes usually arrive a certain while after their CreateTime: the way here, plus the
difference of the clocks. What a push is late beyond that is its age.
"""

from collections import defaultdict, deque
from statistics import median

from yingda.wechat.limits import ATTEMPTS, WINDOW_S

#: How many pushes of an account are remembered, and how many are needed before their usual delay
#: is trusted. Our choice; the median is not moved by the repeats among them.
_KEPT = 32
_ENOUGH = 5
#: A live push cannot be older: WeChat gives up after its last attempt. What looks older is a clock.
_OLDEST_S = ATTEMPTS * WINDOW_S


class PushAges:
    """Learns each account's usual delay, and tells ages by it."""

    def __init__(self) -> None:
        self._delays_s: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_KEPT))

    def learn(self, account: str, created_at: float, received_at: float) -> None:
        """Take in a push that was not seen before."""
        if created_at:
            self._delays_s[account].append(received_at - created_at)

    def age_s(
        self, account: str, *, created_at: float, first_seen_at: float, received_at: float
    ) -> float:
        """Seconds since WeChat first sent the push, as far as can be told; never negative."""
        since_seen_s = max(0.0, received_at - first_seen_at)
        if not created_at:
            return since_seen_s
        by_stamp_s = received_at - created_at - self._usual_delay_s(account)
        # CreateTime has whole seconds: it may lie up to one second before the sending.
        by_stamp_s -= 1.0
        return max(since_seen_s, by_stamp_s if by_stamp_s <= _OLDEST_S else 0.0)

    def _usual_delay_s(self, account: str) -> float:
        delays_s = self._delays_s[account]
        return median(delays_s) if len(delays_s) >= _ENOUGH else 0.0
