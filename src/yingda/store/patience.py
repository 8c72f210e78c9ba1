"""What is spent on waiting, and how long answers take. Each function is one transaction's work."""

import msgspec

from yingda.store.base import NewHold
from yingda.store.steps import Steps, execute, fetch, fetch_one

#: How far back the latest answers are looked for: a read that never grows with the table.
_TURNS_LOOKED_AT = 512

# What lies in the future was written before the clock was set back, and would count for as long.
_FORGET = "DELETE FROM hold WHERE account = :account AND (at <= :since OR at > :until)"
_COUNT = """
    SELECT count(*), count(CASE WHEN openid = :openid THEN 1 END),
        count(CASE WHEN provider = :provider THEN 1 END)
    FROM hold WHERE account = :account
"""
_HOLD = """
    INSERT INTO hold (account, provider, openid, turn_id, at)
    VALUES (:account, :provider, :openid, :turn_id, :at) RETURNING id
"""
_KEEP_ESTIMATE = """
    UPDATE turn SET chance = :chance, holds = holds + :spent WHERE id = :turn_id
"""
_GIVE_BACK = "DELETE FROM hold WHERE id = :id RETURNING turn_id"
_UNCOUNT = "UPDATE turn SET holds = holds - 1 WHERE id = :turn_id"
# An answer tells of whoever was asked first, and of whoever gave it: who asks for the one or for
# the other waits as long. Of a run during which the clock was set back nothing can be told.
_SEEN = "conversation_id, provider, state, run_started_at, ended_at"
_LATENCIES = f"""
    SELECT t.ended_at - t.run_started_at
    FROM (SELECT {_SEEN} FROM turn ORDER BY id DESC LIMIT {_TURNS_LOOKED_AT}) t
    JOIN conversation c ON c.id = t.conversation_id
    WHERE :provider IN (c.provider, t.provider)
    AND t.state = 'answered' AND t.ended_at >= t.run_started_at
    ORDER BY t.ended_at DESC LIMIT :limit
"""


def try_hold(new: NewHold) -> Steps[int | None]:
    """Spend one deliberate time-out, if every bound leaves one."""
    values = msgspec.structs.asdict(new)
    yield from execute(
        _FORGET, account=new.account, since=new.at - new.span_s, until=new.at + new.span_s
    )
    counts = (yield from fetch(_COUNT, **_only(values, "account", "openid", "provider")))[0]
    limits = (new.account_limit, new.follower_limit, new.provider_limit)
    may = not new.is_hopeless and all(
        spent < limit for spent, limit in zip(counts, limits, strict=True)
    )
    yield from execute(_KEEP_ESTIMATE, chance=new.chance, spent=int(may), turn_id=new.turn_id)
    if not may:
        return None
    names = ("account", "provider", "openid", "turn_id", "at")
    hold_id: int = (yield from fetch(_HOLD, **_only(values, *names)))[0][0]
    return hold_id


def give_back(hold_id: int) -> Steps[None]:
    """The attempt was answered before WeChat cut it: no time-out."""
    row = yield from fetch_one(_GIVE_BACK, id=hold_id)
    if row is not None:
        yield from execute(_UNCOUNT, turn_id=row[0])


def latencies(provider: str, limit: int) -> Steps[tuple[float, ...]]:
    """Seconds that this provider's latest answers took, newest first."""
    rows = yield from fetch(_LATENCIES, provider=provider, limit=limit)
    return tuple(row[0] for row in rows)


def _only(values: dict[str, object], *names: str) -> dict[str, object]:
    return {name: values[name] for name in names}
