"""What the log says of refused requests: the first of a kind at once, the others as a number.

A scanner, or a token that was mistyped, brings thousands of them; a log that fills the disk would
be their success.
"""

import re
from functools import partial

import msgspec
import structlog

from yingda.clock import Clock
from yingda.errors import Fault, RequestRejected

_log = structlog.get_logger()

#: How long refusals of a kind are counted before their number is written. Our choice: soon enough
#: to be seen, and at most a line a minute of each kind.
_COUNTED_S = 60.0
_NUMBERS = re.compile(r"\d+")


class _Kind(msgspec.Struct, frozen=True):
    """Refusals that need the same thing done about them."""

    account: str
    status: int
    #: Without its numbers, so that there are only so many.
    wording: str


class Refusals:
    """Writes refusals to the log."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        #: Kind → how many came since the last line about it.
        self._counts: dict[_Kind, int] = {}

    def write(self, account: str, client: str | None, rejected: RequestRejected) -> None:
        """Tell of it now, or count it."""
        kind = _Kind(account, rejected.http_status, _NUMBERS.sub("", rejected.reason))
        if kind in self._counts:
            self._counts[kind] += 1
            return
        self._counts[kind] = 0
        self._clock.call_later(_COUNTED_S, partial(self._tell, kind, rejected))
        log = _log.warning if _needs_somebody(rejected) else _log.info
        log(
            "request_rejected",
            account=account,
            status=rejected.http_status,
            reason=rejected.reason,
            mend=rejected.mend,
            client=client,
        )

    def _tell(self, kind: _Kind, rejected: RequestRejected) -> None:
        count = self._counts.pop(kind)
        if not count:
            return
        self._counts[kind] = 0
        self._clock.call_later(_COUNTED_S, partial(self._tell, kind, rejected))
        log = _log.warning if _needs_somebody(rejected) else _log.info
        log(
            "more_requests_rejected",
            account=kind.account,
            status=kind.status,
            reason=rejected.reason,
            mend=rejected.mend,
            count=count,
            within_s=_COUNTED_S,
        )


def _needs_somebody(rejected: RequestRejected) -> bool:
    return rejected.fault is Fault.OPERATOR or bool(rejected.mend)
