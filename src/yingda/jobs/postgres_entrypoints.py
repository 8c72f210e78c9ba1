"""Which of PgQueuer's entry points a lane is.

Lanes without a limit are one: whoever fetches has places for any of them, and no worker has to know
their names. A lane with a limit has its own, for PgQueuer counts what runs by entry point. Pure.
"""

from collections.abc import Mapping, Sequence

from yingda.jobs.postgres_engine import LIMITED, OPEN


class Entrypoints:
    """The entry points that this worker fetches from."""

    def __init__(self, lane_limits: Mapping[str, int]) -> None:
        self._own = {OPEN: 0} | {LIMITED + lane: most for lane, most in lane_limits.items()}
        #: Each with how many jobs of it may run at once, over all workers; 0 is any number.
        self.limits: Mapping[str, int] = self._own

    @property
    def known(self) -> Sequence[str]:
        """Those that the settings name."""
        return tuple(self._own)

    @property
    def has_limits(self) -> bool:
        """Whether any lane has a limit."""
        return len(self._own) > 1

    def of(self, lane: str) -> str:
        """The entry point of this lane."""
        return LIMITED + lane if LIMITED + lane in self._own else OPEN

    def learn(self, others: Sequence[str]) -> bool:
        """Others have jobs: those of a provider that was renamed, or has its limit no more.

        They are run without a limit from now on. Returns whether one of them is new.
        """
        is_new = not self.limits.keys() >= set(others)
        self.limits = self._own | dict.fromkeys(others, 0)
        return is_new
