"""Everything that can go wrong, in one tree.

    YingdaError
    ├── ConfigurationError          the operator's settings cannot be used
    ├── RequestRejected             a request that gets a 4xx and costs nothing
    │   ├── SignatureMismatch       403  unsigned or forged
    │   ├── StaleRequest            403  signed, but too long ago (or a clock is off)
    │   ├── PlainBodyRefused        403  a key is set, the body is not encrypted
    │   ├── EnvelopeInvalid         403  the encrypted body does not verify or open
    │   ├── BodyTooLarge            413
    │   ├── BodyTooSlow             408  it did not come whole in time
    │   └── BodyMalformed           400  neither the XML nor the JSON of a push
    ├── StoreError                  the store cannot keep what it is asked to keep
    ├── WechatApiError              WeChat's server API did not do what was asked
    │   ├── ApiRefused              it answered with an error; `kind` says what to do about it
    │   ├── ApiUnreachable          no connection, or no answer where asking again is harmless
    │   └── SendInDoubt             a message went out, and nobody knows whether it arrived
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
reads an error's message: the sentence for each `FailureKind` lives in `sentences.py`.
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


class ApiKind(StrEnum):
    """What a refusal of WeChat's server API means for whoever called it."""

    #: The follower's window has closed: keep the rest for their next message.
    WINDOW_CLOSED = "window_closed"
    #: The messages of the follower's window are used up: the same.
    QUOTA_USED = "quota_used"
    #: The typing state needs a word of the follower in the last 30 s; messages may still go.
    NO_TYPING = "no_typing"
    #: The account has no such right: switch this way of sending off.
    NOT_ALLOWED = "not_allowed"
    #: This follower cannot be reached any more: send them nothing.
    NOT_FOLLOWING = "not_following"
    #: The access token is refused, also the one that was fetched anew.
    TOKEN = "token"  # noqa: S105  a name, no token
    #: Too much at once; it passes by itself.
    BUSY = "busy"
    #: The day's calls are used up.
    DAILY_LIMIT = "daily_limit"
    #: The text has too many bytes: split it.
    TOO_LONG = "too_long"
    #: The operator has to mend a setting here or in WeChat's console.
    CONFIGURATION = "configuration"
    OTHER = "other"


class WechatApiError(YingdaError):
    """WeChat's server API did not do what was asked.

    `detail` and `mend` are for the operator: what WeChat said, without secrets and message text,
    and what to do about it. `wechat.api_mends` has both in Chinese as well.
    """

    fault = Fault.PROVIDER

    def __init__(self, detail: str, *, mend: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.mend = mend


class ApiRefused(WechatApiError):
    """WeChat answered, and the answer is an error.

    `code` is WeChat's errcode, None for an answer that is none of its own: a page of a proxy, or
    broken JSON. `rid` is what WeChat's support asks for, "" when none was given. `caller_ip` is
    the address that WeChat says is not on the account's list, "" but for that error.
    """

    def __init__(
        self,
        detail: str,
        *,
        kind: ApiKind = ApiKind.OTHER,
        code: int | None = None,
        rid: str = "",
        caller_ip: str = "",
        mend: str = "",
    ) -> None:
        super().__init__(detail, mend=mend)
        self.kind = kind
        self.code = code
        self.rid = rid
        self.caller_ip = caller_ip


class ApiUnreachable(WechatApiError):
    """There was no whole answer.

    `was_sent` tells whether the request may have reached WeChat. A message that may have is a
    `SendInDoubt` instead.
    """

    transient = True

    def __init__(self, detail: str, *, was_sent: bool, mend: str = "") -> None:
        super().__init__(detail, mend=mend)
        self.was_sent = was_sent


class SendInDoubt(WechatApiError):
    """A message was handed to WeChat and no answer tells whether it took it.

    Sending it again may show it twice; the caller decides.
    """


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
