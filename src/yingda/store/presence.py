"""How processes share the sending of what comes by itself. Each function is one transaction's work.

A process says again and again that it lives. A round belongs to one that lives, or to nobody:
whoever takes it over puts in doubt what the former owner was sending.
"""

from yingda.store.enclosing import HANDED_OVER, IS_OPEN, doubt_enclosures_of
from yingda.store.presence_base import Left, Round, RoundKind
from yingda.store.replies import doubt_parts_of
from yingda.store.steps import Steps, execute, fetch, fetch_one

_TIME = "SELECT CAST(extract(epoch FROM clock_timestamp()) AS double precision)"
_BEAT = """
    INSERT INTO process (id, started_at, seen_at, runs_turns) VALUES (:id, :at, :at, :runs_turns)
    ON CONFLICT (id) DO UPDATE SET seen_at = :at
"""
_FORGET = "DELETE FROM process WHERE seen_at < :before"
_WORKER = "SELECT 1 FROM process WHERE runs_turns = 1 AND seen_at >= :alive_since LIMIT 1"
_COUNT = """
    SELECT count(*), coalesce(sum(runs_turns), 0) FROM process WHERE seen_at >= :alive_since
"""
_LEAVE = "DELETE FROM process WHERE id = :id"
_LEAVE_ROUNDS = "DELETE FROM round_owner WHERE owner = :id"
_OWNER = """
    SELECT owner, EXISTS (
        SELECT 1 FROM process WHERE process.id = owner AND seen_at >= :alive_since
    )
    FROM round_owner WHERE kind = :kind AND account = :account AND openid = :openid
"""
_TAKE = """
    INSERT INTO round_owner (kind, account, openid, owner)
    VALUES (:kind, :account, :openid, :owner)
    ON CONFLICT (kind, account, openid) DO UPDATE SET owner = :owner
"""
_END = """
    DELETE FROM round_owner
    WHERE kind = :kind AND account = :account AND openid = :openid AND owner = :owner
"""
_IS_DONE = """
    NOT EXISTS (
        SELECT 1 FROM round_owner r JOIN process p ON p.id = r.owner
        WHERE r.kind = '{kind}' AND r.account = t.account AND r.openid = t.openid
        AND p.seen_at >= :alive_since
    )
"""
_LEFT_PUSHES = f"""
    SELECT DISTINCT t.account, t.openid FROM turn t
    WHERE t.is_pushed = 1 AND {_IS_DONE.format(kind=RoundKind.PUSH)}
"""
_LEFT_ENCLOSURES = f"""
    SELECT DISTINCT t.account, t.openid FROM enclosure e JOIN turn t ON t.id = e.turn_id
    WHERE {IS_OPEN} AND {HANDED_OVER} AND {_IS_DONE.format(kind=RoundKind.ENCLOSURE)}
"""
_LEFT_REPLIES = """
    SELECT push_id FROM offer
    WHERE state = 'chosen' AND push_id IS NOT NULL AND offered_at < :before ORDER BY id DESC
"""


def time() -> Steps[float]:
    """PostgreSQL's own time in Unix seconds."""
    at: float = (yield from fetch(_TIME))[0][0]
    return at


def beat(process_id: int, at: float, *, runs_turns: bool, forget_before: float) -> Steps[None]:
    """The process lives."""
    yield from execute(_BEAT, id=process_id, at=at, runs_turns=int(runs_turns))
    yield from execute(_FORGET, before=forget_before)


def has_worker(*, alive_since: float) -> Steps[bool]:
    """Whether any process lives that runs turns."""
    return (yield from fetch_one(_WORKER, alive_since=alive_since)) is not None


def processes(*, within_s: float) -> Steps[tuple[int, int]]:
    """How many said within this time that they live, and how many of them run turns."""
    now = yield from time()
    row = (yield from fetch(_COUNT, alive_since=now - within_s))[0]
    return int(row[0]), int(row[1])


def leave(process_id: int) -> Steps[None]:
    """The process ends in order."""
    yield from execute(_LEAVE_ROUNDS, id=process_id)
    yield from execute(_LEAVE, id=process_id)


def take_round(asked: Round, process_id: int, *, alive_since: float) -> Steps[int]:
    """Who does the round from now on."""
    where = {"kind": asked.kind.value, "account": asked.account, "openid": asked.openid}
    row = yield from fetch_one(_OWNER, alive_since=alive_since, **where)
    if row is not None:
        owner, lives = row
        if owner == process_id or lives:
            return int(owner)
    yield from execute(_TAKE, owner=process_id, **where)
    if asked.kind is RoundKind.PUSH:
        yield from doubt_parts_of(asked.account, asked.openid)
    else:
        yield from doubt_enclosures_of(asked.account, asked.openid)
    return process_id


def end_round(asked: Round, process_id: int) -> Steps[None]:
    """Nobody does it from now on, if this process did."""
    yield from execute(
        _END,
        kind=asked.kind.value,
        account=asked.account,
        openid=asked.openid,
        owner=process_id,
    )


def left(*, alive_since: float, chosen_before: float) -> Steps[Left]:
    """What nobody who lives takes care of."""
    pushes = yield from fetch(_LEFT_PUSHES, alive_since=alive_since)
    enclosures = yield from fetch(_LEFT_ENCLOSURES, alive_since=alive_since)
    replies = yield from fetch(_LEFT_REPLIES, before=chosen_before)
    return Left(
        rounds=(
            *(Round(RoundKind.PUSH, *row) for row in pushes),
            *(Round(RoundKind.ENCLOSURE, *row) for row in enclosures),
        ),
        replies=tuple(row[0] for row in replies),
    )
