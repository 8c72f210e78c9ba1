"""What becomes of an attempt when the store hangs or is away: nothing can be made durable.

A disk that refuses says so; one that hangs says nothing, and an attempt has five seconds; a server
that is away may be back for the next one. Knows when to give an attempt up, and whether WeChat's
next one may find the store well again. Refuses to know what was to be stored: that goes on by
itself, and may still succeed.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from yingda.clock import Clock
from yingda.delivery.choose import LAST_ATTEMPT_AGE_S, LET_GO_AFTER_S
from yingda.engine.accounts.accounts import Account
from yingda.engine.accounts.sentences import sentence
from yingda.engine.errands import Errands
from yingda.engine.waiting.push_age import PushAges
from yingda.engine.waiting.window import Window
from yingda.errors import StoreAway, StoreError
from yingda.wechat.base import Message
from yingda.wechat.events import Event
from yingda.wechat.limits import ATTEMPTS, WINDOW_S
from yingda.wechat.replies import SUCCESS

T = TypeVar("T")

_log = structlog.get_logger()

#: From this age of its window on, an attempt no longer waits for the store. Our choice: a promise
#: is decided at 4.5 s and gets 0.2 s to be written down; 0.3 s are left for the way back.
GIVE_UP_AFTER_S = 4.7
#: A stall of this length is no hiccup: further attempts are not left to WeChat's cut, which it
#: counts as our failure. Our choice: about as long as the attempts of one push.
_LONG_STALL_S = 10.0
#: How long an attempt that was given up is remembered; the same push does not come later.
_KEPT_S = 2 * ATTEMPTS * WINDOW_S


class Stalled(StoreError):
    """The store did not answer within the attempt's time; what it was asked may still be done."""


class Stalls:
    """Watches the work of attempts on the store."""

    def __init__(self, clock: Clock, ages: PushAges) -> None:
        self._clock = clock
        self._ages = ages
        #: Account, openid and key of a push → when an attempt was first given up, how many were.
        self._given_up: OrderedDict[tuple[str, str, str], tuple[float, int]] = OrderedDict()
        #: Since when there is work that was given up and still goes on, and how much.
        self._since_s = 0.0
        self._late_count = 0
        #: Since when the store's server has been away; None while it is there.
        self._away_since_s: float | None = None
        self._late = Errands()

    async def watch(self, work: Coroutine[Any, Any, T], window: Window) -> T:
        """The work's result. Raises Stalled when it hangs in the store as time runs out.

        Then the window is given up, and the work goes on by itself; it has to look at the window.
        Raises StoreError as the store does.
        """
        task = asyncio.ensure_future(work)
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def end(_task: "asyncio.Future[T] | None" = None) -> None:
            if not over.done():
                over.set_result(None)

        def look() -> None:
            # Who waits for a turn waits for no store, and who was held is repeated anyway.
            if not (task.done() or window.is_waiting or window.is_held):
                window.give_up()
                end()

        task.add_done_callback(end)
        timer = self._clock.call_later(max(0.0, GIVE_UP_AFTER_S - window.age_s), look)
        try:
            await over
        except asyncio.CancelledError:
            task.cancel()
            raise
        finally:
            timer.cancel()
        if not task.done():
            self._begin(task)
            raise Stalled("the store did not answer in time")
        try:
            result = task.result()
        except StoreAway:
            if self._away_since_s is None:
                self._away_since_s = self._clock.monotonic()
            raise
        self._away_since_s = None
        return result

    async def reply(
        self, account: Account, message: Message, window: Window, *, is_draining: bool
    ) -> bytes | None:
        """What to answer to an attempt for which the store hung or was away, in clear, and at once.

        Or None, once WeChat has cut it: the next one may find the store well again.
        """
        if is_draining or not self._may_come_again(account, message, window):
            # Whoever tells us of an event waits for no words.
            is_event = isinstance(message, Event)
            return SUCCESS if is_event else sentence(account, message, "unconfirmed")
        while window.age_s < LET_GO_AFTER_S and not window.is_cut:
            await window.wait(LET_GO_AFTER_S)
        return None

    async def close(self) -> None:
        """Wait for what was given up and still goes on."""
        await self._late.close()

    def _may_come_again(self, account: Account, message: Message, window: Window) -> bool:
        attempts, first_seen_at = self._note(account, message, window)
        age_s = self._ages.age_s(
            account.name,
            created_at=float(message.created_at_s),
            first_seen_at=first_seen_at,
            received_at=self._clock.now() - window.age_s,
        )
        is_last = attempts >= ATTEMPTS or age_s >= LAST_ATTEMPT_AGE_S
        since_s = self._since_s if self._away_since_s is None else self._away_since_s
        is_long = self._clock.monotonic() - since_s >= _LONG_STALL_S
        # Patience of zero means that no attempt is ever left to time out.
        return not (is_last or is_long or account.patience == 0)

    def _note(self, account: Account, message: Message, window: Window) -> tuple[int, float]:
        arrived_at = self._clock.now() - window.age_s
        while self._given_up:
            key, (seen_at, _) = next(iter(self._given_up.items()))
            if abs(arrived_at - seen_at) < _KEPT_S:
                break
            del self._given_up[key]
        key = (account.name, message.openid, message.push_key)
        first_seen_at, attempts = self._given_up.get(key, (arrived_at, 0))
        self._given_up[key] = (first_seen_at, attempts + 1)
        return attempts + 1, first_seen_at

    def _begin(self, task: "asyncio.Future[Any]") -> None:
        if not self._late_count:
            self._since_s = self._clock.monotonic()
            _log.warning("store_stalled")
        self._late_count += 1
        self._late.send(self._finish(task))

    async def _finish(self, task: "asyncio.Future[Any]") -> None:
        try:
            await task
        except StoreError:
            # The follower was told that this may be, and the store has told the log why.
            _log.info("late_push_not_kept")
        finally:
            self._late_count -= 1
            if not self._late_count:
                stalled_s = self._clock.monotonic() - self._since_s
                _log.info("store_answers_again", stalled_s=round(stalled_s, 1))
