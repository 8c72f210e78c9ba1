"""Who is let in, and what is said to whom is not.

Pure functions over settings and times. What was asked so far is counted by the store, in the
transaction that enters a question.
"""

import datetime as dt
import math
from collections.abc import Mapping
from enum import Enum

import msgspec

from yingda.engine.accounts.accounts import Account
from yingda.engine.intake.intents import (
    Confirm,
    Forget,
    HoldProbe,
    Ignore,
    Intent,
    Revoke,
    Show,
    Told,
    Unfollow,
)
from yingda.store.entries import Bound, Refusal
from yingda.wechat.base import Message
from yingda.wechat.events import SubscribeEvent


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """What one process, or all of them on one database, take on at once."""

    #: Turns that may be open in the database. Our choice: a turn that runs costs 22 KB and an
    #: attempt that waits for it 25 KB (measured), so this many fit into 470 MB; and where 1000
    #: run at once and take 6 s each, the last of them is answered after a minute.
    max_open_turns: int = 10_000
    #: Attempts that may wait in this process. Our choice: 250 MB at 25 KB each (measured).
    max_held: int = 10_000
    #: Provider → questions that it is asked at once; one that is missing has no bound of its own.
    concurrency: Mapping[str, int] = msgspec.field(default_factory=dict)


class Door(Enum):
    """What becomes of a push before it touches anything."""

    OPEN = "open"
    #: The follower is on the account's list of those who are not answered.
    BLOCKED = "blocked"
    #: The account answers those on a list, and the follower is not on it.
    NOT_ALLOWED = "not_allowed"


#: What nobody is kept from: to leave, to have everything erased, and what asks for nothing.
_FOR_EVERYBODY = (Confirm, Forget, HoldProbe, Ignore, Revoke, Unfollow)


def door(account: Account, message: Message, intent: Intent) -> Door:
    """Whether the account does for this follower what the push means.

    Who follows is welcomed, unless the welcome asks the AI. A tap on a menu and a scan are no
    better than a message: they ask for something.
    """
    if not account.blocked and account.allowed is None:
        return Door.OPEN
    if isinstance(intent, _FOR_EVERYBODY):
        return Door.OPEN
    if isinstance(message, SubscribeEvent) and isinstance(intent, Show | Told):
        return Door.OPEN
    return listed(account, message)


def listed(account: Account, message: Message) -> Door:
    """What the account's lists say of this follower."""
    if message.openid in account.blocked:
        return Door.BLOCKED
    if account.allowed is None or message.openid in account.allowed:
        return Door.OPEN
    return Door.NOT_ALLOWED


def day_began_at(now: float, zone: dt.tzinfo) -> float:
    """When the day that `now` lies in began there, in Unix seconds.

    Where a change of clocks leaves midnight out, a day begins at the time that would have been it.
    """
    today = dt.datetime.fromtimestamp(now, zone).date()
    return dt.datetime.combine(today, dt.time(), zone).timestamp()


def shown_time(at: float, zone: dt.tzinfo) -> str:
    """A time of day, to the minute and never too early."""
    whole_minutes_s = math.ceil(at / 60) * 60
    return dt.datetime.fromtimestamp(whole_minutes_s, zone).strftime("%H:%M")


def shown_date(at: float, zone: dt.tzinfo) -> str:
    """A day."""
    return dt.datetime.fromtimestamp(at, zone).date().isoformat()


def refusal_sentence(account: Account, refusal: Refusal) -> tuple[str, dict[str, object]]:
    """The key of the sentence that tells a follower of the refusal, and what it is filled with."""
    match refusal.bound:
        case Bound.BUDGET:
            return "budget_used", {"date": shown_date(refusal.until, account.time_zone)}
        case Bound.QUEUE:
            return "queue_full", {"count": refusal.open_turns}
        case Bound.RATE:
            return "too_fast", {"time": shown_time(refusal.until, account.time_zone)}
        case Bound.DAY:
            return "daily_limit", {"count": account.daily_questions}
        case Bound.OPEN_TURNS:
            return "busy", {}
