"""Lets go of what is older than the operator keeps, and makes room for the months to come.

The store does it step by step; here is when, and how much at a time.
"""

import structlog

from yingda.clock import Clock
from yingda.store.base import Store
from yingda.store.pruning_base import PruneSpot, kept_since

_log = structlog.get_logger()

#: How often a process looks. Our choice: months come and go once a month.
LOOK_EVERY_S = 86_400.0
#: Steps until the other chores have their turn. Our choice: at 10 ms each and as many pauses, they
#: wait for some seconds.
STEPS_AT_ONCE = 50
#: Between two steps, whoever waits for the database goes first. Our choice: a million questions
#: are gone in some ten minutes.
STEP_PAUSE_S = 0.05


class PruningRound:
    """All that is older than one moment, removed step by step."""

    def __init__(self, store: Store, clock: Clock, before: float) -> None:
        self.before = before
        #: What was removed so far.
        self.pushes = self.turns = 0
        self._store = store
        self._clock = clock
        self._spot: PruneSpot | None = PruneSpot()

    async def go_on(self, steps: int) -> bool:
        """Do so many steps at most; whether it is done. Raises StoreError; may be called again."""
        for _ in range(steps):
            if self._spot is None:
                break
            step = await self._store.prune(self.before, self._spot)
            self._spot = step.spot
            self.pushes += step.pushes
            self.turns += step.turns
            await self._clock.sleep(STEP_PAUSE_S)
        return self._spot is None


class Pruning:
    """The chore that does it once a day."""

    def __init__(self, store: Store, clock: Clock, keep_months: int | None) -> None:
        self._store = store
        self._clock = clock
        #: None keeps everything.
        self._keep_months = keep_months
        self._round: PruningRound | None = None
        self._due_at = 0.0

    async def run(self) -> float:
        """Do a part of what is due; when the next is, in Unix seconds. Raises StoreError."""
        now = self._clock.now()
        if now < self._due_at <= now + LOOK_EVERY_S:
            return self._due_at
        if self._keep_months is None:
            await self._store.arrange_months(None)
        elif not await self._pruned(kept_since(now, self._keep_months)):
            return now
        self._due_at = now + LOOK_EVERY_S
        return self._due_at

    async def _pruned(self, before: float) -> bool:
        if self._round is None:
            # Room first: it must not wait until much is gone.
            await self._store.arrange_months(None)
            self._round = PruningRound(self._store, self._clock, before)
        if not await self._round.go_on(STEPS_AT_ONCE):
            return False
        done, self._round = self._round, None
        await self._store.arrange_months(done.before)
        if done.pushes or done.turns:
            _log.info("pruned", turns=done.turns, messages=done.pushes)
        return True
