"""Refusals of OpenAI and of those who call themselves compatible, as they write them."""

import json

import pytest

from yingda.errors import (
    ContentRefused,
    PictureUnusable,
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderTimeout,
    ProviderUnavailable,
    QuotaExhausted,
)
from yingda.providers.openai_codes import (
    ADDRESS,
    FORBIDDEN,
    KEY,
    MODEL,
    REQUEST,
    TOO_LONG,
    Meaning,
)
from yingda.providers.openai_errors import from_event, from_response

HTML = b"<html>502</html>"


def framed(message: str, **more: object) -> bytes:
    return json.dumps({"error": {"message": message, **more}}).encode()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        # OpenAI
        (429, framed("x", type="insufficient_quota", code="insufficient_quota"), QuotaExhausted),
        (429, framed("slow", type="requests", code="rate_limit_exceeded"), ProviderBusy),
        (400, framed("no", type="image_error", code="content_policy_violation"), ContentRefused),
        (400, framed("bad", code="invalid_image_url"), PictureUnusable),
        (503, framed("overloaded", type="overloaded_error"), ProviderBusy),
        # DeepSeek
        (402, framed("Insufficient Balance", type="unknown_error"), QuotaExhausted),
        (400, framed("Content Exists Risk", type="invalid_request_error"), ContentRefused),
        (422, framed("bad parameter", type="invalid_request_error"), ProviderMisconfigured),
        # Alibaba
        (400, framed("good standing", code="Arrearage", type="Arrearage"), QuotaExhausted),
        (400, framed("inappropriate", code="data_inspection_failed"), ContentRefused),
        (400, b'{"code":"DataInspectionFailed","message":"x"}', ContentRefused),
        (429, framed("x", code="Throttling.RateQuota"), ProviderBusy),
        (429, framed("x", code="limit_requests", type="limit_requests"), ProviderBusy),
        (403, framed("x", code="AllocationQuota.FreeTierOnly"), QuotaExhausted),
        # Moonshot
        (429, framed("x", type="exceeded_current_quota_error"), QuotaExhausted),
        (429, framed("x", type="rate_limit_reached_error"), ProviderBusy),
        (429, framed("x", type="engine_overloaded_error"), ProviderBusy),
        (400, framed("high risk", type="content_filter"), ContentRefused),
        # Zhipu
        (429, framed("余额不足或无可用资源包", code="1113"), QuotaExhausted),
        (400, framed("不安全或敏感内容", code="1301"), ContentRefused),
        (429, framed("x", code="1302"), ProviderBusy),
        (429, framed("x", code="1303"), ProviderBusy),
        (429, framed("x", code="1305"), ProviderBusy),
        # SiliconFlow
        (403, b'{"code":30001,"message":"balance is insufficient","data":null}', QuotaExhausted),
        (503, b'{"code":50505,"message":"Model service overloaded"}', ProviderBusy),
        # OpenRouter
        (402, framed("Insufficient credits", code=402), QuotaExhausted),
        (403, framed("Your input was flagged", code=403), ContentRefused),
        (408, framed("Request timed out", code=408), ProviderTimeout),
        (502, framed("Provider returned error", code=502), ProviderUnavailable),
        # Gateways
        (403, framed("x", code="insufficient_user_quota"), QuotaExhausted),
        (400, framed("x", code="sensitive_words_detected"), ContentRefused),
        (400, framed("this model does not support image input"), PictureUnusable),
        (400, b'{"detail":[{"loc":["body","messages"],"msg":"bad"}]}', ProviderMisconfigured),
        (400, b'[{"error":{"code":400,"message":"bad","status":"FAILED_PRECONDITION"}}]',
         ProviderMisconfigured),
        (500, HTML, ProviderUnavailable),
        (504, HTML, ProviderTimeout),
        (524, HTML, ProviderTimeout),
        (529, b"", ProviderBusy),
        (429, HTML, ProviderBusy),
    ],
)  # fmt: skip
def test_each_vendors_refusal_is_told_apart(
    status: int, body: bytes, kind: type[ProviderError]
) -> None:
    error = from_response(status, body).error
    assert type(error) is kind
    assert error.mend


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (401, framed("Incorrect API key provided", code="invalid_api_key"), KEY),
        (401, framed("Invalid Authentication", type="invalid_authentication_error"), KEY),
        (401, b'"Invalid token"', KEY),
        (401, framed("x", code="1002"), KEY),
        (401, b"", KEY),
        (403, framed("Access denied", code="access_denied"), FORBIDDEN),
        (403, HTML, FORBIDDEN),
        (404, framed("model 'x' not found, try pulling it first", type="api_error"), MODEL),
        (404, framed("The model `x` does not exist", code="model_not_found"), MODEL),
        (404, b'{"object":"error","message":"The model `x` does not exist.","code":404}', MODEL),
        (400, framed("Model Not Exist", type="invalid_request_error"), MODEL),
        (400, b'{"code":20012,"message":"Model does not exist.","data":null}', MODEL),
        (400, framed("x", code="1211"), MODEL),
        (503, framed("no channel", code="model_not_found"), MODEL),
        (400, framed("x", code="context_length_exceeded"), TOO_LONG),
        (400, framed("This model's maximum context length is 8192 tokens.", code=400), TOO_LONG),
        (400, framed("Your request exceeded model token limit : 8192"), TOO_LONG),
        (400, framed("Range of input length should be [1, 6000]"), TOO_LONG),
        (400, framed("x", code="1261"), TOO_LONG),
        (400, framed("x", type="exceed_context_size_error", code=400), TOO_LONG),
        (413, HTML, TOO_LONG),
        (404, framed("No endpoints found for x.", code=404), MODEL),
        (404, b'{"detail":"Not Found"}', ADDRESS),
        (404, HTML, ADDRESS),
        (405, b"", ADDRESS),
        (301, HTML, ADDRESS),
        (200, HTML, ADDRESS),
        (400, framed("temperature must be at most 1", type="invalid_request_error"), REQUEST),
        (422, b"", REQUEST),
    ],
)  # fmt: skip
def test_what_the_operator_has_to_mend_is_told_apart(
    status: int, body: bytes, meaning: Meaning
) -> None:
    error = from_response(status, body).error
    assert type(error) is meaning.kind is ProviderMisconfigured
    assert error.mend == meaning.mend


def test_only_what_did_no_work_may_be_asked_again() -> None:
    assert from_response(429, b"").repeatable
    assert from_response(503, HTML).repeatable
    assert not from_response(504, HTML).repeatable
    assert not from_response(429, framed("x", code="insufficient_quota")).repeatable
    assert not from_response(401, b"").repeatable


def test_in_a_stream_only_a_want_of_room_may_be_asked_again() -> None:
    word = {"error": {"message": "x", "code": "rate_limit_exceeded"}}
    status = {"error": {"message": "x", "code": 429}}
    assert from_event(word, had_begun=False).repeatable
    assert from_event(status, had_begun=False).repeatable
    assert not from_event(word, had_begun=True).repeatable
    assert not from_event(status, had_begun=True).repeatable
    assert not from_event({"error": {"message": "x", "code": 502}}, had_begun=False).repeatable
    assert not from_event({"error": {"message": "x"}}, had_begun=False).repeatable


def test_a_wait_that_is_asked_for_is_passed_on() -> None:
    assert from_response(429, b"", retry_after="7").error.retry_after_s == 7.0
    assert from_response(429, b"", retry_after="soon").error.retry_after_s is None


def test_an_errors_detail_is_one_short_line_without_a_key() -> None:
    message = "Incorrect API key provided: sk-abcdefgh12345678.\n" + "x" * 1000
    detail = from_response(401, framed(message)).error.detail
    assert "sk-" not in detail
    assert "\n" not in detail
    assert len(detail) < 300
