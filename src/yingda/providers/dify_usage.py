"""What a run cost, read out of the `metadata` of Dify's closing event.

Knows that object's fields alone. An odd one never spoils the answer: it tells nothing.
"""

import msgspec

from yingda.providers.base import Usage

#: What a decoder raises for foreign bytes; the last for JSON nested beyond the stack.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _WireUsage(msgspec.Struct, frozen=True):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    total_price: str | float | None = None
    currency: str | None = None


class _Metadata(msgspec.Struct, frozen=True):
    usage: _WireUsage | None = None


_METADATA = msgspec.json.Decoder(_Metadata)


def usage_in(metadata: msgspec.Raw) -> Usage | None:
    """What the run cost; None where Dify does not tell, or not in a form that can be read."""
    try:
        wire = _METADATA.decode(metadata).usage
    except UNREADABLE:
        return None
    if wire is None:
        return None
    return Usage(
        prompt_tokens=wire.prompt_tokens or 0,
        completion_tokens=wire.completion_tokens or 0,
        total_tokens=wire.total_tokens or 0,
        total_price=None if wire.total_price is None else str(wire.total_price),
        currency=wire.currency,
    )
