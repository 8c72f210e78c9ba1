"""Access tokens that all processes share, and who may fetch the next one.

Each function is one transaction's work. The value is a secret: it gets into no message and no log.
"""

from yingda.store.steps import Steps, fetch_one
from yingda.wechat.api_base import KeptToken

_READ = """
    SELECT value, refresh_at, expires_at, forced_at, forced_count FROM access_token
    WHERE app_id = :app_id AND value IS NOT NULL
"""
# All leases are equally long: one that ends much later than a new one would was given by a clock
# that has been set back since.
_LEASE = """
    INSERT INTO access_token (app_id, lease, leased_until) VALUES (:app_id, 1, :until)
    ON CONFLICT (app_id) DO UPDATE SET lease = access_token.lease + 1, leased_until = :until
    WHERE access_token.leased_until <= :at
        OR access_token.leased_until - :until > :until - :at
    RETURNING lease
"""
_KEEP = """
    UPDATE access_token SET value = :value, refresh_at = :refresh_at, expires_at = :expires_at,
        forced_at = :forced_at, forced_count = :forced_count, leased_until = 0
    WHERE app_id = :app_id AND lease = :lease AND leased_until > 0
    RETURNING app_id
"""
_END = """
    UPDATE access_token SET leased_until = 0
    WHERE app_id = :app_id AND lease = :lease RETURNING app_id
"""


def kept_token(app_id: str) -> Steps[KeptToken | None]:
    """The token that was kept last."""
    row = yield from fetch_one(_READ, app_id=app_id)
    if row is None:
        return None
    return KeptToken(
        value=row[0],
        refresh_at=row[1],
        expires_at=row[2],
        forced_at=row[3],
        forced_count=row[4],
    )


def lease_token(app_id: str, at: float, until: float) -> Steps[int | None]:
    """The lease's number; None while somebody else has one that has not run out."""
    row = yield from fetch_one(_LEASE, app_id=app_id, at=at, until=until)
    return None if row is None else row[0]


def keep_token(app_id: str, lease: int, token: KeptToken) -> Steps[bool]:
    """Keep the token and end the lease, if it is still the last one that was given."""
    row = yield from fetch_one(
        _KEEP,
        app_id=app_id,
        lease=lease,
        value=token.value,
        refresh_at=token.refresh_at,
        expires_at=token.expires_at,
        forced_at=token.forced_at,
        forced_count=token.forced_count,
    )
    return row is not None


def end_lease(app_id: str, lease: int) -> Steps[None]:
    """Let others fetch, if the lease is still the last one that was given."""
    yield from fetch_one(_END, app_id=app_id, lease=lease)
