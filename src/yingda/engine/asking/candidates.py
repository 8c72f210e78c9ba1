"""Who is asked a question, one after the other, and whether asking the next one may help.

Pure. How they are asked stands in `fallback`.
"""

from collections.abc import Mapping

import msgspec

from yingda.errors import FailureKind
from yingda.providers.breaker import BreakerRules

#: Where another provider may do better. Not where the question or its content is the matter, nor
#: where a person has to act: the app was built to say so.
_ELSEWHERE = frozenset(
    {
        FailureKind.BUSY,
        FailureKind.QUOTA,
        FailureKind.TIMEOUT,
        FailureKind.UNAVAILABLE,
        FailureKind.CONFIGURATION,
        # The stream broke off; whether text had come by then is asked separately.
        FailureKind.INCOMPLETE,
        FailureKind.EMPTY,
    }
)


class Standby(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands in for whom, and when a provider is left alone; all by the providers' names."""

    fallbacks: Mapping[str, tuple[str, ...]] = {}
    #: A provider that is not here has the rules as they are by default.
    breakers: Mapping[str, BreakerRules] = {}


def candidates(first: str, fallbacks: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Who is asked, in this order, each at most once. Stand-ins of stand-ins are none."""
    return tuple(dict.fromkeys((first, *fallbacks.get(first, ()))))


def may_go_on(kind: FailureKind, *, has_text: bool) -> bool:
    """Whether the next candidate is asked after this failure.

    Never once there was text: it may have been read, and another provider's would not go on
    from it.
    """
    return not has_text and kind in _ELSEWHERE
