"""What can go wrong with WeChat's server API."""

from enum import StrEnum

from yingda.errors.base import Fault, YingdaError


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
