"""Attempts that wait for their turn: each is decided, held and answered here.

The decisions themselves are `choose`'s, their words the chooser's.
"""

from contextlib import ExitStack

import msgspec

from yingda.clock import Clock
from yingda.delivery.choose import AttemptView, Decision, Step, choose
from yingda.delivery.passive import Composed
from yingda.engine.sharing.board import Board
from yingda.engine.waiting.acknowledging import Acknowledging
from yingda.engine.waiting.chooser import Attempt, Chooser
from yingda.engine.waiting.patience import Hold, Patience, left_s
from yingda.engine.waiting.push_age import PushAges
from yingda.engine.waiting.window import Window
from yingda.store.base import Outlook, Store
from yingda.wechat.limits import WINDOW_S

#: How often an attempt looks while ends in other processes are not heard of. Our choice: seldom
#: beside all that a push costs, and soon enough for its follower.
_LOOK_EVERY_S = 0.5


class Attempts:
    """Lets attempts wait for their turns' ends, and decides what becomes of each."""

    def __init__(
        self,
        *,
        store: Store,
        board: Board,
        chooser: Chooser,
        patience: Patience,
        ages: PushAges,
        acknowledging: Acknowledging,
        clock: Clock,
        max_held: int,
    ) -> None:
        self._store = store
        self._board = board
        self._chooser = chooser
        self._patience = patience
        self._ages = ages
        self._acknowledging = acknowledging
        self._clock = clock
        self._max_held = max_held
        self._is_draining = False
        self._open: set[Window] = set()

    @property
    def is_draining(self) -> bool:
        """Whether the process is being stopped."""
        return self._is_draining

    def begin_drain(self) -> bool:
        """Hold no attempt any more; whether one is held already, whose repeat is yet to come."""
        self._is_draining = True
        for window in self._open:
            window.wake()
        return any(window.is_held for window in self._open)

    async def answered(self, attempt: Attempt, turn_id: int, window: Window) -> bytes | None:
        """The reply, once there is one; None when WeChat is to come again, or has gone.

        Raises StoreError.
        """
        push_age_s = self._push_age_s(attempt)
        hold = Hold()
        is_crowded = len(self._open) >= self._max_held
        self._open.add(window)
        with ExitStack() as stack:
            stack.callback(self._open.discard, window)
            stack.enter_context(self._board.watch(turn_id, window.wake))
            if timer := self._acknowledging.begin(attempt):
                stack.callback(timer.cancel)
            while True:
                outlook = await self._store.outlook(turn_id)
                view = AttemptView(
                    turn_has_ended=not outlook.turn.is_pending,
                    push_age_s=push_age_s,
                    attempt_no=attempt.entered.attempts,
                    window_age_s=window.age_s,
                    is_held=window.is_held,
                    is_pushed=outlook.turn.is_pushed,
                    is_draining=self._is_draining,
                    is_crowded=is_crowded,
                )
                decision = choose(view)
                if _may_acknowledge(decision, window):
                    can_push = await self._acknowledging.can_push(attempt, turn_id)
                    view = msgspec.structs.replace(view, can_push=can_push)
                    decision = choose(view)
                if decision.step is Step.HOLD and not window.is_held:
                    spent = await self._try_hold(attempt, outlook, view)
                    window.is_held = spent is not None
                    if spent is None:
                        view = msgspec.structs.replace(view, has_patience=False)
                        decision = choose(view)
                    hold = spent or hold
                if decision.step in {Step.WAIT, Step.HOLD} and not window.is_gone:
                    await window.wait(self._wait_until_s(decision, window))
                    continue
                if decision.step is Step.LET_GO or window.is_gone:
                    return None
                chosen = await self._chosen(attempt, outlook, view, decision, hold)
                if chosen is not None:
                    return chosen

    def _wait_until_s(self, decision: Decision, window: Window) -> float:
        if self._board.is_deaf:
            return min(decision.until_s, window.age_s + _LOOK_EVERY_S)
        return decision.until_s

    async def _try_hold(self, attempt: Attempt, outlook: Outlook, view: AttemptView) -> Hold | None:
        span_s = left_s(view.push_age_s, view.attempt_no, view.window_age_s)
        return await self._patience.try_hold(attempt.account, outlook, span_s)

    async def _chosen(
        self,
        attempt: Attempt,
        outlook: Outlook,
        view: AttemptView,
        decision: Decision,
        hold: Hold,
    ) -> bytes | None:
        """Fix the reply; what was held for it is given back, if WeChat has not cut it yet."""
        gives_back = hold.id if view.window_age_s < WINDOW_S else None
        part: Composed | None = None
        if decision.step is Step.ACKNOWLEDGE:
            chosen = await self._chooser.acknowledge(attempt, outlook.turn, gives_back)
            if chosen is not None:
                self._acknowledging.acknowledged(attempt)
            return chosen
        if decision.step is Step.PROMISE:
            part = await self._chooser.live_part(attempt, outlook)
            decision = choose(msgspec.structs.replace(view, has_part=part is not None))
        chosen = await self._chooser.choose(
            attempt,
            outlook,
            part=part if decision.step is Step.OFFER else None,
            gives_back=gives_back,
        )
        self._acknowledging.replied(attempt)
        return chosen

    def _push_age_s(self, attempt: Attempt) -> float:
        return self._ages.age_s(
            attempt.account.name,
            created_at=float(attempt.message.created_at_s),
            first_seen_at=attempt.entered.first_seen_at,
            received_at=self._clock.now(),
        )


def _may_acknowledge(decision: Decision, window: Window) -> bool:
    # An attempt that is held is paid for already, unless a stop ends it.
    is_open = decision.step is Step.HOLD and not window.is_held
    return is_open or decision.step is Step.PROMISE
