"""How the settings of providers are read that are more than a word or a number.

A part of `config.fields`: each function takes what was written and returns what is meant, or
raises `Refused`.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from yingda.config.fields import Reading, Refused, frozen, resolved
from yingda.providers.openai_request import OWN_FIELDS

#: The signs of RFC 9110 5.6.2 that vendors use.
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,100}")


def extra_body(value: Mapping[str, object]) -> Mapping[str, object]:
    """Fields for a request's body, none of which we write ourselves."""
    taken = sorted(OWN_FIELDS & value.keys())
    if taken:
        raise Refused("extra_body_taken", other=", ".join(taken))
    return value


def header(value: object, info: ValidationInfo) -> object:
    """What stands behind a header's name, also where `file:` or `env:` refers to it."""
    reading = info.context
    if not isinstance(value, str) or not isinstance(reading, Reading):
        return value
    found = resolved(value.strip(), reading.environ).strip()
    if not found:
        raise Refused("empty")
    if not found.isprintable():
        raise Refused("one_line")
    if not found.isascii():
        raise Refused("not_ascii")
    return found


def header_name(value: str) -> str:
    """The name of a header that is not the body's own."""
    if _HEADER_NAME.fullmatch(value) is None or value.lower().startswith("content-"):
        raise Refused("header_name")
    return value


HeaderName = Annotated[str, AfterValidator(header_name)]
Headers = Annotated[
    Mapping[HeaderName, Annotated[str, BeforeValidator(header)]], AfterValidator(frozen)
]
ExtraBody = Annotated[Mapping[str, Any], AfterValidator(extra_body), AfterValidator(frozen)]
