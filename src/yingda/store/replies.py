"""What a push is answered with, and what that offered. Each function is one transaction's work.

An offer is *chosen* when its reply is fixed, *sent* when the connection took the bytes, and
*doubtful* when it may not have: then the turn's cursor goes back to where the offer began.
"""

from yingda.store.base import ChosenReply, NewOffer, OfferedPart
from yingda.store.patience import give_back
from yingda.store.quotas import begin_push
from yingda.store.steps import Row, Steps, execute, fetch, fetch_one
from yingda.turn.model import Cursor, Turn

_STANDING_REPLY = "SELECT reply FROM push WHERE id = :id"
_KEEP_REPLY = "UPDATE push SET reply = :reply, chosen_at = :at WHERE id = :id"
_KEEP_PROMISE = "UPDATE turn SET promised_at = :at WHERE id = :id"
_MOVE_CURSOR = """
    UPDATE turn SET cursor_source_chars = :end_source_chars,
        cursor_block_chars = :end_block_chars,
        parts_offered = CASE WHEN :is_again = 1 THEN 1 ELSE parts_offered + 1 END,
        is_unread = CASE WHEN :completes = 1 OR state IN ('queued', 'running') THEN 0 ELSE 1 END
    WHERE id = :turn_id AND run_no = :run_no AND revision = :revision AND (
        (:is_again = 1 AND is_unread = 0 AND state IN ('answered', 'failed'))
        OR (
            :is_again = 0 AND cursor_source_chars = :start_source_chars
            AND cursor_block_chars = :start_block_chars
            AND (:is_live = 1 AND state = 'running' OR :is_live = 0 AND is_unread = 1)
        )
    )
    RETURNING parts_offered
"""
_KEEP_OFFER = """
    INSERT INTO offer (turn_id, push_id, run_no, part_no, start_source_chars, start_block_chars,
        end_source_chars, end_block_chars, completes, state, offered_at, revision, shown)
    VALUES (:turn_id, :push_id, :run_no, :part_no, :start_source_chars, :start_block_chars,
        :end_source_chars, :end_block_chars, :completes, 'chosen', :at, :revision, :shown)
"""
_SPAN_COLUMNS = (
    "id",
    "turn_id",
    "revision",
    "part_no",
    "start_source_chars",
    "start_block_chars",
    "end_source_chars",
    "end_block_chars",
    "completes",
)
_SPAN = ", ".join(_SPAN_COLUMNS)
# With whether a doubt about an earlier part, settled or not, has taken the cursor back before it.
_MARK_SENT = f"""
    UPDATE offer SET state = 'sent' WHERE push_id = :id AND state = 'chosen'
    RETURNING part_no > (SELECT parts_offered FROM turn WHERE turn.id = turn_id), {_SPAN}
"""
_DOUBT_NO_MORE = f"""
    UPDATE offer SET state = 'sent' WHERE push_id = :id AND state = 'doubtful' RETURNING {_SPAN}
"""
# Only from where the doubt had put it: what was offered meanwhile stays offered.
_MOVE_CURSOR_FORTH = """
    UPDATE turn SET cursor_source_chars = :end_source_chars, cursor_block_chars = :end_block_chars,
        parts_offered = :part_no, is_unread = CASE WHEN :completes = 1 THEN 0 ELSE is_unread END
    WHERE id = :turn_id AND revision = :revision AND is_withdrawn = 0
    AND parts_offered = :part_no - 1
    AND cursor_source_chars = :start_source_chars AND cursor_block_chars = :start_block_chars
    RETURNING id
"""
# What had been sent behind it before the doubt took the cursor back.
_SENT_BEHIND = f"""
    SELECT {_SPAN} FROM offer WHERE turn_id = :turn_id AND revision = :revision
    AND id > :id AND state = 'sent' AND part_no = :part_no + 1
    AND start_source_chars = :end_source_chars AND start_block_chars = :end_block_chars
    ORDER BY id DESC LIMIT 1
"""
_HAS_UNSENT = "SELECT 1 FROM offer WHERE push_id = :id AND state <> 'sent'"
_UNSETTLED = """
    SELECT id, turn_id, revision, part_no, start_source_chars, start_block_chars
    FROM offer WHERE state = 'chosen'
"""
_PARTS_OF = f"""
    {_UNSETTLED} AND push_id IS NULL
    AND turn_id IN (SELECT id FROM turn WHERE account = :account AND openid = :openid)
    ORDER BY id DESC
"""
# An earlier part already in doubt begins before this one: the cursor never goes forward here.
_MOVE_CURSOR_BACK = """
    UPDATE turn SET cursor_source_chars = :source_chars, cursor_block_chars = :block_chars,
        parts_offered = :part_no - 1,
        is_unread = CASE WHEN state IN ('queued', 'running') THEN 0 ELSE 1 END
    WHERE id = :turn_id AND revision = :revision AND state <> 'cancelled' AND is_withdrawn = 0
    AND (cursor_source_chars, cursor_block_chars) >= (:source_chars, :block_chars)
"""

# What is in doubt may have been read as well, and a repeat may still settle the doubt.
_OFFERED_PARTS = """
    SELECT o.start_source_chars, o.start_block_chars, o.end_source_chars, o.end_block_chars, o.shown
    FROM offer o JOIN turn t ON t.id = o.turn_id
    WHERE o.turn_id = :id AND o.revision = t.revision AND o.shown IS NOT NULL
    AND o.state <> 'refused' ORDER BY o.id
"""
_MARK_READ = """
    UPDATE turn SET is_unread = 0 WHERE id = :id AND revision = :revision
    AND cursor_source_chars = :source_chars AND cursor_block_chars = :block_chars
"""


def choose_reply(push_id: int, chosen: ChosenReply) -> Steps[bytes | None]:
    """Fix a push's reply; None when the offer does not fit the turn as it stands."""
    row = yield from fetch(_STANDING_REPLY, id=push_id)
    standing: bytes | None = row[0][0]
    if standing is None:
        if not (yield from _fits(push_id, chosen)):
            return None
        yield from execute(_KEEP_REPLY, id=push_id, reply=chosen.reply, at=chosen.chosen_at)
        if chosen.promises is not None:
            yield from keep_promise(chosen.promises, chosen.chosen_at)
    if chosen.gives_back is not None:
        # Also of attempts at the same time, of which only one fixed the reply.
        yield from give_back(chosen.gives_back)
    return chosen.reply if standing is None else standing


def _fits(push_id: int, chosen: ChosenReply) -> Steps[bool]:
    if chosen.offer is not None:
        return (yield from _offer(push_id, chosen.offer, chosen.chosen_at))
    if chosen.pushes is not None:
        return (yield from begin_push(chosen.pushes, chosen.chosen_at))
    return True


def keep_promise(turn_id: int, at: float) -> Steps[None]:
    """The follower is told that this turn can be picked up."""
    yield from execute(_KEEP_PROMISE, id=turn_id, at=at)


def _offer(push_id: int, new: NewOffer, at: float) -> Steps[bool]:
    span = {
        "turn_id": new.turn_id,
        "run_no": new.run_no,
        "start_source_chars": new.start.source_chars,
        "start_block_chars": new.start.block_chars,
        "end_source_chars": new.end.source_chars,
        "end_block_chars": new.end.block_chars,
    }
    span["completes"] = int(new.completes)
    span["revision"] = new.revision
    is_live = int(new.shown is not None)
    moved = yield from fetch_one(_MOVE_CURSOR, is_again=int(new.is_again), is_live=is_live, **span)
    if moved is None:
        return False
    yield from execute(
        _KEEP_OFFER, push_id=push_id, part_no=moved[0], at=at, shown=new.shown, **span
    )
    return True


def offered_parts(turn_id: int) -> Steps[tuple[OfferedPart, ...]]:
    """What was shown of the present text while it was being written."""
    rows = yield from fetch(_OFFERED_PARTS, id=turn_id)
    return tuple(
        OfferedPart(start=Cursor(row[0], row[1]), end=Cursor(row[2], row[3]), shown=row[4])
        for row in rows
    )


def mark_read(turn: Turn) -> Steps[None]:
    """Nothing of the ended turn is left, unless its cursor has moved since."""
    yield from execute(
        _MARK_READ,
        id=turn.id,
        revision=turn.revision,
        source_chars=turn.cursor.source_chars,
        block_chars=turn.cursor.block_chars,
    )


def mark_sent(push_id: int) -> Steps[None]:
    """The connection took the reply's bytes; a doubt about an earlier attempt's is settled."""
    marked = yield from fetch_one(_MARK_SENT, id=push_id)
    if marked is None:
        settled = yield from fetch_one(_DOUBT_NO_MORE, id=push_id)
    else:
        is_behind, *span_of_it = marked
        settled = span_of_it if is_behind else None
    while settled is not None:
        span = dict(zip(_SPAN_COLUMNS, settled, strict=True))
        if (yield from fetch_one(_MOVE_CURSOR_FORTH, **span)) is None:
            return
        settled = yield from fetch_one(_SENT_BEHIND, **span)


def has_unsent(push_id: int) -> Steps[bool]:
    """Whether `mark_sent` would change anything: a promise offers nothing."""
    return (yield from fetch_one(_HAS_UNSENT, id=push_id)) is not None


def mark_doubtful(push_id: int) -> Steps[None]:
    """The reply may not have arrived."""
    row = yield from fetch_one(f"{_UNSETTLED} AND push_id = :id", id=push_id)
    if row is not None:
        yield from take_back(row, "doubtful")


def doubt_unsettled() -> Steps[int]:
    """After a crash: no one saw these replies sent. Returns how many."""
    rows = yield from fetch(f"{_UNSETTLED} ORDER BY id DESC")
    yield from _doubt(rows)
    return len(rows)


def doubt_parts_of(account: str, openid: str) -> Steps[None]:
    """After a crash: no one knows whether these parts were sent to the follower."""
    yield from _doubt((yield from fetch(_PARTS_OF, account=account, openid=openid)))


def _doubt(rows: list[Row]) -> Steps[None]:
    for row in rows:
        yield from take_back(row, "doubtful")


def take_back(row: Row, state: str) -> Steps[None]:
    """Put the cursor back to where an unsettled offer begins; the row is one of `_UNSETTLED`."""
    offer_id, turn_id, revision, part_no, source_chars, block_chars = row
    yield from execute("UPDATE offer SET state = :state WHERE id = :id", id=offer_id, state=state)
    yield from execute(
        _MOVE_CURSOR_BACK,
        turn_id=turn_id,
        revision=revision,
        part_no=part_no,
        source_chars=source_chars,
        block_chars=block_chars,
    )
