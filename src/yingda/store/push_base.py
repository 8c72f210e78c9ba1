"""The store's seam for accounts that may push: rights, quotas, and parts sent by themselves.

Each method is one transaction. Times are Unix seconds and always handed in. What an account's
settings are, and what WeChat answers, is the callers' business.
"""

from enum import StrEnum
from typing import Protocol

import msgspec

from yingda.turn.model import Cursor, DoubtfulPart, PushEnd


class PushRight(msgspec.Struct, frozen=True, kw_only=True):
    """What WeChat last said of an account's right to send service messages."""

    is_allowed: bool
    learnt_at: float
    #: Tells the settings it was learnt under from others; holds no secret.
    fingerprint: str


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What an action of a follower opens: messages, and until when they may be sent."""

    account: str
    openid: str
    #: The key of the push that told of the action; the same key grants once.
    key: str
    count: int
    at: float
    until: float


class Quota(msgspec.Struct, frozen=True, kw_only=True):
    """What of a follower's last grant is left."""

    left: int
    expires_at: float
    #: When the follower last did something that counts.
    acted_at: float

    def runs_out_within(self, span_s: float, at: float) -> bool:
        """Whether messages are left that may soon be sent no more."""
        return self.left_at(at) > 0 and self.expires_at - at <= span_s

    def left_at(self, at: float) -> int:
        """How many messages may be sent now."""
        return self.left if at < self.expires_at else 0


class NewPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part that is about to be sent as a service message."""

    turn_id: int
    run_no: int
    revision: int
    start: Cursor
    end: Cursor
    completes: bool
    #: The part itself, if it was cut while the answer was still being written.
    shown: str | None
    #: The turn has not ended; the part stands only while that is so.
    is_live: bool
    chosen_at: float
    #: The turn that the message says can be picked up.
    promises: int | None = None


class PartFate(StrEnum):
    """What became of a part."""

    SENT = "sent"
    #: Nobody knows whether it arrived: the cursor goes back to where it begins.
    DOUBTFUL = "doubtful"
    #: It did not arrive: the same.
    REFUSED = "refused"


class PushLook(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn's pusher has to know besides the turn."""

    #: None where nothing was ever granted.
    quota: Quota | None
    in_doubt: DoubtfulPart | None
    #: How many other turns of the follower are to be pushed, out of the same quota.
    others_pushed: int = 0


class PushStore(Protocol):
    """What must survive a crash of an account that may push."""

    async def push_right(self, account: str) -> PushRight | None:
        """What is known of the account's right; None when nothing is."""

    async def keep_push_right(self, account: str, right: PushRight) -> None:
        """Keep what was learnt last."""

    async def grant_quota(self, grant: Grant) -> None:
        """An action that is no push of ours to answer renews the quota; a repeat does not."""

    async def quota(self, account: str, openid: str) -> Quota | None:
        """What is left of the follower's last grant."""

    async def next_pushed(self, account: str, openid: str) -> int | None:
        """The follower's turn that is to be pushed next: the only one that may send.

        The oldest, but those that run and have shown nothing come after the others: a follower
        may have a question in each of several conversations.
        """

    async def push_look(self, turn_id: int) -> PushLook:
        """The follower's quota, and the part in doubt at the turn's cursor."""

    async def choose_part(self, new: NewPart) -> int | None:
        """Move the cursor over a part and spend one message, before it is sent; the part's id.

        None, and no change, when the turn is not the follower's next pushed one, a part of the
        follower is under way, no message is left, or the part does not start at the cursor.
        """

    async def settle_part(
        self, part_id: int, fate: PartFate, *, gives_back: bool = False, empties: bool = False
    ) -> None:
        """Keep what became of a chosen part; a sent part that completes its answer ends the push.

        `gives_back` returns the message that it cost, `empties` sets what is left to none.
        """

    async def tell_instead(self, turn_id: int, at: float) -> bool:
        """Spend a message on telling that a pushed turn is to be picked up, and end its push.

        False, and no change, when it is pushed no more, has ended, or no message is left.
        """

    async def end_push(self, turn_id: int, end: PushEnd) -> None:
        """Nothing more of the turn is pushed; what is unread waits for pickup."""

    async def end_pushes(self, account: str, openid: str, end: PushEnd) -> None:
        """The same for all turns of a follower, who has no message left either."""
