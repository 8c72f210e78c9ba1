"""What has to be locked so that a transaction is alone with what it changes.

SQLite has one writer and needs none of it. Where transactions run side by side, each begins with
its lock, so that whatever it reads afterwards stays true to its end. A lock is one statement, ends
with its transaction, and tells that one's id. An operation without a lock is one statement that
says itself when it may change something, or does the same however often it is done.

Most operations change one follower's conversations: they wait for each other, and for nobody
else. The locks are PostgreSQL's advisory ones, for there is no row that stands for a follower.
"""

from collections.abc import Sequence
from typing import Final

from yingda.store.entries import NewPush
from yingda.store.steps import Query

#: The statement that an operation begins with, or None.
Lock = Query | None

#: What no follower's lock is needed for.
FREE: Final[Lock] = None

# The number tells kinds of locks apart. No name holds the separator: WeChat's openids and our
# account names are plain ASCII, and a collision would only make two followers wait in turn.
_ID = "CAST(pg_current_xact_id() AS text)"
_FOLLOWER = "hashtextextended({account} || chr(31) || {openid}, 1)"
_OF_ROW = (
    f"SELECT {_ID}, pg_advisory_xact_lock({_FOLLOWER.format(account='account', openid='openid')})"
)
_ONE = (
    f"SELECT {_ID}, pg_advisory_xact_lock({_FOLLOWER.format(account=':account', openid=':openid')})"
)
# In one order, whoever takes them: else two would wait for each other.
_TWO = f"""
    SELECT {_ID}, pg_advisory_xact_lock(id) FROM (
        SELECT {_FOLLOWER.format(account=":account", openid=":openid")} AS id
        UNION SELECT {_FOLLOWER.format(account=":account", openid=":other")}
        ORDER BY id
    ) AS both_of_them
"""
_OF_TURN = f"{_OF_ROW} FROM turn WHERE id = :id"
_OF_TURNS = f"""
    SELECT {_ID}, pg_advisory_xact_lock(id) FROM (
        SELECT DISTINCT {_FOLLOWER.format(account="account", openid="openid")} AS id
        FROM turn WHERE id = ANY(:ids) ORDER BY id
    ) AS all_of_them
"""
_OF_PUSH = f"{_OF_ROW} FROM push WHERE id = :id"
_OF_PART = f"{_OF_ROW} FROM turn WHERE id = (SELECT turn_id FROM offer WHERE id = :id)"
_OF_ENCLOSURE = f"{_OF_ROW} FROM enclosure WHERE id = :id"
_PATIENCE = f"SELECT {_ID}, pg_advisory_xact_lock(hashtextextended(:account, 2))"
_RECOVERY = f"SELECT {_ID}, pg_advisory_xact_lock(hashtextextended('recovery', 3))"
_PRUNING = f"SELECT {_ID}, pg_advisory_xact_lock(hashtextextended('pruning', 4))"

#: Taking over what an earlier process left.
RECOVERY: Final = Query(_RECOVERY, {})
#: Removing what is old: two would only wait for each other, row by row.
PRUNING: Final = Query(_PRUNING, {})


def follower(account: str, openid: str) -> Query:
    """Whatever this follower asks or is told."""
    return Query(_ONE, {"account": account, "openid": openid})


def pusher(push: NewPush, other: str | None = None) -> Query:
    """The same for whoever a push is from, and for another follower of that account."""
    if other is None or other == push.openid:
        return follower(push.account, push.openid)
    return Query(_TWO, {"account": push.account, "openid": push.openid, "other": other})


def follower_of_turn(turn_id: int) -> Query:
    """The same, by a turn of theirs."""
    return Query(_OF_TURN, {"id": turn_id})


def followers_of_turns(turn_ids: Sequence[int]) -> Query:
    """The same for the followers of several turns."""
    if len(turn_ids) == 1:
        return follower_of_turn(turn_ids[0])
    return Query(_OF_TURNS, {"ids": list(turn_ids)})


def follower_of_push(push_id: int) -> Query:
    """The same, by a push of theirs."""
    return Query(_OF_PUSH, {"id": push_id})


def follower_of_part(part_id: int) -> Query:
    """The same, by a part that is sent to them."""
    return Query(_OF_PART, {"id": part_id})


def follower_of_enclosure(enclosure_id: int) -> Query:
    """The same, by what is to follow an answer of theirs."""
    return Query(_OF_ENCLOSURE, {"id": enclosure_id})


def patience(account: str) -> Query:
    """What an account may spend on waiting."""
    return Query(_PATIENCE, {"account": account})
