"""What others may ask the store, and how it begins. Each function is one transaction's work."""

import secrets

from yingda.store.base import Outlook, Recovered
from yingda.store.enclosing import doubt_enclosures, waiting_followers
from yingda.store.quotas import pushed_followers
from yingda.store.replies import doubt_unsettled
from yingda.store.steps import (
    TURN_COLUMNS,
    Steps,
    execute,
    fetch,
    fetch_one,
    place_of,
    read_turn,
    turn_from,
)
from yingda.turn.model import FollowerView, Turn

#: A follower who let more answers lie than this is shown the oldest ones first anyway.
#: Our choice, so that unread answers cannot make a read grow without bound.
_UNREAD_LIMIT = 20

_PENDING = """
    SELECT id FROM turn
    WHERE account = :account AND openid = :openid AND state IN ('queued', 'running') ORDER BY id
"""
_UNREAD = f"""
    SELECT {TURN_COLUMNS} FROM turn
    WHERE account = :account AND openid = :openid AND is_unread = 1
    ORDER BY id LIMIT {_UNREAD_LIMIT}
"""
_LAST = f"""
    SELECT {TURN_COLUMNS} FROM turn
    WHERE account = :account AND openid = :openid AND state IN ('answered', 'failed')
    AND is_withdrawn = 0 ORDER BY number DESC LIMIT 1
"""
# A running turn of which a part was offered has more as well; what is pushed comes by itself.
# Each half has its partial index.
_OTHER_UNREAD = f"""
    SELECT {TURN_COLUMNS} FROM turn WHERE id = (SELECT min(id) FROM (
        SELECT id FROM turn
        WHERE account = :account AND openid = :openid AND is_unread = 1 AND id <> :id
        AND is_pushed = 0
        UNION ALL SELECT id FROM turn
        WHERE account = :account AND openid = :openid AND state IN ('queued', 'running')
        AND parts_offered > 0 AND id <> :id AND is_pushed = 0
    ) AS unread)
"""
_HEAD_STARTED_AT = """
    SELECT run_started_at FROM turn
    WHERE account = :account AND openid = :openid AND state IN ('queued', 'running')
    AND conversation_id = :conversation_id ORDER BY id LIMIT 1
"""
# One statement: each costs more than what it looks up here. Numbers go up with ids, and no older
# month of PostgreSQL's need be looked at for a newer one.
_OUTLOOK = f"""
    SELECT {TURN_COLUMNS}, (
        SELECT max(n.number) FROM turn n
        WHERE n.account = t.account AND n.openid = t.openid AND n.id >= t.id
    ), EXISTS (
        SELECT 1 FROM turn u WHERE u.account = t.account AND u.openid = t.openid
        AND u.is_unread = 1 AND u.id <> t.id AND u.is_pushed = 0
    ) OR EXISTS (
        SELECT 1 FROM turn b WHERE b.account = t.account AND b.openid = t.openid
        AND b.state IN ('queued', 'running') AND b.parts_offered > 0 AND b.id <> t.id
        AND b.is_pushed = 0
    ), CASE WHEN state IN ('queued', 'running') THEN (
        SELECT count(*) FROM turn a WHERE a.account = t.account AND a.openid = t.openid
        AND a.state IN ('queued', 'running') AND a.conversation_id = t.conversation_id
        AND a.id < t.id
    ) ELSE 0 END
    FROM turn t WHERE id = :id
"""
_NUMBERED = """
    SELECT id FROM turn
    WHERE account = :account AND openid = :openid AND number = :number AND is_withdrawn = 0
"""
_HEADS = """
    SELECT head.id, conversation.provider
    FROM (
        SELECT min(id) AS id, conversation_id FROM turn WHERE state IN ('queued', 'running')
        GROUP BY conversation_id
    ) head
    JOIN conversation ON conversation.id = head.conversation_id
    ORDER BY head.id
"""


def follower(account: str, openid: str) -> Steps[FollowerView]:
    """What the follower's next words may refer to."""
    who = {"account": account, "openid": openid}
    pending: list[Turn] = []
    for row in (yield from fetch(_PENDING, **who)):
        turn = yield from read_turn(row[0])
        pending.append(turn)
    unread = yield from fetch(_UNREAD, **who)
    last = yield from fetch_one(_LAST, **who)
    return FollowerView(
        pending=tuple(pending),
        unread=tuple(turn_from(row) for row in unread),
        last=None if last is None else turn_from(last),
    )


def outlook(turn_id: int) -> Steps[Outlook]:
    """A turn, and what else a reply about it should mention."""
    row = yield from fetch_one(_OUTLOOK, id=turn_id)
    if row is None:
        raise KeyError(turn_id)
    newest_number, has_other_unread, ahead = row[-3:]
    turn = turn_from(row, ahead)
    other = None
    if has_other_unread:
        who = {"account": turn.account, "openid": turn.openid}
        other = yield from fetch_one(_OTHER_UNREAD, id=turn_id, **who)
    head = (yield from fetch_one(_HEAD_STARTED_AT, **place_of(turn))) if ahead else None
    return Outlook(
        turn=turn,
        other_unread=None if other is None else turn_from(other),
        newest_number=newest_number,
        head_started_at=None if head is None else head[0],
    )


def numbered_turn(account: str, openid: str, number: int) -> Steps[Turn | None]:
    """The follower's turn with this number."""
    row = yield from fetch_one(_NUMBERED, account=account, openid=openid, number=number)
    return None if row is None else (yield from read_turn(row[0]))


def recover() -> Steps[Recovered]:
    """What an earlier process left: replies nobody saw sent, and turns that must be run."""
    doubtful_count = yield from doubt_unsettled()
    yield from doubt_enclosures()
    return Recovered(
        to_run=(yield from heads()),
        doubtful_count=doubtful_count,
        to_push=(yield from pushed_followers()),
        to_enclose=(yield from waiting_followers()),
    )


def heads() -> Steps[tuple[tuple[int, str], ...]]:
    """The turns that may run, oldest first, each with its conversation's provider."""
    return tuple((row[0], row[1]) for row in (yield from fetch(_HEADS)))


def known_secret(name: str) -> Steps[bytes | None]:
    """The 32 random bytes kept under `name`; None when nobody has made any."""
    row = yield from fetch_one("SELECT value FROM secret WHERE name = :name", name=name)
    return None if row is None else bytes(row[0])


def get_or_make_secret(name: str) -> Steps[bytes]:
    """The 32 random bytes kept under `name`."""
    known = yield from known_secret(name)
    if known is not None:
        return known
    yield from execute(
        "INSERT INTO secret (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING",
        name=name,
        value=secrets.token_bytes(32),
    )
    # Perhaps another process made one at the same time.
    made = yield from fetch("SELECT value FROM secret WHERE name = :name", name=name)
    return bytes(made[0][0])
