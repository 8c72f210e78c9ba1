"""The part of the store seam about providers' health: what one process learnt, for all of them."""

from typing import Protocol

import msgspec

from yingda.errors import FailureKind


class BreakerRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one provider; as it is by default, it was never left alone."""

    provider: str
    #: Counts every change; 0 before the first.
    version: int = 0
    #: Until when nobody asks it; 0 when it is well.
    open_until: float = 0.0
    #: Until when whoever tests it keeps others from testing; 0 when nobody tests it.
    tested_until: float = 0.0
    #: How many tests failed in a row.
    doublings: int = 0
    #: What it failed with last.
    kind: FailureKind = FailureKind.UNAVAILABLE
    #: Tells the settings that it was asked with from others.
    fingerprint: str = ""


class BreakerStore(Protocol):
    """What a store must keep of providers' health."""

    async def breakers(self) -> tuple[BreakerRecord, ...]:
        """All that is known."""

    async def breaker(self, provider: str) -> BreakerRecord:
        """What is known of this one."""

    async def change_breaker(self, new: BreakerRecord) -> bool:
        """Make it so, and count the version up.

        False, and no change, when its version is not the last one any more.
        """
