"""Why a request to an AI back end failed, and whether it may be sent once more.

What every provider's errors have in common; what a vendor's codes mean, its own module knows.
Pure: it decides; others send and wait.
"""

import re

import msgspec

from yingda.errors import ProviderError

#: Waits before the second and third try, in seconds. Our choice: a busy slot is freed by an
#: answer that ends, and a follower is waiting within WeChat's 15 s.
BACKOFF_S = (0.5, 2.0)
#: Our choice: a longer Retry-After is told to the caller, not waited for.
RETRY_AFTER_LIMIT_S = 10.0
#: Our choice: enough to recognise what the provider says, too little to carry a document.
_DETAIL_LIMIT_CHARS = 200
#: Keys of Dify (`app-`) and of the usual model vendors (`sk-`), and bearer tokens.
_KEY = re.compile(r"\b(?:app|sk|dataset)-[\w-]{8,}|(?i:bearer)\s+\S+")


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why one request or run failed, and what that allows."""

    error: ProviderError
    #: The provider's own word for it; empty where none came.
    code: str = ""
    #: The HTTP status that told of it; 0 where none did.
    status: int = 0
    #: Whether the provider certainly did no work for it, so that asking again costs no second
    #: answer.
    repeatable: bool = False
    #: Whether the same question without the stored conversation may succeed.
    conversation_lost: bool = False


class RunFailed(Exception):
    """Brings a `Failure` from where it was seen to where the policy is applied."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.error.detail)
        self.failure = failure


def retry_delay_s(failure: Failure, *, tries_made: int, tries: int) -> float | None:
    """How long to wait before asking again, in seconds; None when it must not be asked again.

    `tries_made` counts the requests sent so far, `tries` is the most that may be sent. The
    caller asks only while no text has come.
    """
    if not failure.repeatable or tries_made >= tries:
        return None
    backoff_s = BACKOFF_S[min(tries_made, len(BACKOFF_S)) - 1]
    asked_s = failure.error.retry_after_s
    if asked_s is None:
        return backoff_s
    return max(asked_s, backoff_s) if asked_s <= RETRY_AFTER_LIMIT_S else None


def retry_after_s(header: str | None) -> float | None:
    """The header's seconds (RFC 9110 10.2.3); its other form, a date, is not used here."""
    text = (header or "").strip()
    # Nine digits are thirty years; int() itself refuses over 4300.
    return float(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None


def said(what: str, message: str | None) -> str:
    """What failed, with the provider's own words where there are any."""
    return f"{what}: {cleaned(message)}" if message else what


def cleaned(text: str) -> str:
    """Foreign text, on one line, clipped, and without anything that looks like a key."""
    one_line = " ".join(_KEY.sub("[key]", text).split())
    return one_line[:_DETAIL_LIMIT_CHARS]
