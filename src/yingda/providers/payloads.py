"""JSON as foreign servers write it: read strictly, and once more with its slips mended.

Knows what no decoder takes though only a character is lost by it. Refuses to know what the JSON
means. Pure.
"""

import json
import re
from typing import Final, TypeVar

import msgspec

T = TypeVar("T")

#: What a decoder raises for foreign bytes; the last for JSON nested beyond the stack.
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_HALF: Final = re.compile("[\ud800-\udfff]")


def decoded(decoder: msgspec.json.Decoder[T], payload: bytes) -> T:
    """The payload as the decoder's type. Raises one of `UNREADABLE`.

    A server that cuts its text by bytes or by UTF-16 units writes halves of characters; each
    becomes U+FFFD, for an answer with such a hole is worth more than one that breaks off there.
    """
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError:
        raise
    except UNREADABLE:
        mended = _mended(payload)
        if mended is None:
            raise
    return decoder.decode(mended)


def _mended(payload: bytes) -> bytes | None:
    """JSON without halves of characters and without NaN; None where it is no JSON at all."""
    try:
        value = json.loads(payload.decode("utf-8", "replace"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return _HALF.sub("\ufffd", json.dumps(value, ensure_ascii=False)).encode()
