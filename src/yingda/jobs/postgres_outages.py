"""Whether the database can be relied on, and what follows for jobs of workers that were not seen.

Knows no statement. While the database was away, nobody could show that he lives.
"""

from collections.abc import Awaitable
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from yingda.clock import Clock
from yingda.errors import StoreError
from yingda.postgres.liveness import DEAD_AFTER_S

T = TypeVar("T")

_log = structlog.get_logger()

_STALE: Final = timedelta(seconds=DEAD_AFTER_S)
#: Longer than any database stands.
_NEVER: Final = timedelta(days=36_500)


class Outages:
    """Told of what worked and what did not."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._is_out = False
        #: None until anything worked: others may be about to find a database that is back.
        self._patient_until: float | None = None

    @property
    def stale_after(self) -> timedelta:
        """How long a job may have shown no sign of life before it is another's to run."""
        until = self._patient_until
        is_patient = until is None or self._clock.monotonic() < until
        return _NEVER if self._is_out or is_patient else _STALE

    async def tried(self, deed: Awaitable[T]) -> T | None:
        """What the deed brings; None when the database failed."""
        try:
            result = await deed
        except StoreError as error:
            self.failed(error)
            return None
        self.worked()
        return result

    def failed(self, error: StoreError) -> None:
        """A statement failed: it is logged, once in an outage."""
        if not self._is_out:
            _log.warning("jobs_out_of_reach", reason=str(error))
        self._is_out = True

    def worked(self) -> None:
        """A statement worked: after an outage, the others have a while to show that they live.

        So they have at our own start, for what we know of an outage before it.
        """
        if self._is_out:
            _log.info("jobs_within_reach")
        if self._is_out or self._patient_until is None:
            self._patient_until = self._clock.monotonic() + DEAD_AFTER_S
        self._is_out = False
