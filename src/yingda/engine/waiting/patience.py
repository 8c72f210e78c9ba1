"""Whether an attempt may be left to time out on purpose, and whether that is likely to pay.

WeChat counts each of them as a failed push, raises an alarm (by default at 30 in 5 min) and may
block the account for a minute; see the reference on failures that are counted. The count is the
store's, so that all replicas share it; the latencies it is weighed by are cached here.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from yingda.clock import Clock
from yingda.delivery.choose import DECIDE_AFTER_S
from yingda.engine.accounts.accounts import Account
from yingda.store.base import NewHold, Outlook, Store
from yingda.wechat.limits import ATTEMPTS, WINDOW_S

#: The span in which deliberate time-outs are counted. Platform: alarms count over 5 min.
SPAN_S = 300.0
#: How many of them one follower may cause. Design rule.
FOLLOWER_LIMIT = 4
#: The least chance that is worth one. Design rule: an even one.
_WORTH_IT = 0.5
#: How many of a provider's latest answers are looked at, and how many are needed before they are
#: believed. Our choice: of eight answers a half is still told from a quarter mostly.
_SAMPLES = 64
_ENOUGH = 8
#: How long they are kept in this process. Our choice: a load changes within minutes.
_FRESH_S = 5.0
#: The grain of sums of latencies. Our choice: a window has twenty of them.
_GRAIN_S = 0.25


class Hold(msgspec.Struct, frozen=True):
    """An attempt was decided to be held; `id` is None where nothing is counted."""

    id: int | None = None


class Patience:
    """Spends deliberate time-outs, as far as an account has them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._latencies: dict[str, tuple[float, tuple[float, ...]]] = {}

    async def try_hold(self, account: Account, outlook: Outlook, left_s: float) -> Hold | None:
        """Spend one for this turn, whose push can be waited for `left_s` more; None if not.

        Raises StoreError.
        """
        if account.patience is None:
            return Hold()
        if account.patience <= 0:
            return None
        turn, now = outlook.turn, self._clock.now()
        likely = chance(
            await self._latest(turn.provider),
            left_s=left_s,
            elapsed_s=_elapsed_s(outlook, now),
            ahead=turn.ahead,
        )
        new = NewHold(
            account=account.name,
            provider=turn.provider,
            openid=turn.openid,
            turn_id=turn.id,
            at=now,
            span_s=SPAN_S,
            account_limit=account.patience,
            follower_limit=FOLLOWER_LIMIT,
            provider_limit=(account.patience + 1) // 2,
            chance=likely,
            is_hopeless=likely is not None and likely < _WORTH_IT,
        )
        hold_id = await self._store.try_hold(new)
        return None if hold_id is None else Hold(hold_id)

    async def _latest(self, provider: str) -> tuple[float, ...]:
        now_s = self._clock.monotonic()
        read_at_s, known = self._latencies.get(provider, (-_FRESH_S, ()))
        if now_s - read_at_s >= _FRESH_S:
            known = await self._store.latencies(provider, _SAMPLES)
            self._latencies[provider] = (now_s, known)
        return known


def left_s(push_age_s: float, attempt_no: int, window_age_s: float) -> float:
    """How long an attempt's push can still be waited for: to the last attempt's decision.

    `push_age_s` is the age at this attempt's arrival. Of many attempts fewer are left, however
    young the push is.
    """
    by_age_s = (ATTEMPTS - 1) * WINDOW_S + DECIDE_AFTER_S - push_age_s - window_age_s
    by_count_s = (ATTEMPTS - attempt_no) * WINDOW_S + DECIDE_AFTER_S - window_age_s
    return max(0.0, min(by_age_s, by_count_s))


def chance(
    latencies_s: Sequence[float], *, left_s: float, elapsed_s: float, ahead: int = 0
) -> float | None:
    """How likely an answer is there within `left_s`; None when too little is known to tell.

    By the latest latencies alone, given that the run in front took `elapsed_s` already. With
    turns `ahead`, that run has to end first, and then each of the others and the turn itself.
    """
    longer_s = [latency_s - elapsed_s for latency_s in latencies_s if latency_s > elapsed_s]
    if len(latencies_s) < _ENOUGH or not longer_s:
        return None
    if not ahead:
        return sum(rest_s <= left_s for rest_s in longer_s) / len(longer_s)
    sums = _distribution(longer_s, left_s)
    own = _distribution(latencies_s, left_s)
    for _ in range(ahead):
        sums = _sum_of(sums, own)
    return sum(sums)


def _distribution(spans_s: Sequence[float], left_s: float) -> list[float]:
    """The share of the spans in each grain from 0 to `left_s`; longer ones are left out."""
    edges = range(int(left_s / _GRAIN_S) + 2)
    at_most = [sum(span_s <= edge * _GRAIN_S for span_s in spans_s) for edge in edges]
    shares = [at_most[0], *(later - earlier for earlier, later in pairwise(at_most))]
    return [share / len(spans_s) for share in shares[: int(left_s / _GRAIN_S) + 1]]


def _sum_of(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """The distribution of the sum of two, as far as both reach."""
    return [
        sum(one[part] * other[whole - part] for part in range(whole + 1))
        for whole in range(len(one))
    ]


def _elapsed_s(outlook: Outlook, now: float) -> float:
    began_at = outlook.head_started_at if outlook.turn.ahead else outlook.turn.run_started_at
    return max(0.0, now - began_at) if began_at is not None else 0.0
