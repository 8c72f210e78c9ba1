"""What was said in a conversation of ours. Each function is one transaction's work."""

from yingda.store.memory_base import PastTurn, Remembered
from yingda.store.steps import Row, Steps, fetch, fetch_one
from yingda.turn.model import Form, Turn

# Of a turn that was withdrawn meanwhile nothing may be told, its conversation's summary least.
_SUMMARY = """
    SELECT c.summary, c.summary_through
    FROM turn t JOIN conversation c ON c.id = t.conversation_id
    WHERE t.id = :id AND t.is_withdrawn = 0
"""
_SAID = """
    conversation_id = :conversation_id AND number > :after AND number < :before
    AND answer <> '' AND is_withdrawn = 0 AND state IN ('answered', 'failed')
"""
# Lengths first: an answer may be long, and one that does not fit need not leave the database.
_LENGTHS = f"""
    SELECT number, length(question) + length(answer) FROM turn
    WHERE {_SAID} ORDER BY number DESC LIMIT :limit
"""
_TURNS = f"""
    SELECT number, question, answer, form, failure FROM turn
    WHERE {_SAID} ORDER BY number DESC
"""
_KEEP_SUMMARY = """
    UPDATE conversation SET summary = :summary, summary_through = :through
    WHERE id = :id AND closed_at IS NULL AND summary_through < :through RETURNING id
"""


def remembered(
    turn: Turn, *, with_itself: bool, limit_turns: int, limit_chars: int
) -> Steps[Remembered]:
    """What was said in this turn's conversation before it, or up to it."""
    known = yield from fetch_one(_SUMMARY, id=turn.id)
    if known is None:
        return Remembered()
    summary, through = known
    place = {"conversation_id": turn.conversation_id, "before": turn.number + with_itself}
    lengths = yield from fetch(_LENGTHS, after=through, limit=limit_turns, **place)
    oldest = _oldest_that_fits(lengths, limit_chars)
    rows = (yield from fetch(_TURNS, after=oldest - 1, **place)) if oldest is not None else []
    return Remembered(
        turns=tuple(_past_turn(row) for row in rows), summary=summary, summary_through=through
    )


def _oldest_that_fits(lengths: list[Row], limit_chars: int) -> int | None:
    """The last number, newest first, at which the sum is within the limit; always one."""
    oldest: int | None = None
    chars = 0
    for number, length in lengths:
        chars += length
        if oldest is not None and chars > limit_chars:
            break
        oldest = number
    return oldest


def _past_turn(row: Row) -> PastTurn:
    number, question, answer, form, failure = row
    return PastTurn(
        number=number,
        question=question,
        answer=answer,
        form=Form(form),
        is_broken=failure is not None,
    )


def keep_summary(conversation_id: int, summary: str, through: int) -> Steps[bool]:
    """Keep a summary that covers the turns up to this number, unless it comes too late."""
    row = yield from fetch_one(_KEEP_SUMMARY, id=conversation_id, summary=summary, through=through)
    return row is not None
