"""How many more attempts of an account may be left to time out on purpose.

WeChat counts each of them as a failed push, raises an alarm (by default at 30 in 5 min) and may
block the account for a minute; see the reference on failures that are counted.
"""

from collections import defaultdict, deque
from typing import Protocol

from yingda.clock import Clock
from yingda.engine.accounts import Account

#: The span in which deliberate time-outs are counted. Platform: alarms count over 5 min.
SPAN_S = 300.0


class Patience(Protocol):
    """The patience seam."""

    async def try_spend(self, account: Account) -> bool:
        """Spend one deliberate time-out of this account's, if one is left."""


class LocalPatience:
    """Counts in this process, over a sliding span."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._spent_at: defaultdict[str, deque[float]] = defaultdict(deque)

    async def try_spend(self, account: Account) -> bool:
        if account.patience is None:
            return True
        now_s = self._clock.monotonic()
        spent_at = self._spent_at[account.name]
        while spent_at and spent_at[0] <= now_s - SPAN_S:
            spent_at.popleft()
        if len(spent_at) >= account.patience:
            return False
        spent_at.append(now_s)
        return True
