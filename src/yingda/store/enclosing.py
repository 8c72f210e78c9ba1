"""What follows answers. Each function is one transaction's work, or a step of one."""

from yingda.store.enclosure_base import Enclosure, EnclosureKind, KeptFile, NewEnclosure
from yingda.store.push_base import PartFate
from yingda.store.quotas import empty_quota, give_back_message, quota, spend_message
from yingda.store.steps import Row, Steps, execute, fetch, fetch_one
from yingda.turn.model import Turn

#: How often one is in doubt at most before it is left so. Design rule: it is sent once more.
_DOUBTS_LIMIT = 2
#: What enclosures leave of a follower's messages: an answer or a failure may still come.
_KEPT_FOR_TEXT = 1

_KEEP = """
    INSERT INTO enclosure (turn_id, account, openid, place, kind, url, state)
    VALUES (:turn_id, :account, :openid, :place, :kind, :url, 'due')
"""
# The condition of the partial index, word for word.
IS_OPEN = "e.state IN ('due', 'chosen')"
HANDED_OVER = """
    t.state = 'answered' AND t.is_unread = 0 AND t.is_pushed = 0 AND t.is_withdrawn = 0
    AND NOT EXISTS (SELECT 1 FROM offer o WHERE o.turn_id = t.id AND o.state = 'chosen')
"""
_NEXT = f"""
    SELECT e.id, e.turn_id, e.kind, e.url, e.media_id, e.media_expires_at,
        coalesce(t.provider, c.provider), c."user",
        CASE WHEN e.kind = 'voice' THEN t.answer ELSE '' END
    FROM enclosure e
    JOIN turn t ON t.id = e.turn_id JOIN conversation c ON c.id = t.conversation_id
    WHERE e.account = :account AND e.openid = :openid AND {IS_OPEN} AND e.state = 'due'
    AND {HANDED_OVER}
    ORDER BY e.turn_id, e.place, e.id LIMIT 1
"""
_PUSHED = """
    SELECT count(*) FROM turn WHERE account = :account AND openid = :openid AND is_pushed = 1
"""
_WAITING = f"""
    SELECT DISTINCT e.account, e.openid FROM enclosure e JOIN turn t ON t.id = e.turn_id
    WHERE {IS_OPEN} AND {HANDED_OVER}
"""
_DUE = """
    SELECT e.account, e.openid FROM enclosure e JOIN turn t ON t.id = e.turn_id
    WHERE e.id = :id AND e.state = 'due' AND t.is_withdrawn = 0
"""
_KEEP_FILE = """
    UPDATE enclosure SET media_id = :media_id, media_expires_at = :expires_at
    WHERE id = :id AND state = 'due' RETURNING id
"""
_KEEP_MORE = """
    INSERT INTO enclosure (turn_id, account, openid, place, kind, url, media_id, media_expires_at,
        state)
    SELECT turn_id, account, openid, place, kind, url, :media_id, :expires_at, 'due'
    FROM enclosure WHERE id = :id
"""
_CHOSEN = "SELECT account, openid FROM enclosure WHERE id = :id AND state = 'chosen'"
_SET = "UPDATE enclosure SET state = :state WHERE id = :id"
_DOUBT = """
    UPDATE enclosure SET doubts = doubts + 1,
        state = CASE WHEN doubts + 1 < :limit THEN 'due' ELSE 'doubtful' END
    WHERE state = 'chosen'
"""
_LEAVE = "UPDATE enclosure SET state = 'left' WHERE id = :id AND state = 'due'"


def keep_enclosures(turn: Turn, enclosures: tuple[NewEnclosure, ...]) -> Steps[None]:
    """These are to follow the turn's answer, in this order."""
    for place, new in enumerate(enclosures):
        yield from execute(
            _KEEP,
            turn_id=turn.id,
            account=turn.account,
            openid=turn.openid,
            place=place,
            kind=new.kind.value,
            url=new.url,
        )


def next_enclosure(account: str, openid: str, at: float) -> Steps[Enclosure | None]:
    """What is due first."""
    row = yield from fetch_one(_NEXT, account=account, openid=openid)
    if row is None:
        return None
    return _enclosure(row, (yield from _messages_left(account, openid, at)))


def _enclosure(row: Row, messages_left: int) -> Enclosure:
    media_id, expires_at = row[4:6]
    return Enclosure(
        id=row[0],
        turn_id=row[1],
        kind=EnclosureKind(row[2]),
        url=row[3],
        file=KeptFile(media_id, expires_at) if media_id else None,
        provider=row[6],
        user=row[7],
        answer=row[8],
        messages_left=messages_left,
    )


def _messages_left(account: str, openid: str, at: float) -> Steps[int]:
    """What texts leave; each pushed turn is sure of one."""
    left = yield from quota(account, openid)
    if left is None:
        return 0
    rows = yield from fetch(_PUSHED, account=account, openid=openid)
    pushed: int = rows[0][0]
    return max(0, left.left_at(at) - pushed - _KEPT_FOR_TEXT)


def waiting_followers() -> Steps[tuple[tuple[str, str], ...]]:
    """Account and openid of everyone for whom something is due now."""
    return tuple((row[0], row[1]) for row in (yield from fetch(_WAITING)))


def keep_files(enclosure_id: int, files: tuple[KeptFile, ...]) -> Steps[None]:
    """What a due enclosure became; the first takes its row, the others stand behind it."""
    first, *others = [{"media_id": each.media_id, "expires_at": each.expires_at} for each in files]
    if (yield from fetch_one(_KEEP_FILE, id=enclosure_id, **first)) is not None:
        for other in others:
            yield from execute(_KEEP_MORE, id=enclosure_id, **other)


def choose_enclosure(enclosure_id: int, at: float) -> Steps[bool]:
    """Spend a message on it, before it is sent."""
    whose = yield from fetch_one(_DUE, id=enclosure_id)
    if whose is None:
        return False
    account, openid = whose
    if not (yield from _messages_left(account, openid, at)):
        yield from leave_enclosure(enclosure_id)
        return False
    yield from spend_message(account, openid, at)
    yield from execute(_SET, id=enclosure_id, state="chosen")
    return True


def settle_enclosure(
    enclosure_id: int, fate: PartFate, *, gives_back: bool, empties: bool, is_due: bool
) -> Steps[None]:
    """Keep what became of a chosen one; of one that is settled nothing changes."""
    whose = yield from fetch_one(_CHOSEN, id=enclosure_id)
    if whose is None:
        return
    account, openid = whose
    if fate is PartFate.DOUBTFUL:
        yield from execute(f"{_DOUBT} AND id = :id", id=enclosure_id, limit=_DOUBTS_LIMIT)
    elif fate is PartFate.SENT:
        yield from execute(_SET, id=enclosure_id, state="sent")
    else:
        yield from execute(_SET, id=enclosure_id, state="due" if is_due else "left")
    if gives_back:
        yield from give_back_message(account, openid)
    if empties:
        yield from empty_quota(account, openid)


def leave_enclosure(enclosure_id: int) -> Steps[None]:
    """A due one is not to be sent."""
    yield from execute(_LEAVE, id=enclosure_id)


def doubt_enclosures() -> Steps[None]:
    """After a crash: no one knows whether what was chosen was sent."""
    yield from execute(_DOUBT, limit=_DOUBTS_LIMIT)


def doubt_enclosures_of(account: str, openid: str) -> Steps[None]:
    """The same for one follower."""
    of_one = f"{_DOUBT} AND account = :account AND openid = :openid"
    yield from execute(of_one, limit=_DOUBTS_LIMIT, account=account, openid=openid)
