"""How a list of followers is read, as settings name those who are answered and those who are not.

A part of `config.fields`: each function takes what was written and returns what is meant, or
raises `Refused`.
"""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, ValidationInfo

from yingda.config.fields import Line, Reading, Refused, resolved
from yingda.wechat.limits import ID_LIMIT_CHARS

#: Characters read of a list of openids. Our choice: 100 000 of them, with room for remarks.
OPENIDS_LIMIT_CHARS: Final = 4_000_000

_OPENID = re.compile(rf"[0-9A-Za-z_-]{{1,{ID_LIMIT_CHARS}}}")


def openids(value: object, info: ValidationInfo) -> object:
    """A list of openids: itself, words between commas or blanks, or a reference to such text.

    In a file each stands on a line of its own; what follows a `#` is a remark.
    """
    reading = info.context
    if not isinstance(value, str) or not isinstance(reading, Reading):
        return value
    written = resolved(value.strip(), reading.environ, OPENIDS_LIMIT_CHARS)
    bare = " ".join(line.partition("#")[0] for line in written.splitlines())
    return [word for word in re.split(r"[\s,，]+", bare) if word]


def openid(value: str) -> str:
    """An openid as WeChat writes it."""
    if _OPENID.fullmatch(value) is None:
        raise Refused("openid")
    return value


def somebody(value: frozenset[str]) -> frozenset[str]:
    """A list of those who are answered; one with nobody on it is a file that was emptied."""
    if not value:
        raise Refused("empty")
    return value


OpenidList = Annotated[frozenset[Annotated[Line, AfterValidator(openid)]], BeforeValidator(openids)]
SomeOpenids = Annotated[OpenidList, AfterValidator(somebody)]
