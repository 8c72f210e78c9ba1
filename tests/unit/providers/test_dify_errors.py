"""Refusals by code and status, and which may be tried again."""

import json

import pytest

from yingda.errors import (
    ConversationGone,
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
)
from yingda.providers.dify_errors import from_event, from_response
from yingda.providers.failures import Failure, retry_delay_s


def body(code: str, message: str = "whatever") -> bytes:
    return json.dumps({"code": code, "message": message, "status": 400}).encode()


HTML = b"<html>error 1015</html>"


@pytest.mark.parametrize(
    ("status", "sent", "kind", "repeatable"),
    [
        (400, body("invalid_param"), ProviderMisconfigured, False),
        (400, body("bad_request"), ProviderMisconfigured, False),
        (400, body("app_unavailable"), ProviderMisconfigured, False),
        (400, body("not_chat_app"), ProviderMisconfigured, False),
        (400, body("agent_not_published"), ProviderMisconfigured, False),
        (400, body("provider_not_initialize"), ProviderMisconfigured, False),
        (400, body("provider_quota_exceeded"), QuotaExhausted, False),
        (400, body("model_currently_not_support"), ProviderMisconfigured, False),
        (400, body("completion_request_error"), ProviderUnavailable, False),
        (400, body("conversation_completed"), ConversationGone, False),
        (400, body("never_heard_of"), ProviderMisconfigured, False),
        (401, body("unauthorized"), ProviderMisconfigured, False),
        (401, b"", ProviderMisconfigured, False),
        (402, HTML, QuotaExhausted, False),
        (403, body("forbidden"), ProviderMisconfigured, False),
        (403, HTML, ProviderMisconfigured, False),
        (404, HTML, ProviderMisconfigured, False),
        (301, HTML, ProviderMisconfigured, False),
        (200, HTML, ProviderMisconfigured, False),
        (429, body("too_many_requests"), ProviderBusy, True),
        (429, body("rate_limit_error"), QuotaExhausted, False),
        (429, HTML, ProviderBusy, True),
        (500, body("internal_server_error"), ProviderUnavailable, True),
        (502, HTML, ProviderUnavailable, True),
        (503, b"\xff\x00", ProviderUnavailable, True),
        (504, HTML, ProviderTimeout, False),
        (520, HTML, ProviderUnavailable, True),
        (524, HTML, ProviderTimeout, False),
    ],
)
def test_a_refusal_is_known_by_code_and_status(
    status: int, sent: bytes, kind: type[ProviderError], *, repeatable: bool
) -> None:
    failure = from_response(status, sent)
    assert type(failure.error) is kind
    assert failure.repeatable is repeatable
    assert failure.error.mend


def test_a_404_on_a_stored_conversation_means_that_it_is_gone() -> None:
    failure = from_response(404, body("not_found"), in_conversation=True)
    assert isinstance(failure.error, ConversationGone)
    assert failure.conversation_lost


@pytest.mark.parametrize(
    ("sent", "stored"), [(HTML, True), (HTML, False), (body("not_found"), False)]
)
def test_any_other_404_points_at_the_base_url(sent: bytes, *, stored: bool) -> None:
    failure = from_response(404, sent, in_conversation=stored)
    assert "base URL" in failure.error.mend
    assert not failure.conversation_lost


@pytest.mark.parametrize(
    ("code", "status", "kind", "repeatable"),
    [
        ("too_many_requests", 429, ProviderBusy, True),
        ("internal_server_error", 500, ProviderUnavailable, False),
        ("provider_quota_exceeded", 400, QuotaExhausted, False),
        (None, 500, ProviderUnavailable, False),
        ("conversation_completed", 400, ConversationGone, False),
    ],
)
def test_an_error_event_means_the_same_but_only_want_of_room_may_be_repeated(
    code: str | None, status: int, kind: type[ProviderError], *, repeatable: bool
) -> None:
    failure = from_event(code, status, "message", had_begun=False)
    assert type(failure.error) is kind
    assert failure.repeatable is repeatable


def test_details_show_neither_keys_nor_whole_documents() -> None:
    said = "Incorrect API key sk-abcdefgh12345678 for app-abcdefgh12345678 " + "x" * 5000
    detail = from_response(400, body("completion_request_error", said)).error.detail
    assert "abcdefgh" not in detail
    assert len(detail) < 300


BUSY = Failure(error=ProviderBusy("busy"), repeatable=True)


def busy_for(seconds: float) -> Failure:
    return Failure(error=ProviderBusy("busy", retry_after_s=seconds), repeatable=True)


@pytest.mark.parametrize(
    ("failure", "tries_made", "delay_s"),
    [
        (BUSY, 1, 0.5),
        (BUSY, 2, 2.0),
        (BUSY, 3, None),
        (busy_for(4.0), 1, 4.0),
        (busy_for(0.0), 2, 2.0),
        (busy_for(10.0), 1, 10.0),
        (busy_for(11.0), 1, None),
        (Failure(error=ProviderTimeout("late")), 1, None),
        (Failure(error=ProviderUnavailable("reset")), 1, None),
    ],
)
def test_only_what_is_safe_is_tried_again_and_not_for_ever(
    failure: Failure, tries_made: int, delay_s: float | None
) -> None:
    assert retry_delay_s(failure, tries_made=tries_made, tries=3) == delay_s


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), (" 7 ", 7.0), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None), ("٣", None)],
)
def test_retry_after_is_taken_in_seconds_only(header: str, seconds: float | None) -> None:
    failure = from_response(429, body("too_many_requests"), retry_after=header)
    assert failure.error.retry_after_s == seconds
