"""What a check reports, and the seam that all checks share.

Knows no subject: `settings`, `snapshots`, `store`, `spending`, `clock`, `provider`, `api` and
`address` each examine one, or a part of it.
"""

from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

import msgspec

from yingda.texts import Sentence


class Status(StrEnum):
    """How a thing that was looked at stands."""

    OK = "ok"
    #: It works, and is likely to hurt later.
    WARNING = "warning"
    FAILED = "failed"
    #: It could not be looked at, or there was no need to.
    SKIPPED = "skipped"


class Subject(StrEnum):
    """What is examined, in the order in which it is reported."""

    SETTINGS = "settings"
    STORE = "store"
    SPENDING = "spending"
    CLOCK = "clock"
    PROVIDER = "provider"
    API = "api"
    ADDRESS = "address"


class Entry(NamedTuple):
    """What a code means: how grave it is, what is said and what mends it, with placeholders."""

    status: Status
    said: Sentence
    mend: Sentence | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at. Holds no secret and no message text."""

    check: Subject
    #: A stable name for scripts; `texts` lists them.
    code: str
    status: Status
    #: Which one it is about: a setting, a file, a provider's or an account's name.
    subject: str
    said: Sentence
    #: What to do about it; None where nothing is to be done.
    mend: Sentence | None = None


Findings: TypeAlias = tuple[Finding, ...]
#: A check that knows already what to look at. It raises nothing: what goes wrong is a finding.
Check: TypeAlias = Callable[[], Coroutine[Any, Any, Findings]]


def has_failed(findings: Findings) -> bool:
    """Whether anything failed."""
    return any(each.status is Status.FAILED for each in findings)
