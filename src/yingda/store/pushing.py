"""Parts that are sent by themselves. Each function is one transaction's work.

A part is *chosen* before it is sent, then *sent*, *refused*, or *doubtful* when nobody knows. What
is chosen at a crash is doubtful afterwards, as replies are; see `replies`.
"""

from yingda.store.push_base import NewPart, PartFate, PushLook
from yingda.store.quotas import (
    empty_quota,
    end_push,
    give_back_message,
    quota,
    spend_message,
)
from yingda.store.replies import keep_promise, take_back
from yingda.store.steps import Steps, execute, fetch, fetch_one
from yingda.turn.model import Cursor, DoubtfulPart, PushEnd

# One that runs and has shown nothing holds up none of another conversation that has ended.
_NEXT = """
    SELECT id FROM turn WHERE account = :account AND openid = :openid AND is_pushed = 1
    ORDER BY state IN ('queued', 'running') AND parts_offered = 0, id LIMIT 1
"""
_OTHERS = """
    SELECT count(*) FROM turn
    WHERE account = :account AND openid = :openid AND is_pushed = 1 AND id <> :id
"""
_WHOSE = "SELECT account, openid FROM turn WHERE id = :id"
_WHOSE_PENDING = """
    SELECT account, openid FROM turn
    WHERE id = :id AND is_pushed = 1 AND state IN ('queued', 'running')
"""
_IN_DOUBT = """
    SELECT o.run_no, o.end_source_chars, o.end_block_chars, o.shown FROM offer o
    JOIN turn t ON t.id = o.turn_id
    WHERE o.turn_id = :id AND o.push_id IS NULL AND o.state = 'doubtful'
    AND o.revision = t.revision AND o.start_source_chars = t.cursor_source_chars
    AND o.start_block_chars = t.cursor_block_chars
    ORDER BY o.id DESC
"""
_UNDER_WAY = """
    SELECT 1 FROM offer o JOIN turn t ON t.id = o.turn_id
    WHERE o.state = 'chosen' AND o.push_id IS NULL
    AND t.account = :account AND t.openid = :openid
"""
_MOVE_CURSOR = """
    UPDATE turn SET cursor_source_chars = :end_source_chars,
        cursor_block_chars = :end_block_chars, parts_offered = parts_offered + 1,
        is_unread = CASE WHEN :completes = 1 OR :is_live = 1 THEN 0 ELSE 1 END
    WHERE id = :turn_id AND run_no = :run_no AND revision = :revision AND is_withdrawn = 0
    AND cursor_source_chars = :start_source_chars AND cursor_block_chars = :start_block_chars
    AND (:is_live = 1 AND state = 'running' OR :is_live = 0 AND is_unread = 1)
    RETURNING parts_offered
"""
_KEEP_PART = """
    INSERT INTO offer (turn_id, run_no, part_no, start_source_chars, start_block_chars,
        end_source_chars, end_block_chars, completes, state, offered_at, revision, shown)
    VALUES (:turn_id, :run_no, :part_no, :start_source_chars, :start_block_chars,
        :end_source_chars, :end_block_chars, :completes, 'chosen', :at, :revision, :shown)
    RETURNING id
"""
_CHOSEN_PART = """
    SELECT o.id, o.turn_id, o.revision, o.part_no, o.start_source_chars, o.start_block_chars,
        o.completes, t.account, t.openid
    FROM offer o JOIN turn t ON t.id = o.turn_id WHERE o.id = :id AND o.state = 'chosen'
"""
_MARK_SENT = "UPDATE offer SET state = 'sent' WHERE id = :id"
_END_DONE = """
    UPDATE turn SET is_pushed = 0, push_end = 'done'
    WHERE id = :id AND revision = :revision AND is_unread = 0 AND is_pushed = 1
    AND state IN ('answered', 'failed')
"""


def next_pushed(account: str, openid: str) -> Steps[int | None]:
    """The follower's turn that is to be pushed first."""
    row = yield from fetch_one(_NEXT, account=account, openid=openid)
    return row[0] if row else None


def push_look(turn_id: int) -> Steps[PushLook]:
    """The follower's quota and who shares it, and the part in doubt at the turn's cursor."""
    whose = yield from fetch_one(_WHOSE, id=turn_id)
    if whose is None:
        raise KeyError(turn_id)
    left = yield from quota(whose[0], whose[1])
    others = yield from fetch(_OTHERS, id=turn_id, account=whose[0], openid=whose[1])
    doubts = yield from fetch(_IN_DOUBT, id=turn_id)
    if not doubts:
        return PushLook(quota=left, in_doubt=None, others_pushed=others[0][0])
    run_no, end_source_chars, end_block_chars, shown = doubts[0]
    end = Cursor(end_source_chars, end_block_chars)
    in_doubt = DoubtfulPart(run_no=run_no, end=end, shown=shown, times=len(doubts))
    return PushLook(quota=left, in_doubt=in_doubt, others_pushed=others[0][0])


def choose_part(new: NewPart) -> Steps[int | None]:
    """Move the cursor, spend one message, and keep the part, before it is sent."""
    whose = yield from fetch_one(_WHOSE, id=new.turn_id)
    if whose is None:
        return None
    who = {"account": whose[0], "openid": whose[1]}
    is_due = (yield from next_pushed(**who)) == new.turn_id
    if not is_due or (yield from is_under_way(**who)):
        return None
    span = _span(new)
    at = new.chosen_at
    # The last check comes before the first change: a refusal must leave nothing behind.
    left = yield from quota(**who)
    if left is None or not left.left_at(at):
        return None
    moved = yield from fetch_one(_MOVE_CURSOR, is_live=int(new.is_live), **span)
    if moved is None:
        return None
    yield from spend_message(at=at, **who)
    if new.promises is not None:
        yield from keep_promise(new.promises, at)
    kept = yield from fetch(_KEEP_PART, part_no=moved[0], at=at, shown=new.shown, **span)
    part_id: int = kept[0][0]
    return part_id


def is_under_way(account: str, openid: str) -> Steps[bool]:
    """Whether a part is being sent to the follower."""
    return (yield from fetch_one(_UNDER_WAY, account=account, openid=openid)) is not None


def tell_instead(turn_id: int, at: float) -> Steps[bool]:
    """Spend one message on a promise, and leave the turn to pickup."""
    whose = yield from fetch_one(_WHOSE_PENDING, id=turn_id)
    if whose is None:
        return False
    if not (yield from spend_message(whose[0], whose[1], at)):
        return False
    yield from keep_promise(turn_id, at)
    yield from end_push(turn_id, PushEnd.QUOTA)
    return True


def _span(new: NewPart) -> dict[str, int]:
    return {
        "turn_id": new.turn_id,
        "run_no": new.run_no,
        "revision": new.revision,
        "start_source_chars": new.start.source_chars,
        "start_block_chars": new.start.block_chars,
        "end_source_chars": new.end.source_chars,
        "end_block_chars": new.end.block_chars,
        "completes": int(new.completes),
    }


def settle_part(part_id: int, fate: PartFate, *, gives_back: bool, empties: bool) -> Steps[None]:
    """Keep what became of a chosen part; of one that is settled nothing changes."""
    row = yield from fetch_one(_CHOSEN_PART, id=part_id)
    if row is None:
        return
    completes, account, openid = row[6:]
    who = {"account": account, "openid": openid}
    if fate is PartFate.SENT:
        yield from execute(_MARK_SENT, id=part_id)
        if completes:
            yield from execute(_END_DONE, id=row[1], revision=row[2])
    else:
        yield from take_back(row[:6], fate.value)
    if gives_back:
        yield from give_back_message(**who)
    if empties:
        yield from empty_quota(**who)
