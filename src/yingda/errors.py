"""Everything that can go wrong, in one tree.

    YingdaError
    ├── ConfigurationError          the operator's settings cannot be used
    ├── RequestRejected             a request that gets a 4xx and costs nothing
    │   ├── SignatureMismatch       403  unsigned or forged
    │   ├── StaleRequest            403  signed, but too long ago (or a clock is off)
    │   ├── PlainBodyRefused        403  a key is set, the body is not encrypted
    │   ├── EnvelopeInvalid         403  the encrypted body does not verify or open
    │   ├── BodyTooLarge            413
    │   └── BodyMalformed           400  neither the XML nor the JSON of a push
    ├── StoreError                  the store cannot keep what it is asked to keep
    └── ProviderError               an AI back end did not bring a whole answer
        ├── ProviderBusy            too many runs at once; passes by itself
        ├── QuotaExhausted          the plan or the model's quota is used up
        ├── ProviderTimeout         one of our deadlines passed
        ├── ProviderUnavailable     no connection, or a server error
        ├── ProviderMisconfigured   key, address, app or model set-up is wrong
        ├── ContentRefused          the provider or its moderation refused the content
        ├── ConversationGone        the provider no longer knows the conversation
        ├── AnswerIncomplete        the stream broke off before its end
        └── AnswerEmpty             the run ended well and said nothing

A class states whose fault it is and whether the same request may succeed later. A follower never
reads an error's message: the sentence for each `FailureKind` lives in `texts.py`.
"""

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


class BodyMalformed(RequestRejected):
    """The body is no push: broken, too deep, or with a doctype."""

    http_status = 400


class StoreError(YingdaError):
    """The store cannot keep what it is asked to keep (disk full, read-only, damaged)."""

    fault = Fault.OPERATOR
    transient = True


class ProviderError(YingdaError):
    """An AI back end did not bring a whole answer.

    `detail` and `mend` are for the operator: what the provider said, without secrets, and what
    to do about it.
    """

    fault = Fault.PROVIDER
    kind: ClassVar[FailureKind] = FailureKind.UNAVAILABLE

    def __init__(self, detail: str, *, mend: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.mend = mend
        self.retry_after_s = retry_after_s


class ProviderBusy(ProviderError):
    """Too many runs at once."""

    kind = FailureKind.BUSY
    transient = True


class QuotaExhausted(ProviderError):
    """The plan's or the model's quota is used up."""

    kind = FailureKind.QUOTA
    fault = Fault.OPERATOR


class ProviderTimeout(ProviderError):
    """One of our deadlines passed."""

    kind = FailureKind.TIMEOUT


class ProviderUnavailable(ProviderError):
    """No connection could be made, or the provider's server failed."""

    kind = FailureKind.UNAVAILABLE
    transient = True


class ProviderMisconfigured(ProviderError):
    """Key, address, app or model set-up is wrong."""

    kind = FailureKind.CONFIGURATION
    fault = Fault.OPERATOR


class ContentRefused(ProviderError):
    """The provider or its moderation refused the content."""

    kind = FailureKind.REFUSED
    fault = Fault.SENDER


class ConversationGone(ProviderError):
    """The provider no longer knows the conversation."""

    kind = FailureKind.CONVERSATION_RESET


class AnswerIncomplete(ProviderError):
    """The stream broke off before its end; what came so far is kept and marked."""

    kind = FailureKind.INCOMPLETE


class AnswerEmpty(ProviderError):
    """The run ended well and said nothing."""

    kind = FailureKind.EMPTY
