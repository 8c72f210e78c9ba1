"""The root of the tree, and the errors that are neither a provider's nor WeChat's."""

from enum import StrEnum
from typing import ClassVar


class Fault(StrEnum):
    """Who has to act."""

    OPERATOR = "operator"
    PROVIDER = "provider"
    SENDER = "sender"
    OURS = "ours"


class FailureKind(StrEnum):
    """Why a turn failed, as its record and the follower's sentence name it."""

    BUSY = "busy"
    QUOTA = "quota"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    CONFIGURATION = "configuration"
    REFUSED = "refused"
    CONVERSATION_RESET = "conversation_reset"
    INCOMPLETE = "incomplete"
    EMPTY = "empty"
    PERSON = "person"
    PICTURE = "picture"
    VOICE = "voice"
    INTERNAL = "internal"


class YingdaError(Exception):
    """The root of the tree; never raised itself."""

    fault: ClassVar[Fault] = Fault.OURS
    #: Whether the very same request may succeed a little later.
    transient: ClassVar[bool] = False


class ConfigurationError(YingdaError):
    """The settings cannot be used; the message lists every problem with its mend."""

    fault = Fault.OPERATOR


class RequestRejected(YingdaError):
    """A request is refused. `reason` is for the log, `mend` for the operator who reads it."""

    fault = Fault.SENDER
    http_status: ClassVar[int] = 403

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.mend = mend


class SignatureMismatch(RequestRejected):
    """The query is unsigned or its signature is not ours."""


class StaleRequest(RequestRejected):
    """The signature is right, its timestamp outside the freshness window."""


class PlainBodyRefused(RequestRejected):
    """An EncodingAESKey is set, and the body is not encrypted."""

    fault = Fault.OPERATOR


class EnvelopeInvalid(RequestRejected):
    """The encrypted body's signature, padding, length or AppID is wrong."""


class BodyTooLarge(RequestRejected):
    """The body is over the cap."""

    http_status = 413


class BodyTooSlow(RequestRejected):
    """The body did not come whole in time."""

    http_status = 408


class BodyMalformed(RequestRejected):
    """The body is no push: broken, too deep, or with a doctype."""

    http_status = 400


class StoreError(YingdaError):
    """The store cannot keep what it is asked to keep (disk full, read-only, damaged)."""

    fault = Fault.OPERATOR
    transient = True


class StoreAway(StoreError):
    """The store's server cannot be reached just now: whoever can wait may ask again."""
