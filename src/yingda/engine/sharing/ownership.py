"""Which process sends to a follower what comes by itself: one at a time, whoever dies.

The store arbitrates each part in any case; ownership keeps processes from doing the same work, and
lets one take over what a dead one was at.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

import msgspec

from yingda.clock import Clock
from yingda.engine.insist import insist
from yingda.postgres.liveness import DEAD_AFTER_S
from yingda.signals.base import Signals, Topic
from yingda.store.presence_base import PresenceStore, Round, RoundKind

#: A round that was taken is not asked for again so soon. Our choice: a third of what makes a
#: process dead, so that one which was paused notices before it sends much.
_SURE_FOR_S: Final = 2.0

_decoder = msgspec.json.Decoder(tuple[RoundKind, int, str, str])


class Ownership(Protocol):
    """Whether this process may go on with a follower's round."""

    async def take(self, account: str, openid: str) -> bool:
        """Have the round, unless another process has it, which is then told to look."""

    async def end(self, account: str, openid: str) -> None:
        """There is nothing more to do in it."""


class SoleOwner:
    """Implements `Ownership` where there is one process."""

    async def take(self, account: str, openid: str) -> bool:  # noqa: ARG002 - the seam's
        """Nobody else could have it."""
        return True

    async def end(self, account: str, openid: str) -> None:
        """Nobody waits for it."""


class SharedOwner:
    """Implements `Ownership` among the processes of a database."""

    def __init__(
        self,
        kind: RoundKind,
        process_id: int,
        store: PresenceStore,
        signals: Signals,
        clock: Clock,
    ) -> None:
        self._kind = kind
        self._process_id = process_id
        self._store = store
        self._signals = signals
        self._clock = clock
        #: Account and openid → when it was taken last, by the monotonic clock.
        self._taken_s: dict[tuple[str, str], float] = {}

    async def take(self, account: str, openid: str) -> bool:
        key, now_s = (account, openid), self._clock.monotonic()
        taken_s = self._taken_s.get(key)
        if taken_s is not None and now_s - taken_s < _SURE_FOR_S:
            return True
        asked = Round(self._kind, account, openid)
        owner = await insist(self._clock, partial(self._take, asked))
        if owner == self._process_id:
            self._taken_s[key] = now_s
            return True
        self._taken_s.pop(key, None)
        self._signals.tell(Topic.FOLLOWER, _encoded(self._kind, owner, account, openid))
        return False

    async def end(self, account: str, openid: str) -> None:
        self._taken_s.pop((account, openid), None)
        asked = Round(self._kind, account, openid)
        await insist(self._clock, lambda: self._store.end_round(asked, self._process_id))

    async def _take(self, asked: Round) -> int:
        alive_since = self._clock.now() - DEAD_AFTER_S
        return await self._store.take_round(asked, self._process_id, alive_since=alive_since)


def heard_rounds(process_id: int, begin: Callable[[Round], None]) -> Callable[[str], None]:
    """What to do with a FOLLOWER signal: begin the round again if this process has it."""

    def heard(body: str) -> None:
        kind, owner, account, openid = _decoder.decode(body)
        if owner == process_id:
            begin(Round(kind, account, openid))

    return heard


def _encoded(kind: RoundKind, owner: int, account: str, openid: str) -> str:
    return msgspec.json.encode((kind, owner, account, openid)).decode()
