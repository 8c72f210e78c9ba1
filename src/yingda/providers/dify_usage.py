"""What a run cost, read out of the `metadata` of Dify's closing event.

Knows that object's fields alone. An odd one never spoils the answer: it tells nothing.
"""

import msgspec

from yingda.providers.base import Usage
from yingda.providers.counts import tokens_in
from yingda.providers.payloads import UNREADABLE


class WireUsage(msgspec.Struct, frozen=True):
    """The fields that matter, of whatever type they come."""

    prompt_tokens: object = None
    completion_tokens: object = None
    total_tokens: object = None
    total_price: object = None
    currency: object = None


class _Metadata(msgspec.Struct, frozen=True):
    usage: WireUsage | None = None


_NOTHING = Usage()
_METADATA = msgspec.json.Decoder(_Metadata)


def usage_in(metadata: msgspec.Raw) -> Usage | None:
    """What the run cost; None where Dify does not tell, or not in a form that can be read."""
    try:
        wire = _METADATA.decode(metadata).usage
    except UNREADABLE:
        return None
    return None if wire is None else read_usage(wire)


def read_usage(wire: WireUsage) -> Usage | None:
    """What of these fields can be read; None where that is nothing."""
    price = wire.total_price
    is_price = isinstance(price, str | int | float) and not isinstance(price, bool)
    usage = Usage(
        prompt_tokens=tokens_in(wire.prompt_tokens),
        completion_tokens=tokens_in(wire.completion_tokens),
        total_tokens=tokens_in(wire.total_tokens),
        total_price=str(price) if is_price else None,
        currency=wire.currency if isinstance(wire.currency, str) else None,
    )
    return None if usage == _NOTHING else usage
