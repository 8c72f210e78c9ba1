"""Access tokens as the simulated server API gives and refuses them.

Knows the two endpoints' rules on life, overlap and force (official pages). Refuses to know
secrets and addresses of callers; the server API looks at those.
"""

import random
from typing import Final

from yingda.clock import Clock

#: Both tokens are good in the last five minutes of the older one's life.
_OVERLAP_S: Final = 300.0
_FORCE_EVERY_S: Final = 30.0
_FORCE_DAILY: Final = 20
#: Real tokens have 136 characters and more.
_TOKEN_BITS: Final = 512
_DAY_S: Final = 86_400.0

OK: Final = 0
INVALID: Final = 40001
MISSING: Final = 41001
EXPIRED: Final = 42001
DAILY_LIMIT: Final = 45009
TOO_OFTEN: Final = 45011


class _Tokens:
    """The tokens of one endpoint, the newest last."""

    def __init__(self) -> None:
        self.newest = ""
        self.ends_s: dict[str, float] = {}


class Tokens:
    """One account's tokens; `life_s` is how long a new one lives."""

    def __init__(self, clock: Clock, *, life_s: float = 7200.0, seed: int = 0) -> None:
        self._clock = clock
        self._life_s = life_s
        self._random = random.Random(seed)
        self._plain = _Tokens()
        self._stable = _Tokens()
        self._forced_s: list[float] = []
        self._spoilt = ""
        #: How many tokens were made, by either endpoint.
        self.made = 0

    def plain(self) -> tuple[str, int]:
        """A new token with its seconds; the one before lives on for the overlap at the most."""
        former, now = self._plain.newest, self._clock.monotonic()
        if former in self._plain.ends_s:
            self._plain.ends_s[former] = min(self._plain.ends_s[former], now + _OVERLAP_S)
        return self._new(self._plain)

    def stable(self) -> tuple[str, int]:
        """The present token with the seconds that are left, a new one when they are few."""
        newest, now = self._stable.newest, self._clock.monotonic()
        left_s = self._stable.ends_s.get(newest, 0.0) - now
        if left_s > _OVERLAP_S:
            return newest, int(left_s)
        return self._new(self._stable)

    def forced(self) -> tuple[str, int] | int:
        """A new token, which ends the old ones at once; or the error's code.

        How the platform refuses is not documented: daily limit and minute limit are our choice.
        """
        now = self._clock.monotonic()
        self._forced_s = [at for at in self._forced_s if at > now - _DAY_S]
        if len(self._forced_s) >= _FORCE_DAILY:
            return DAILY_LIMIT
        if self._forced_s and now - self._forced_s[-1] < _FORCE_EVERY_S:
            return TOO_OFTEN
        self._forced_s.append(now)
        self._stable.ends_s.clear()
        return self._new(self._stable)

    def refusal(self, token: str) -> int:
        """Why this token is refused, 0 when it is good."""
        if not token:
            return MISSING
        ends_s = self._plain.ends_s | self._stable.ends_s
        if token not in ends_s or token == self._spoilt:
            return INVALID
        return OK if self._clock.monotonic() < ends_s[token] else EXPIRED

    def revoke(self) -> None:
        """Refuse every token given so far, and give new ones: its owner changed something."""
        self._plain.ends_s.clear()
        self._stable.ends_s.clear()

    def spoil(self) -> None:
        """Refuse the present stable token but go on giving it, until another one is forced."""
        self._spoilt = self._stable.newest

    def _new(self, tokens: _Tokens) -> tuple[str, int]:
        self.made += 1
        tokens.newest = f"{self.made}_{self._random.getrandbits(_TOKEN_BITS):0128x}"
        tokens.ends_s[tokens.newest] = self._clock.monotonic() + self._life_s
        return tokens.newest, int(self._life_s)
