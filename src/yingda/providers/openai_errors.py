"""What a refusal of an OpenAI-compatible server means, and whether it may be tried again.

Decides by code, then by type, then by the server's words where vendors give no code, then by
HTTP status. Knows the envelopes in which errors come; the codes stand in `openai_codes`. Pure.
"""

import msgspec

from yingda.errors import (
    AnswerEmpty,
    AnswerIncomplete,
    ContentRefused,
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
)
from yingda.providers.failures import Failure, cleaned, retry_after_s, said
from yingda.providers.hushing import without_input
from yingda.providers.openai_codes import (
    ADDRESS,
    BUSY,
    FAILED,
    FORBIDDEN,
    KEY,
    QUOTA,
    REFUSED,
    REQUEST,
    TOO_LONG,
    Meaning,
    by_saying,
    by_word,
)
from yingda.providers.payloads import UNREADABLE

#: What an error's detail calls the server.
SERVICE = "the model's server"
_PROXY = Meaning(
    ProviderTimeout, "Raise the read time-out of the proxy in front of the server (600 s or more)."
)
_LENGTH_MEND = "Raise `max_tokens`, or have the model answer more briefly in `system_prompt`."
_TOOLS_MEND = (
    "Nobody here can run tools: take `tools` out of `extra_body`, or choose a plain model."
)
_EMPTY_MEND = (
    "The model gave reasoning alone, or nothing: raise `max_tokens`, or look at its chat template."
)
_REFUSING = frozenset({"content_filter", "sensitive", "safety", "recitation", "blocklist"})
_BY_STATUS = {
    401: KEY,
    402: QUOTA,
    403: FORBIDDEN,
    # A model that is not there is told in words, and an address in no words of its own.
    404: ADDRESS,
    405: ADDRESS,
    # Somebody lost patience, the run may go on: a second try would be a second run.
    408: _PROXY,
    413: TOO_LONG,
    429: BUSY,
    504: _PROXY,
    524: _PROXY,
    529: BUSY,
}


class WireError(msgspec.Struct, frozen=True):
    """What went wrong, in the server's words."""

    message: str | None = None
    type: str | None = None
    code: str | int | None = None


def from_response(status: int, body: bytes, *, retry_after: str | None = None) -> Failure:
    """The meaning of a response that is not the expected one. `retry_after` is the header's."""
    error = error_in(body)
    wait_s = retry_after_s(retry_after)
    return _failure(status, error or WireError(), wait_s)


def from_event(told: object, *, had_begun: bool) -> Failure:
    """The meaning of an error in a stream that was opened with status 200.

    Only a refusal for want of room is safe to repeat, and only as the first word of all: behind
    a chunk, be it of reasoning alone, the model has worked and is paid.
    """
    error = _unframed(told) or WireError()
    code = str(error.code)
    status = int(code) if code.isascii() and code.isdigit() and len(code) == 3 else 500
    failure = _failure(status, error, None)
    if isinstance(failure.error, ProviderBusy) and not had_begun:
        return failure
    return msgspec.structs.replace(failure, repeatable=False)


def from_finish(reason: str, *, has_text: bool) -> ProviderError | None:
    """Why an answer that ended for this reason is no whole one; None when it is whole.

    A reason that is not known is a good one: servers have their own words for a plain stop.
    """
    match reason:
        case "length" | "max_tokens":
            if has_text:
                return AnswerIncomplete("the answer reached its limit of tokens", mend=_LENGTH_MEND)
            return AnswerEmpty("the limit of tokens came before any text", mend=_EMPTY_MEND)
        case "tool_calls" | "function_call" | "tool_use":
            return ProviderMisconfigured("the model asked for a tool", mend=_TOOLS_MEND)
        case "model_context_window_exceeded":
            return ProviderMisconfigured("the model's context is full", mend=TOO_LONG.mend)
        # DeepSeek's and Zhipu's words for a server that gave up.
        case "insufficient_system_resource" | "network_error" | "error" | "abort":
            mend = FAILED.mend
            kind = AnswerIncomplete if has_text else ProviderUnavailable
            return kind("the server gave the answer up", mend=mend)
        case _ if reason in _REFUSING:
            detail = "the vendor's moderation cut the answer off"
            return ContentRefused(detail, mend=REFUSED.mend)
        case _:
            return None


def empty() -> AnswerEmpty:
    """The error of an answer that ended well without text."""
    return AnswerEmpty("the model said nothing", mend=_EMPTY_MEND)


def error_in(body: bytes) -> WireError | None:
    """What an error's body says; None when it is none of this kind of server's."""
    try:
        found = msgspec.json.decode(body)
    except UNREADABLE:
        return None
    # Google's compatible API puts it into a list.
    return _unframed(found[0] if isinstance(found, list) and found else found)


def _unframed(found: object) -> WireError | None:
    """What an object says that is an error, or has one inside; None when it is neither."""
    if isinstance(found, str):
        return WireError(message=found)
    if not isinstance(found, dict):
        return None
    inner = found.get("error")
    if isinstance(inner, dict):
        return _read(inner)
    if isinstance(inner, str):
        return WireError(message=inner, code=_code(found.get("code")))
    return _read(found) if {"message", "detail", "code"} & found.keys() else None


def _read(found: dict[str, object]) -> WireError:
    message = found.get("message") or found.get("detail")
    if isinstance(message, list):
        # FastAPI tells a list of what is wrong where.
        message = without_input(message)
    elif message is not None and not isinstance(message, str):
        message = msgspec.json.encode(message).decode()
    kind = found.get("type") or found.get("status")
    return WireError(
        message=message, type=kind if isinstance(kind, str) else None, code=_code(found.get("code"))
    )


def _code(value: object) -> str | int | None:
    return value if isinstance(value, str | int) else None


def _failure(status: int, error: WireError, wait_s: float | None) -> Failure:
    meaning = _meaning(status, error)
    code = "" if error.code is None else cleaned(str(error.code))
    detail = said(f"{SERVICE} answered {status}" + (f" {code}" if code else ""), error.message)
    return Failure(
        error=meaning.kind(detail, mend=meaning.mend, retry_after_s=wait_s),
        code=code,
        repeatable=meaning.repeatable,
    )


def _meaning(status: int, error: WireError) -> Meaning:
    words = (str(error.code or ""), error.type or "")
    by_code = next((found for word in words if (found := by_word(word)) is not None), None)
    # A type can be as vague as `invalid_request_error`; then the message tells more.
    by_message = by_saying(error.message) if by_code is None and error.message else None
    return by_code or by_message or _by_status(status)


def _by_status(status: int) -> Meaning:
    known = _BY_STATUS.get(status)
    if known is not None:
        return known
    if status >= 500:
        return FAILED
    return ADDRESS if status < 400 else REQUEST
