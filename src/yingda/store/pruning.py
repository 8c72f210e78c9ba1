"""How old pushes and turns are removed. Each function is one transaction's work.

Statements look at a span of ids, for ids go up with time: no index on a time has to be kept for
this. Pushes go first, so that a turn to which one still belongs was asked for not long ago. Rows
of conversations stay, without a summary once no turn is left: they say what the provider calls
them, which an erasure has to know.
"""

import datetime as dt
from collections.abc import Sequence

from yingda.store.pruning_base import OldMonth, Pruned, PruneSpot, month_begin
from yingda.store.steps import Steps, execute, fetch, fetch_one

#: Rows that one step looks at, so that no step keeps others waiting for long. Our choice: on SQLite
#: a step took 6 ms of processor time for pushes, 14 ms for turns with answers of 600 characters
#: (measured).
_STEP_ROWS = 200

# A span ends early where the table does: its first row tells whether anything old can follow, but
# a clock that once stood wrong must not end it, so the oldest of the span decides.
_SPAN = """
    SELECT max(id), min(at) FROM (
        SELECT id, {at} AS at FROM {table} WHERE id > :after ORDER BY id LIMIT :limit
    ) AS span
"""
_PUSH_SPAN = _SPAN.format(table="push", at="first_seen_at")
_TURN_SPAN = _SPAN.format(table="turn", at="entered_at")

_OLD_PUSHES = "id > :after AND id <= :last AND first_seen_at < :before"
_DROP_CARRIED = f"""
    DELETE FROM offer WHERE push_id IN (SELECT id FROM push WHERE {_OLD_PUSHES})
"""
_DROP_PUSHES = f"DELETE FROM push WHERE {_OLD_PUSHES} RETURNING id"

_IS_DONE_WITH = """
    t.state NOT IN ('queued', 'running') AND t.is_unread = 0 AND t.is_pushed = 0
    AND t.rating_due_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM erasure e WHERE e.account = t.account AND e.openid = t.openid
    )
"""
_OLD_TURNS = f"""
    t.id > :after AND t.id <= :last AND t.entered_at < :before AND {_IS_DONE_WITH}
    AND NOT EXISTS (SELECT 1 FROM push p WHERE p.turn_id = t.id)
"""
_OLD_IDS = f"SELECT t.id FROM turn t WHERE {_OLD_TURNS}"
_KEEP_NUMBERS = f"""
    INSERT INTO numbering (account, openid, number)
    SELECT t.account, t.openid, max(t.number) FROM turn t WHERE {_OLD_TURNS}
    GROUP BY t.account, t.openid
    ON CONFLICT (account, openid) DO UPDATE SET number = CASE
        WHEN excluded.number > numbering.number THEN excluded.number ELSE numbering.number END
"""
# What a run began that was cut off, or what the conversation went on without: nothing continues
# it, and once its name is gone no erasure could reach it.
_KEEP_DELETIONS = f"""
    INSERT INTO provider_deletion (provider, "user", provider_conversation_id, due_at)
    SELECT DISTINCT coalesce(named.provider, c.provider), c."user", named.name, :before
    FROM (
        SELECT t.conversation_id AS of, t.run_conversation_id AS name, t.provider
        FROM turn t WHERE {_OLD_TURNS}
        UNION
        SELECT t.conversation_id, t.asked_in_conversation_id, NULL FROM turn t WHERE {_OLD_TURNS}
        UNION
        SELECT t.conversation_id, l.conversation_id, l.provider
        FROM lost_run l JOIN turn t ON t.id = l.turn_id WHERE {_OLD_TURNS}
    ) AS named JOIN conversation c ON c.id = named.of
    WHERE named.name <> '' AND named.name <> coalesce(c.provider_conversation_id, '')
    AND NOT EXISTS (
        SELECT 1 FROM turn k WHERE k.account = c.account AND k.openid = c.openid
        AND k.conversation_id = c.id AND k.id > :last
        AND named.name IN (k.run_conversation_id, k.asked_in_conversation_id)
    )
    ON CONFLICT DO NOTHING
"""
_DROP_SUMMARIES = f"""
    UPDATE conversation SET summary = ''
    WHERE summary <> '' AND id IN (SELECT t.conversation_id FROM turn t WHERE {_OLD_TURNS})
    AND NOT EXISTS (
        SELECT 1 FROM turn k WHERE k.account = conversation.account
        AND k.openid = conversation.openid AND k.conversation_id = conversation.id
        AND k.id NOT IN ({_OLD_IDS})
    )
"""
_DROP_TURNS = f"DELETE FROM turn WHERE id IN ({_OLD_IDS}) RETURNING id"
#: What belongs to a turn alone.
_BELONGINGS = ("offer", "enclosure", "attachment", "hold", "lost_run")

_OLDEST = "SELECT min(entered_at) FROM turn WHERE entered_at < :before"
_OLD_PUSH_COUNT = "SELECT count(*) FROM push WHERE first_seen_at < :before"
_OLD_MONTHS = f"""
    SELECT month, CAST(sum(goes) AS BIGINT), CAST(sum(goes * chars) AS BIGINT), count(*) FROM (
        SELECT {{month}} AS month, length(t.question) + length(t.answer) AS chars,
            CASE WHEN {_IS_DONE_WITH} AND NOT EXISTS (
                SELECT 1 FROM push p WHERE p.turn_id = t.id AND p.first_seen_at >= :before
            ) THEN 1 ELSE 0 END AS goes
        FROM turn t WHERE t.entered_at < :before
    ) AS old GROUP BY month ORDER BY month
"""
_EMPTIED = """
    account = :account AND openid = :openid AND NOT EXISTS (
        SELECT 1 FROM turn t WHERE t.account = conversation.account
        AND t.openid = conversation.openid AND t.conversation_id = conversation.id
    )
"""
_KEEP_EMPTIED = f"""
    INSERT INTO provider_deletion (provider, "user", provider_conversation_id, due_at)
    SELECT provider, "user", provider_conversation_id, :provider_at
    FROM conversation WHERE provider_conversation_id <> '' AND {_EMPTIED}
    ON CONFLICT DO NOTHING
"""
_FORGET_EMPTIED = f"""
    UPDATE conversation SET provider_conversation_id = NULL, summary = '' WHERE {_EMPTIED}
"""


def prune(before: float, spot: PruneSpot) -> Steps[Pruned]:
    """Remove what is old in the next span of ids."""
    found = yield from fetch_one(
        _TURN_SPAN if spot.is_among_turns else _PUSH_SPAN, after=spot.after, limit=_STEP_ROWS
    )
    assert found is not None, "a sum has one row"
    last, oldest_at = found
    if last is None or oldest_at >= before:
        return Pruned(spot=None if spot.is_among_turns else PruneSpot(is_among_turns=True))
    span = {"after": spot.after, "last": last, "before": before}
    going_on = PruneSpot(is_among_turns=spot.is_among_turns, after=last)
    if spot.is_among_turns:
        return Pruned(turns=(yield from _drop_turns(span)), spot=going_on)
    yield from execute(_DROP_CARRIED, **span)
    pushes = yield from fetch(_DROP_PUSHES, **span)
    return Pruned(pushes=len(pushes), spot=going_on)


def _drop_turns(span: dict[str, float]) -> Steps[int]:
    for statement in (_KEEP_NUMBERS, _KEEP_DELETIONS, _DROP_SUMMARIES):
        yield from execute(statement, **span)
    for table in _BELONGINGS:
        yield from execute(f"DELETE FROM {table} WHERE turn_id IN ({_OLD_IDS})", **span)
    return len((yield from fetch(_DROP_TURNS, **span)))


def old_months(before: float) -> Steps[tuple[OldMonth, ...]]:
    """What would go, by the month in which it was asked, oldest first."""
    oldest = yield from fetch_one(_OLDEST, before=before)
    if oldest is None or oldest[0] is None:
        return ()
    months = _months(oldest[0], before)
    # Numbers are written out, as they are in sums over days.
    ends = " ".join(
        f"WHEN t.entered_at < {month_begin(month + 1).timestamp()!r} THEN {month}"
        for month in months
    )
    rows = yield from fetch(_OLD_MONTHS.format(month=f"CASE {ends} END"), before=before)
    return tuple(
        OldMonth(
            month=f"{month_begin(row[0]):%Y-%m}", turns=row[1], chars=row[2], kept=row[3] - row[1]
        )
        for row in rows
    )


def _months(since: float, until: float) -> Sequence[int]:
    first, behind = (dt.datetime.fromtimestamp(at, dt.UTC) for at in (since, until))
    return range(first.year * 12 + first.month - 1, behind.year * 12 + behind.month - 1)


def old_pushes(before: float) -> Steps[int]:
    """How many messages would go, questions among them."""
    return int((yield from fetch(_OLD_PUSH_COUNT, before=before))[0][0])


def forget_emptied(account: str, openid: str, provider_at: float) -> Steps[None]:
    """Erase what is left of a follower's conversations whose turns are gone."""
    who = {"account": account, "openid": openid}
    yield from execute(_KEEP_EMPTIED, provider_at=provider_at, **who)
    yield from execute(_FORGET_EMPTIED, **who)
