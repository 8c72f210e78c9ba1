"""What comes after an answer: suggestions and ratings. Each function is one transaction's work."""

import msgspec

from yingda.providers.capabilities import Rating
from yingda.store.entering import insert_push, keep_reply, known_push
from yingda.store.entries import Entered, NewPush
from yingda.store.pushing import is_under_way
from yingda.store.quotas import empty_quota, give_back_message, quota, spend_message
from yingda.store.reaction_base import DueRating, NewRating
from yingda.store.steps import (
    TURN_COLUMNS,
    Row,
    Steps,
    execute,
    fetch,
    fetch_one,
    read_turn,
    turn_from,
)
from yingda.turn.model import Turn

#: Our choice: whoever goes back further names the question's number.
_LOOK_BACK_TURNS = 20

_KEEP_SUGGESTIONS = f"""
    UPDATE turn SET suggestions = :suggestions
    WHERE id = :id AND run_no = :run_no AND state = 'answered' AND is_withdrawn = 0
    AND suggestions IS NULL RETURNING {TURN_COLUMNS}
"""
# Of an answer that is shown whole, and of which nobody asked on since.
_WHOSE_SUGGESTIONS = """
    SELECT account, openid FROM turn t
    WHERE id = :id AND suggestions IS NOT NULL AND is_withdrawn = 0
    AND is_unread = 0 AND is_pushed = 0 AND (push_end IS NULL OR push_end = 'done')
    AND NOT EXISTS (
        SELECT 1 FROM turn newer WHERE newer.account = t.account AND newer.openid = t.openid
        AND newer.number > t.number
    )
"""
# What is in doubt may have been read as well.
_SHOWN = """
    SELECT t.id FROM turn t JOIN offer o ON o.turn_id = t.id
    WHERE t.account = :account AND t.openid = :openid AND t.state = 'answered'
    AND t.is_withdrawn = 0 AND o.state <> 'refused' AND {numbered}
    ORDER BY o.id DESC LIMIT 1
"""
_SHOWN_LAST = _SHOWN.format(
    numbered="""t.number > (
        SELECT max(n.number) FROM turn n WHERE n.account = :account AND n.openid = :openid
    ) - :look_back"""
)
_SHOWN_NUMBERED = _SHOWN.format(numbered="t.number = :number")
_RATE = """
    UPDATE turn SET rating = :rating, rated_at = :at, rating_due_at = :at
    WHERE id = :id AND (rating IS NULL OR rating <> :rating)
"""
# Due outside as well: whoever waited for another's claim looks at that alone once more.
_CLAIM = """
    UPDATE turn SET rating_due_at = :lease_until
    WHERE id IN (
        SELECT id FROM turn WHERE rating_due_at IS NOT NULL AND rating_due_at <= :at
        ORDER BY rating_due_at, id LIMIT :limit
    ) AND rating_due_at <= :at
    RETURNING id, account, message_id, rating, rated_at, conversation_id, provider
"""
_CONVERSATION = 'SELECT "user", provider FROM conversation WHERE id = :id'
_SETTLE = """
    UPDATE turn SET rating_due_at = :retry_at WHERE id = :id AND rating_due_at = :lease_until
"""
_NEXT_DUE = "SELECT min(rating_due_at) FROM turn WHERE rating_due_at IS NOT NULL"


def keep_suggestions(turn_id: int, run_no: int, suggestions: tuple[str, ...]) -> Steps[Turn | None]:
    """Keep what may be asked next."""
    kept = msgspec.json.encode(suggestions).decode()
    row = yield from fetch_one(_KEEP_SUGGESTIONS, id=turn_id, run_no=run_no, suggestions=kept)
    return None if row is None else turn_from(row)


def spend_on_suggestions(turn_id: int, at: float, *, keeps: int) -> Steps[bool]:
    """Spend a message on them, if enough are left and they still fit what the follower sees."""
    whose = yield from fetch_one(_WHOSE_SUGGESTIONS, id=turn_id)
    if whose is None:
        return False
    account, openid = whose
    left = yield from quota(account, openid)
    if left is None or left.left_at(at) <= keeps or (yield from is_under_way(account, openid)):
        return False
    yield from spend_message(account, openid, at)
    return True


def settle_message(
    account: str, openid: str, *, spent_at: float, gives_back: bool, empties: bool
) -> Steps[None]:
    """Put the quota right after a message."""
    left = yield from quota(account, openid)
    was_renewed = left is not None and left.acted_at > spent_at
    if was_renewed and not gives_back:
        yield from spend_message(account, openid, spent_at)
    elif gives_back and not was_renewed:
        yield from give_back_message(account, openid)
    if empties:
        yield from empty_quota(account, openid)


def enter_rating(new: NewPush, rating: NewRating) -> Steps[Entered]:
    """A push that rates an answer."""
    push_id = yield from insert_push(new)
    if push_id is None:
        return (yield from known_push(new))
    turn = yield from _rated(new, rating.number)
    if turn is None:
        return (yield from keep_reply(push_id, new, rating.nothing))
    yield from execute(_RATE, id=turn.id, rating=rating.rating.value, at=new.received_at)
    entered = yield from keep_reply(push_id, new, rating.reply(turn))
    return msgspec.structs.replace(entered, turn=turn)


def _rated(new: NewPush, number: int | None) -> Steps[Turn | None]:
    who = {"account": new.account, "openid": new.openid}
    if number is None:
        row = yield from fetch_one(_SHOWN_LAST, look_back=_LOOK_BACK_TURNS, **who)
    else:
        row = yield from fetch_one(_SHOWN_NUMBERED, number=number, **who)
    return None if row is None else (yield from read_turn(row[0]))


def claim_ratings(at: float, *, lease_until: float, limit: int) -> Steps[tuple[DueRating, ...]]:
    """Take on the ratings that are due."""
    due: list[DueRating] = []
    for row in (yield from fetch(_CLAIM, at=at, lease_until=lease_until, limit=limit)):
        of = (yield from fetch(_CONVERSATION, id=row[5]))[0]
        due.append(_due(row, of, lease_until))
    return tuple(due)


def _due(row: Row, of: Row, lease_until: float) -> DueRating:
    return DueRating(
        turn_id=row[0],
        account=row[1],
        provider=row[6] or of[1],
        user=of[0],
        message_id=row[2],
        rating=Rating(row[3]),
        rated_at=row[4],
        lease_until=lease_until,
    )


def settle_rating(due: DueRating, *, retry_at: float | None) -> Steps[None]:
    """It is told, or to be tried again."""
    yield from execute(_SETTLE, id=due.turn_id, lease_until=due.lease_until, retry_at=retry_at)


def next_rating_at() -> Steps[float | None]:
    """When the next rating is due."""
    rows = yield from fetch(_NEXT_DUE)
    due_at: float | None = rows[0][0]
    return due_at
