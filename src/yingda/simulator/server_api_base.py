"""What crosses the simulated server API: an account, requests, answers, and what goes wrong.

Frozen values. Refuses to know what a call means.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import msgspec

from yingda.simulator.library import UploadedFile

#: Samples; they open nothing but this simulation.
SAMPLE_APP_ID: Final = "wx0123456789abcdef"
SAMPLE_SECRET: Final = "0123456789abcdef0123456789abcdef"  # noqa: S105  a sample


class AccountKind(StrEnum):
    """What an account's owner has; it decides its rights."""

    SUBSCRIPTION = "subscription"
    VERIFIED_SUBSCRIPTION = "verified_subscription"
    SERVICE = "service"
    VERIFIED_SERVICE = "verified_service"
    TEST = "test"


class ApiAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as the developer platform shows it."""

    kind: AccountKind = AccountKind.VERIFIED_SERVICE
    app_id: str = SAMPLE_APP_ID
    app_secret: str = SAMPLE_SECRET
    #: Addresses that may fetch a token; None is any.
    ip_list: frozenset[str] | None = None
    is_secret_frozen: bool = False
    #: Whether an address for pushes is saved, so that the way to it can be checked.
    has_callback: bool = True


class ApiCall(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    body: bytes = b""
    #: By the name of the form's field.
    files: Mapping[str, UploadedFile] = {}
    caller_ip: str = "127.0.0.1"


class ApiReply(msgspec.Struct, frozen=True):
    """One answer."""

    status: int
    content_type: str
    body: bytes
    #: Of a file; "" is none.
    filename: str = ""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What goes wrong with one call."""

    #: Answered with this errcode, and nothing done.
    code: int = 0
    #: Answered with a proxy's page, and nothing done.
    is_page: bool = False
    #: Done, and never answered.
    is_silent: bool = False
    #: Done, and answered so much later.
    delay_s: float = 0.0
    #: Calls of this path only; "" is any.
    path: str = ""
