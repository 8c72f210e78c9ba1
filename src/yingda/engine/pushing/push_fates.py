"""What becomes of a part by what WeChat's server API said to it, and of all that is behind it.

A pure table. Source of the kinds: reference on customer-service messages, errors worth handling.
"""

from collections.abc import Mapping

import msgspec

from yingda.errors import ApiKind, ApiRefused, SendInDoubt, StoreError, WechatApiError
from yingda.store.push_base import PartFate
from yingda.turn.model import PushEnd


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What to write down, and how to go on."""

    part: PartFate
    #: The message that it cost was not used.
    gives_back: bool = False
    #: No message is left.
    empties: bool = False
    #: Why the turn is left to pickup; None looks again, after a pause unless it was sent.
    end: PushEnd | None = None


SENT = Fate(part=PartFate.SENT)
_DOUBTFUL = Fate(part=PartFate.DOUBTFUL)
_LATER = Fate(part=PartFate.REFUSED, gives_back=True)
_USED_UP = Fate(part=PartFate.REFUSED, empties=True, end=PushEnd.QUOTA)
_REFUSED = Fate(part=PartFate.REFUSED, gives_back=True, end=PushEnd.REFUSED)
_BY_KIND: Mapping[ApiKind, Fate] = {
    ApiKind.QUOTA_USED: _USED_UP,
    ApiKind.WINDOW_CLOSED: _USED_UP,
    ApiKind.NOT_ALLOWED: Fate(part=PartFate.REFUSED, gives_back=True, end=PushEnd.DENIED),
    ApiKind.NOT_FOLLOWING: Fate(part=PartFate.REFUSED, empties=True, end=PushEnd.NOT_FOLLOWING),
    ApiKind.BUSY: _LATER,
}


def fate_by(error: WechatApiError | StoreError) -> Fate:
    """The fate of a part whose sending raised this."""
    match error:
        case SendInDoubt():
            return _DOUBTFUL
        case ApiRefused(kind=kind):
            return _BY_KIND.get(kind, _REFUSED)
        case _:
            # No connection, or no token to be had: nothing was sent.
            return _LATER
