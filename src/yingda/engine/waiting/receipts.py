"""Whether a chosen reply was taken by its connection, as far as that can be known.

A disconnect seen before the bytes were out leaves the delivery in doubt; WeChat's next attempt of
the same push gets the same reply and settles it. If none comes, what was offered is offered again
at the next pickup.
"""

import asyncio
from collections.abc import Callable

import structlog

from yingda.clock import Clock
from yingda.engine.errands import Errands
from yingda.errors import StoreError
from yingda.store.base import Store

_log = structlog.get_logger()

#: How long the next attempt may take to come. Our choice: a cut attempt is repeated
#: directly (measured by others), and 6 s hold more than one window.
DOUBT_AFTER_S = 6.0


class Receipts:
    """Writes down what became of replies that carry a part of an answer.

    `told` is called with account and openid once it is known that a reply of theirs was sent.
    """

    def __init__(self, store: Store, clock: Clock, told: Callable[[str, str], None]) -> None:
        self._store = store
        self._told = told
        self._clock = clock
        self._in_doubt: dict[int, asyncio.Task[None]] = {}
        self._errands = Errands()

    def sent(self, push_id: int, whose: tuple[str, str]) -> None:
        """The connection took the bytes of the reply to this account's follower."""
        if doubt := self._in_doubt.pop(push_id, None):
            doubt.cancel()
        self._errands.send(self._sent(push_id, whose))

    def lost(self, push_id: int) -> None:
        """The other side was gone before the reply's bytes were out."""
        if push_id not in self._in_doubt:
            self._in_doubt[push_id] = asyncio.ensure_future(self._doubt(push_id))

    async def close(self) -> None:
        """Write everything down; what is still in doubt stays unsettled, as after a crash."""
        for doubt in self._in_doubt.values():
            doubt.cancel()
        await self._errands.close()

    async def _doubt(self, push_id: int) -> None:
        await self._clock.sleep(DOUBT_AFTER_S)
        del self._in_doubt[push_id]
        _log.info("reply_doubtful", push=push_id)
        self._errands.send(self._doubtful(push_id))

    async def _sent(self, push_id: int, whose: tuple[str, str]) -> None:
        try:
            await self._store.mark_sent(push_id)
        except StoreError:
            self._tell_unwritten()
        else:
            self._told(*whose)

    async def _doubtful(self, push_id: int) -> None:
        try:
            await self._store.mark_doubtful(push_id)
        except StoreError:
            self._tell_unwritten()

    def _tell_unwritten(self) -> None:
        # The offer stays unsettled, and the next start puts it in doubt: nothing is lost.
        _log.warning("receipt_not_written")
