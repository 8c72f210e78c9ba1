"""What all processes know of providers' health. Each function is one transaction's work."""

from yingda.errors import FailureKind
from yingda.store.breaker_base import BreakerRecord
from yingda.store.steps import Row, Steps, fetch, fetch_one

_COLUMNS = "provider, version, open_until, tested_until, doublings, kind, fingerprint"
_ALL = f"SELECT {_COLUMNS} FROM breaker ORDER BY provider"
_ONE = f"SELECT {_COLUMNS} FROM breaker WHERE provider = :provider"
_CHANGE = """
    INSERT INTO breaker (provider, version, open_until, tested_until, doublings, kind, fingerprint)
    VALUES (:provider, 1, :open_until, :tested_until, :doublings, :kind, :fingerprint)
    ON CONFLICT (provider) DO UPDATE SET version = breaker.version + 1, open_until = :open_until,
        tested_until = :tested_until, doublings = :doublings, kind = :kind,
        fingerprint = :fingerprint
    WHERE breaker.version = :version
    RETURNING version
"""


def breakers() -> Steps[tuple[BreakerRecord, ...]]:
    """Every provider's."""
    rows = yield from fetch(_ALL)
    return tuple(_record_of(row) for row in rows)


def breaker(provider: str) -> Steps[BreakerRecord]:
    """One provider's."""
    row = yield from fetch_one(_ONE, provider=provider)
    return BreakerRecord(provider=provider) if row is None else _record_of(row)


def change_breaker(new: BreakerRecord) -> Steps[bool]:
    """Change it, if nobody else has since."""
    row = yield from fetch_one(
        _CHANGE,
        provider=new.provider,
        version=new.version,
        open_until=new.open_until,
        tested_until=new.tested_until,
        doublings=new.doublings,
        kind=new.kind.value,
        fingerprint=new.fingerprint,
    )
    return row is not None


def _record_of(row: Row) -> BreakerRecord:
    return BreakerRecord(
        provider=row[0],
        version=row[1],
        open_until=row[2],
        tested_until=row[3],
        doublings=row[4],
        kind=FailureKind(row[5]),
        fingerprint=row[6],
    )
