"""An account's right to push, followers' quotas, and which turns are pushed at all.

Each function is one transaction's work, or a step of one that others make up.
"""

from yingda.store.push_base import Grant, PushRight, Quota
from yingda.store.steps import Steps, execute, fetch, fetch_one
from yingda.turn.model import PushEnd

_RIGHT = "SELECT is_allowed, learnt_at, fingerprint FROM push_right WHERE account = :account"
_KEEP_RIGHT = """
    INSERT INTO push_right (account, is_allowed, learnt_at, fingerprint)
    VALUES (:account, :is_allowed, :learnt_at, :fingerprint)
    ON CONFLICT (account) DO UPDATE SET is_allowed = :is_allowed, learnt_at = :learnt_at,
        fingerprint = :fingerprint
"""
# WeChat may count a part that is under way against the new grant.
_UNDER_WAY = """(
        SELECT count(*) FROM offer o JOIN turn t ON t.id = o.turn_id
        WHERE o.state = 'chosen' AND o.push_id IS NULL
        AND t.account = :account AND t.openid = :openid
    ) - (
        SELECT count(*) FROM enclosure WHERE account = :account AND openid = :openid
        AND state IN ('due', 'chosen') AND state = 'chosen'
    )"""
# What comes late, for whoever took it first died, was granted before what came behind it: WeChat
# counts from the follower's last action.
_GRANT = f"""
    INSERT INTO quota (account, openid, granted_by, messages_left, acted_at, expires_at)
    VALUES (:account, :openid, :key, :count - {_UNDER_WAY}, :at, :until)
    ON CONFLICT (account, openid) DO UPDATE SET granted_by = :key,
        messages_left = excluded.messages_left, acted_at = :at, expires_at = :until
    WHERE quota.granted_by <> :key AND NOT EXISTS (
        SELECT 1 FROM push known JOIN push late
            ON late.account = known.account AND late.openid = known.openid
        WHERE known.account = :account AND known.openid = :openid
        AND known.key = quota.granted_by AND late.key = :key AND late.created_at < known.created_at
    )
"""
_QUOTA = """
    SELECT messages_left, expires_at, acted_at FROM quota
    WHERE account = :account AND openid = :openid
"""
# A turn that is pushed already needs no further message.
_BEGIN = """
    UPDATE turn SET is_pushed = 1, push_end = NULL
    WHERE id = :id AND is_withdrawn = 0
    AND (state IN ('queued', 'running') OR state <> 'cancelled' AND is_pushed = 1)
    AND (is_pushed = 1 OR EXISTS (
        SELECT 1 FROM quota q WHERE q.account = turn.account AND q.openid = turn.openid
        AND q.messages_left > 0 AND q.expires_at > :at
    ))
    RETURNING id
"""
_FOLLOWERS = "SELECT DISTINCT account, openid FROM turn WHERE is_pushed = 1"
_END = "UPDATE turn SET is_pushed = 0, push_end = :end WHERE id = :id AND is_pushed = 1"
_END_ALL = """
    UPDATE turn SET is_pushed = 0, push_end = :end
    WHERE account = :account AND openid = :openid AND is_pushed = 1
"""
_SPEND = """
    UPDATE quota SET messages_left = messages_left - 1
    WHERE account = :account AND openid = :openid AND messages_left > 0 AND expires_at > :at
    RETURNING messages_left
"""
# A grant that came after the message was chosen has been charged with it as well.
_GIVE_BACK = """
    UPDATE quota SET messages_left = messages_left + 1
    WHERE account = :account AND openid = :openid
"""
_LEAVE_ENCLOSURES = """
    UPDATE enclosure SET state = 'left'
    WHERE account = :account AND openid = :openid AND state IN ('due', 'chosen') AND state = 'due'
"""
_EMPTY = "UPDATE quota SET messages_left = 0 WHERE account = :account AND openid = :openid"


def push_right(account: str) -> Steps[PushRight | None]:
    """What WeChat last said of the account."""
    row = yield from fetch_one(_RIGHT, account=account)
    if row is None:
        return None
    return PushRight(is_allowed=bool(row[0]), learnt_at=row[1], fingerprint=row[2])


def keep_push_right(account: str, right: PushRight) -> Steps[None]:
    """Keep what was learnt last."""
    yield from execute(
        _KEEP_RIGHT,
        account=account,
        is_allowed=int(right.is_allowed),
        learnt_at=right.learnt_at,
        fingerprint=right.fingerprint,
    )


def grant_quota(grant: Grant) -> Steps[None]:
    """The new grant takes the old one's place; a repeat of its push changes nothing."""
    yield from execute(
        _GRANT,
        account=grant.account,
        openid=grant.openid,
        key=grant.key,
        count=grant.count,
        at=grant.at,
        until=grant.until,
    )


def quota(account: str, openid: str) -> Steps[Quota | None]:
    """What is left of the follower's last grant."""
    row = yield from fetch_one(_QUOTA, account=account, openid=openid)
    return None if row is None else Quota(left=row[0], expires_at=row[1], acted_at=row[2])


def spend_message(account: str, openid: str, at: float) -> Steps[bool]:
    """Take one of what is left; False when nothing is."""
    return (yield from fetch_one(_SPEND, account=account, openid=openid, at=at)) is not None


def give_back_message(account: str, openid: str) -> Steps[None]:
    """One that was taken was not used."""
    yield from execute(_GIVE_BACK, account=account, openid=openid)


def forget_quota(account: str, openid: str) -> Steps[None]:
    """The follower left: nothing may be sent, and nothing is kept of it."""
    yield from execute(
        "DELETE FROM quota WHERE account = :account AND openid = :openid",
        account=account,
        openid=openid,
    )


def begin_push(turn_id: int, at: float) -> Steps[bool]:
    """Have the turn's parts sent as they come; False when it has ended, or nothing is left."""
    return (yield from fetch_one(_BEGIN, id=turn_id, at=at)) is not None


def pushed_followers() -> Steps[tuple[tuple[str, str], ...]]:
    """Account and openid of everyone whose pushes are not over."""
    return tuple((row[0], row[1]) for row in (yield from fetch(_FOLLOWERS)))


def end_push(turn_id: int, end: PushEnd) -> Steps[None]:
    """Nothing more of the turn is pushed."""
    yield from execute(_END, id=turn_id, end=end.value)


def end_pushes(account: str, openid: str, end: PushEnd) -> Steps[None]:
    """Nothing more is pushed to the follower."""
    yield from _end_all(account, openid, end)
    yield from empty_quota(account, openid)


def withdraw_pushes(account: str, openid: str) -> Steps[None]:
    """The follower wants no more of what is pushed to them, nor of what follows answers."""
    yield from _end_all(account, openid, PushEnd.WITHDRAWN)
    yield from execute(_LEAVE_ENCLOSURES, account=account, openid=openid)


def _end_all(account: str, openid: str, end: PushEnd) -> Steps[None]:
    yield from execute(_END_ALL, account=account, openid=openid, end=end.value)


def empty_quota(account: str, openid: str) -> Steps[None]:
    """No message is left until the follower's next action."""
    yield from execute(_EMPTY, account=account, openid=openid)
