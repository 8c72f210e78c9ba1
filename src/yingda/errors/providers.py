"""What can go wrong with an AI back end, or on the way to it."""

from typing import ClassVar

from yingda.errors.base import FailureKind, Fault, YingdaError


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


class NeedsPerson(ProviderError):
    """The app waits for a person to act, which no chat can do for it."""

    kind = FailureKind.PERSON
    fault = Fault.OPERATOR


class PictureUnusable(ProviderError):
    """A picture of the question cannot be had, or not be looked at."""

    kind = FailureKind.PICTURE
    fault = Fault.SENDER


class VoiceUnusable(ProviderError):
    """A recording cannot be had, or nothing in it be understood."""

    kind = FailureKind.VOICE
    fault = Fault.SENDER
