"""Which processes live, and which of them sends to whom: the part of the store's seam for many.

Only a database that several processes share implements it.
"""

from enum import StrEnum
from typing import Protocol

import msgspec

from yingda.store.base import Store


class RoundKind(StrEnum):
    """What is sent by itself."""

    #: The parts of answers.
    PUSH = "push"
    #: Pictures and recordings behind them.
    ENCLOSURE = "enclosure"


class Round(msgspec.Struct, frozen=True):
    """Sending to one follower; one process at a time does it."""

    kind: RoundKind
    account: str
    openid: str


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What nobody who lives takes care of."""

    rounds: tuple[Round, ...] = ()
    #: The pushes of replies that were chosen long ago and never seen sent.
    replies: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rounds or self.replies)


class PresenceStore(Protocol):
    """What several processes on one database need of it. Every method raises StoreError."""

    async def time(self) -> float:
        """The database's own time in Unix seconds, which all processes take for theirs."""

    async def beat(
        self, process_id: int, at: float, *, runs_turns: bool, forget_before: float
    ) -> None:
        """The process lives; whoever was not seen since `forget_before` is forgotten."""

    async def has_worker(self, *, alive_since: float) -> bool:
        """Whether any process lives that runs turns."""

    async def leave(self, process_id: int) -> None:
        """The process ends in order: what it had is anybody's."""

    async def take_round(self, asked: Round, process_id: int, *, alive_since: float) -> int:
        """Have this process do the round, unless one that lives has it; who has it now.

        Who was not seen since `alive_since` is dead. What was being sent by a former owner is in
        doubt from then on.
        """

    async def end_round(self, asked: Round, process_id: int) -> None:
        """The process has nothing more to send in it."""

    async def left(self, *, alive_since: float, chosen_before: float) -> Left:
        """What a dead process left; a reply chosen before `chosen_before` is not on its way."""

    async def heads(self) -> tuple[tuple[int, str], ...]:
        """Every turn that is first in its conversation and has not ended, with its provider."""


class SharedStore(Store, PresenceStore, Protocol):
    """A store that several processes share."""
