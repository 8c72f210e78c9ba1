"""What becomes of a provider's record, which all processes share, by what one of them has learnt.

Pure. Each function looks at the record as it stands, and tells how it is to be; None leaves it.
Times are Unix seconds. How it is kept stands in `breaker_exchange`.
"""

from msgspec.structs import replace

from yingda.errors import FailureKind
from yingda.store.breaker_base import BreakerRecord

#: How long whoever tests a provider keeps others from it, in seconds. Our choice: longer than the
#: first word is waited for by default, so that one question at a time pays for a provider that
#: hangs, and no longer, for a process that dies meanwhile has all others wait for it.
TRIAL_S = 90.0


def of_settings(record: BreakerRecord, fingerprint: str) -> BreakerRecord:
    """The record for whoever asks with these settings: with others, nothing was learnt."""
    if record.fingerprint == fingerprint:
        return record
    return BreakerRecord(provider=record.provider, version=record.version, fingerprint=fingerprint)


def is_open(record: BreakerRecord) -> bool:
    """Whether it is left alone, or is to be tested before it is asked as ever."""
    return record.open_until > 0


def left_alone_until(record: BreakerRecord) -> float:
    """When the next one may test it: once it is due, and nobody else tests it."""
    return max(record.open_until, record.tested_until)


def opened(
    record: BreakerRecord, *, until: float, kind: FailureKind, latest: float
) -> BreakerRecord | None:
    """Questions failed: it is left alone, unless it is already for longer.

    A time after `latest` was written before the clock was set back.
    """
    if until <= record.open_until <= latest:
        return None
    return replace(record, open_until=until, tested_until=0.0, kind=kind)


def trial_begun(record: BreakerRecord, *, at: float, latest: float) -> BreakerRecord | None:
    """A question tests it, unless it is well, not due yet, or tested already.

    A time after `latest` was written before the clock was set back.
    """
    if not is_open(record) or at < left_alone_until(record) <= latest:
        return None
    return replace(record, open_until=min(record.open_until, at), tested_until=at + TRIAL_S)


def trial_failed(
    record: BreakerRecord, *, trial: int, until: float, doublings: int, kind: FailureKind
) -> BreakerRecord | None:
    """The test failed; `trial` is the version that it began with: it tells later ones from it."""
    if record.version != trial:
        return None
    return replace(record, open_until=until, tested_until=0.0, doublings=doublings, kind=kind)


def trial_answered(record: BreakerRecord, *, at: float) -> BreakerRecord | None:
    """A test was answered, this one or one before it: it is well, unless it failed since."""
    if not is_open(record) or record.open_until > at:
        return None
    return BreakerRecord(
        provider=record.provider, version=record.version, fingerprint=record.fingerprint
    )


def trial_withdrawn(record: BreakerRecord, *, trial: int) -> BreakerRecord | None:
    """The test told nothing: anybody may test."""
    return replace(record, tested_until=0.0) if record.version == trial else None
