"""What Dify's refusals mean, and which of them may be tried again.

Decides by `code` and HTTP status, never by Dify's message, whose wording changes between
versions. Pure: it maps and decides; others send and wait. Codes: Dify service API, "Errors
before the stream opens"; the same codes come in the stream's `error` event.
"""

import msgspec

from yingda.errors import (
    ConversationGone,
    NeedsPerson,
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
)
from yingda.providers.failures import Failure, cleaned, retry_after_s, said
from yingda.providers.payloads import UNREADABLE

#: Refusals of a run because the app is of another type; Dify did no work for it.
WRONG_TYPE = frozenset({"not_chat_app", "not_workflow_app"})


class ErrorBody(msgspec.Struct, frozen=True):
    """Dify's error envelope, as a body or as a stream's `error` event."""

    code: str | None = None
    message: str | None = None


_PUBLISH = "Open the app in Dify, finish its set-up and publish it."
_MODEL = "Check the model provider's set-up in Dify (Settings, Model Provider)."
_WRONG_TYPE = "The app is of another type than `mode` says: leave `mode` out, or correct it."
_INPUTS = (
    "Check that `inputs` names every required variable of the Dify app with a valid value, and "
    "`input_key` the one that takes the question."
)
_KEY_MEND = "Check the app's API key in Dify (API Access); each app has keys of its own."
_FORBIDDEN = "Switch the app's Service API on in Dify and check that the workspace is active."
_BUSY = "Raise the app's limit of simultaneous runs in Dify, or wait until runs end."
_NEW_CONVERSATION = "Nothing: the follower's next question begins a new conversation."
_UNPAID = "Top up what stands before Dify, or the model provider's quota: something is not paid."
_ADDRESS = "The base URL is probably wrong: it is the API origin of Dify followed by /v1."

_BY_CODE: dict[str, tuple[type[ProviderError], str]] = {
    "unauthorized": (ProviderMisconfigured, _KEY_MEND),
    "forbidden": (ProviderMisconfigured, _FORBIDDEN),
    "workflow_version_execution_not_allowed": (
        ProviderMisconfigured,
        "The Dify plan does not allow running this version of the workflow.",
    ),
    "app_unavailable": (ProviderMisconfigured, _PUBLISH),
    "agent_not_published": (ProviderMisconfigured, _PUBLISH),
    "not_chat_app": (ProviderMisconfigured, _WRONG_TYPE),
    "not_workflow_app": (ProviderMisconfigured, _WRONG_TYPE),
    "provider_not_initialize": (ProviderMisconfigured, _MODEL),
    "model_currently_not_support": (ProviderMisconfigured, _MODEL),
    "invalid_param": (ProviderMisconfigured, _INPUTS),
    "bad_request": (ProviderMisconfigured, _INPUTS),
    "provider_quota_exceeded": (
        QuotaExhausted,
        "Top up the model provider's quota, or choose another model in Dify.",
    ),
    "rate_limit_error": (
        QuotaExhausted,
        "The Dify Cloud plan's quota is used up: wait for the next period or change the plan.",
    ),
    "too_many_requests": (ProviderBusy, _BUSY),
    "completion_request_error": (
        ProviderUnavailable,
        "The model's provider failed; look at the run's log in Dify.",
    ),
    "internal_server_error": (ProviderUnavailable, "Look at the logs of the Dify server."),
    "conversation_completed": (ConversationGone, _NEW_CONVERSATION),
}


def from_response(
    status: int, body: bytes, *, retry_after: str | None = None, in_conversation: bool = False
) -> Failure:
    """The meaning of a response that is not the expected one.

    `in_conversation` tells whether the request named a stored conversation: a 404 then means
    that it is gone. `retry_after` is the header's value.
    """
    envelope = _envelope(body)
    if envelope is None:
        return _from_status(status, None, retry_after_s(retry_after))
    if status == 404 and in_conversation and envelope.code == "not_found":
        gone = ConversationGone("Dify no longer knows the conversation", mend=_NEW_CONVERSATION)
        return Failure(error=gone, conversation_lost=True)
    return _from_envelope(status, envelope, retry_after_s(retry_after))


def from_event(code: str | None, status: int, message: str | None, *, had_begun: bool) -> Failure:
    """The meaning of an `error` event of a stream that Dify opened with status 200.

    Only a refusal for want of room is safe to repeat, and only as the stream's first event: a
    node of a run that `had_begun` may be refused so when others have called their models.
    """
    failure = _from_envelope(status, ErrorBody(code=code, message=message), None)
    if isinstance(failure.error, ProviderBusy) and not had_begun:
        return failure
    return msgspec.structs.replace(failure, repeatable=False)


def workflow_failed(reason: str | None) -> Failure:
    """The meaning of a failed `workflow_finished` that no `error` event explains."""
    detail = said("the workflow failed", reason)
    mend = "Look at the run's log in Dify: a node of the app failed."
    return Failure(error=ProviderUnavailable(detail, mend=mend))


def needs_a_person(form: str = "") -> Failure:
    """The meaning of a run that paused until somebody fills a form in; `form` is its title."""
    named = f" \u201c{cleaned(form)}\u201d" if form else ""
    mend = (
        f"The app waits at its Human Input node{named}: answer the form in Dify and tell the "
        "follower, or take the node out of the app."
    )
    return Failure(error=NeedsPerson("a person has to act", mend=mend))


def _from_envelope(status: int, envelope: ErrorBody, retry_after_s: float | None) -> Failure:
    known = _BY_CODE.get(envelope.code or "")
    if known is None:
        return _from_status(status, envelope, retry_after_s)
    kind, mend = known
    detail = said(f"Dify refused with {status} {envelope.code}", envelope.message)
    error = kind(detail, mend=mend, retry_after_s=retry_after_s)
    return Failure(
        error=error,
        code=envelope.code or "",
        repeatable=envelope.code in {"too_many_requests", "internal_server_error"},
        conversation_lost=kind is ConversationGone,
    )


def _from_status(status: int, envelope: ErrorBody | None, retry_after_s: float | None) -> Failure:
    """Decide by the status alone: a proxy's page, or a code that we do not know."""
    code = envelope.code if envelope else None
    message = envelope.message if envelope else None
    detail = said(f"Dify answered {status}" + (f" {cleaned(code)}" if code else ""), message)
    kind, mend, repeatable = _status_row(status)
    error = kind(detail, mend=mend, retry_after_s=retry_after_s)
    return Failure(error=error, code=code or "", repeatable=repeatable)


def _status_row(status: int) -> tuple[type[ProviderError], str, bool]:
    if status in {504, 524}:
        # A proxy lost patience, the run goes on behind it: a second try would be a second run.
        mend = "Raise the read time-out of the proxy in front of Dify (600 s or more)."
        return ProviderTimeout, mend, False
    if status == 429:
        return ProviderBusy, _BUSY, True
    if status == 402:
        return QuotaExhausted, _UNPAID, False
    if status >= 500:
        return ProviderUnavailable, "Look at the Dify server and at the proxy in front of it.", True
    if status == 401:
        return ProviderMisconfigured, _KEY_MEND, False
    if status == 403:
        return ProviderMisconfigured, _FORBIDDEN, False
    if status < 400 or status in {404, 405}:
        return ProviderMisconfigured, _ADDRESS, False
    return ProviderMisconfigured, _INPUTS, False


def _envelope(body: bytes) -> ErrorBody | None:
    try:
        envelope = msgspec.json.decode(body, type=ErrorBody)
    except UNREADABLE:
        return None
    return envelope if envelope.code else None
