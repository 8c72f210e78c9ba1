"""This process among the others: it says that it lives, and takes over what dead ones left.

It also takes the database's time for its own, so that a machine whose clock is off does no harm.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from yingda.clock import AgreedClock
from yingda.errors import StoreError
from yingda.postgres.liveness import BEAT_S, DEAD_AFTER_S
from yingda.store.presence_base import PresenceStore, Round

_log = structlog.get_logger()

#: A reply that was chosen so long ago is not on its way any more. Our choice: it goes out within
#: milliseconds, and one whose attempt was cut is in doubt after 6 s by itself.
REPLY_LIMIT_S: Final = 20.0
#: Nobody has run turns for so long: no restart takes that. Our choice.
NO_WORKER_S: Final = 30.0
#: How often turns without a job are looked for. Our choice: row and job are one transaction, so
#: there are none but after a move from SQLite or a loss within the job engine.
ADOPT_EVERY_S: Final = 60.0
#: Rows of processes that are gone for so long are of no use. Our choice.
_FORGET_AFTER_S: Final = 3600.0
#: A look at the database's time that took longer tells too little. Our choice.
_SURE_WITHIN_S: Final = 0.25
#: A difference that is worth telling the operator. Our choice: WeChat's repeats are 5 s apart.
_WORTH_TELLING_S: Final = 5.0


class Presence:
    """Beats as long as the process lives."""

    def __init__(
        self,
        process_id: int,
        store: PresenceStore,
        clock: AgreedClock,
        *,
        runs_turns: bool,
        begin: Callable[[Round], None],
        adopt: Callable[[Sequence[tuple[int, str]]], Awaitable[int]],
        doubt: Callable[[int], Awaitable[None]],
    ) -> None:
        self._process_id = process_id
        self._store = store
        self._clock = clock
        self._runs_turns = runs_turns
        self._begin = begin
        self._adopt = adopt
        self._doubt = doubt
        #: Since when beats have gone through, by the monotonic clock.
        self._steady_since_s: float | None = None
        self._adopted_at_s: float | None = None
        #: When a process that runs turns was seen, by the monotonic clock; None once that was told.
        self._worker_seen_s: float | None = clock.monotonic()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Be known to the others from now on. Raises StoreError."""
        await self._agree()
        await self._beat()
        self._task = asyncio.ensure_future(self._go_on())

    async def close(self) -> None:
        """Be gone; what this process had is anybody's."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        try:
            await self._store.leave(self._process_id)
        except StoreError:
            # The others find out after some seconds.
            _log.warning("leaving_not_told")

    async def _go_on(self) -> None:
        while True:
            try:
                await self._agree()
                await self._beat()
                await self._look_round()
            except StoreError as error:
                if self._steady_since_s is not None:
                    _log.warning("beat_missed", reason=str(error))
                self._steady_since_s = None
            # The end of a task's round: a bug must not let this process be taken for dead.
            except Exception:  # noqa: BLE001
                _log.exception("beat_crashed")
            await self._clock.sleep(BEAT_S)

    async def _agree(self) -> None:
        began_s = self._clock.monotonic()
        time = await self._store.time()
        took_s = self._clock.monotonic() - began_s
        if took_s > _SURE_WITHIN_S:
            return
        was_off_s = self._clock.agree(time + took_s / 2)
        if abs(was_off_s) > _WORTH_TELLING_S:
            _log.warning(
                "clock_differs",
                seconds=round(was_off_s, 1),
                mend="set this machine's clock, or the database's, by NTP; the latter counts",
            )

    async def _beat(self) -> None:
        now = self._clock.now()
        await self._store.beat(
            self._process_id,
            now,
            runs_turns=self._runs_turns,
            forget_before=now - _FORGET_AFTER_S,
        )
        if self._steady_since_s is None:
            self._steady_since_s = self._clock.monotonic()

    async def _look_round(self) -> None:
        """Take over what is left, unless nobody could say for a while that he lives."""
        now_s = self._clock.monotonic()
        if self._adopted_at_s is None or now_s - self._adopted_at_s >= ADOPT_EVERY_S:
            self._adopted_at_s = now_s
            await self._adopt_heads()
        if self._steady_since_s is None or now_s - self._steady_since_s < DEAD_AFTER_S:
            return
        now = self._clock.now()
        left = await self._store.left(
            alive_since=now - DEAD_AFTER_S, chosen_before=now - REPLY_LIMIT_S
        )
        if left:
            _log.info("taken_over", rounds=len(left.rounds), doubtful_replies=len(left.replies))
        for each in left.rounds:
            self._begin(each)
        for push_id in left.replies:
            await self._doubt(push_id)
        await self._look_for_workers(now)

    async def _look_for_workers(self, now: float) -> None:
        """Say so once when nobody asks the AI: followers would wait for ever."""
        now_s = self._clock.monotonic()
        if self._runs_turns or await self._store.has_worker(alive_since=now - DEAD_AFTER_S):
            self._worker_seen_s = now_s
        elif self._worker_seen_s is not None and now_s - self._worker_seen_s >= NO_WORKER_S:
            self._worker_seen_s = None
            _log.error("no_worker", mend="start yingda worker on this database, or set workers")

    async def _adopt_heads(self) -> None:
        adopted = await self._adopt(await self._store.heads())
        if adopted:
            _log.info("turns_adopted", turns=adopted)
