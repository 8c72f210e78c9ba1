"""What WeChat's answers mean, code by code."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.errors import ApiKind, ApiRefused
from yingda.wechat.api_base import ApiAnswer
from yingda.wechat.api_errors import advice_for, refusal, values_of
from yingda.wechat.api_mends import ADVICE, FOREIGN, UNKNOWN, WRONG_SECRET, Advice

KINDS = {
    45015: ApiKind.WINDOW_CLOSED,
    45047: ApiKind.QUOTA_USED,
    45080: ApiKind.NO_TYPING,
    48001: ApiKind.NOT_ALLOWED,
    48004: ApiKind.NOT_ALLOWED,
    48008: ApiKind.NOT_ALLOWED,
    40200: ApiKind.NOT_ALLOWED,
    50001: ApiKind.NOT_ALLOWED,
    50002: ApiKind.NOT_ALLOWED,
    43004: ApiKind.NOT_FOLLOWING,
    50005: ApiKind.NOT_FOLLOWING,
    40003: ApiKind.NOT_FOLLOWING,
    43019: ApiKind.NOT_FOLLOWING,
    46004: ApiKind.NOT_FOLLOWING,
    48002: ApiKind.NOT_FOLLOWING,
    40001: ApiKind.TOKEN,
    40014: ApiKind.TOKEN,
    42001: ApiKind.TOKEN,
    -1: ApiKind.BUSY,
    45011: ApiKind.BUSY,
    45009: ApiKind.DAILY_LIMIT,
    45002: ApiKind.TOO_LONG,
    40013: ApiKind.CONFIGURATION,
    40125: ApiKind.CONFIGURATION,
    40164: ApiKind.CONFIGURATION,
    40201: ApiKind.CONFIGURATION,
    40243: ApiKind.CONFIGURATION,
    41002: ApiKind.CONFIGURATION,
    41004: ApiKind.CONFIGURATION,
    42007: ApiKind.CONFIGURATION,
    43003: ApiKind.CONFIGURATION,
}
#: Sections 11.2, 12, 13, 15, 16 and 20 of the reference.
DOCUMENTED = {
    *KINDS,
    *range(40002, 40029),
    *(40033, 40035, 40038, 40039, 40119, 40120, 40132, 40137, 40202, 40203),
    *(41001, 41005, 41006, 41009, 43001, 43002, 44001, 44002, 44003, 44004),
    *range(45001, 45009),
    *(45010, 45072, 45081, 45103, 45106, 45109, 46003, 47001, 48006, 65316),
    *range(61450, 61458),
    *(65400, 65401, 65413, 65414),
}


def answer(body: bytes, status: int = 200, content_type: str = "application/json") -> ApiAnswer:
    return ApiAnswer(status, {"content-type": content_type}, body)


def refused_by(
    body: bytes, status: int = 200, content_type: str = "application/json"
) -> ApiRefused:
    with pytest.raises(ApiRefused) as caught:
        values_of(answer(body, status, content_type))
    return caught.value


@pytest.mark.parametrize("code", sorted(DOCUMENTED))
def test_every_documented_code_has_a_meaning_and_its_class(code: int) -> None:
    refused = refused_by(json.dumps({"errcode": code, "errmsg": "said"}).encode())
    assert refused.code == code
    assert refused.kind is KINDS.get(code, ApiKind.OTHER)
    assert advice_for(refused) is not UNKNOWN
    assert f"{code}: said" in refused.detail


@pytest.mark.parametrize("advice", [*ADVICE.values(), FOREIGN, UNKNOWN, WRONG_SECRET])
def test_both_languages_are_filled_and_name_the_same_places(advice: Advice) -> None:
    for sentence in filter(None, advice):
        assert sentence.zh.strip()
        assert sentence.en.isascii()
        assert _names(sentence.zh) == _names(sentence.en)


def _names(template: str) -> set[str]:
    return {str(name) for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("kind", [ApiKind.CONFIGURATION, ApiKind.NOT_ALLOWED, ApiKind.DAILY_LIMIT])
def test_what_an_operator_has_to_act_on_has_a_mend(kind: ApiKind) -> None:
    codes = [code for code, own in KINDS.items() if own is kind]
    assert codes
    assert all(refusal(code, "").mend for code in codes)


@pytest.mark.parametrize("body", [b'{"errcode":0,"errmsg":"ok"}', b'{"ip_list":[]}', b"{}"])
def test_no_errcode_or_zero_is_success(body: bytes) -> None:
    assert values_of(answer(body)) == json.loads(body)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"<html>502 Bad Gateway</html>", 502),
        (b"<html>sign in to the network</html>", 200),
        (b'{"errcode":0', 200),
        (b"", 200),
        (b"[]", 200),
        (b'{"errcode":"none"}', 200),
        (b"\xff\xfe", 200),
        (b'{"errcode":0}', 404),
        (b"[" * 100_000, 200),
    ],
)
def test_an_answer_that_is_none_of_wechats_is_other_without_a_code(
    body: bytes, status: int
) -> None:
    refused = refused_by(body, status, "text/html; charset=UTF-8")
    assert (refused.kind, refused.code) == (ApiKind.OTHER, None)
    assert f"status {status}, text/html" in refused.detail
    assert advice_for(refused) is FOREIGN


def test_an_unknown_code_is_other_with_code_and_message() -> None:
    refused = refused_by(b'{"errcode":99999,"errmsg":"something new"}')
    assert (refused.kind, refused.code) == (ApiKind.OTHER, 99999)
    assert "something new" in refused.detail


def test_the_address_that_is_not_on_the_list_is_named_in_both_languages() -> None:
    message = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 64c8f6d1-2f3b"
    refused = refusal(40164, message)
    advice = advice_for(refused)
    assert refused.caller_ip == "203.0.113.7"
    assert advice.mend is not None
    for text in (refused.detail, refused.mend, *advice.said, *advice.mend):
        assert "203.0.113.7" in text
        assert "{" not in text


@pytest.mark.parametrize(
    ("message", "rid"),
    [
        ("api unauthorized rid: 64c8f6d1-2f3b0a1c-0d1e2f3a", "64c8f6d1-2f3b0a1c-0d1e2f3a"),
        ("hint: [abcd] rid:64c8f6d1-2f3b0a1c", "64c8f6d1-2f3b0a1c"),
        ("ok", ""),
    ],
)
def test_the_rid_that_support_asks_for_is_kept(message: str, rid: str) -> None:
    assert refusal(48001, message).rid == rid


def test_40001_means_the_secret_where_a_token_is_asked_for() -> None:
    refused = refusal(40001, "invalid credential", for_token=True)
    assert refused.kind is ApiKind.CONFIGURATION
    assert advice_for(refused) is WRONG_SECRET
    assert "AppSecret" in refused.mend


def test_a_token_that_wechat_repeats_is_not_repeated_by_us() -> None:
    refused = refusal(40014, "invalid access_token 68_" + "Ab9_-" * 27 + " rid: 64c8f6d1-2f3b")
    assert "Ab9_-" not in refused.detail
    assert refused.rid


@given(st.binary(max_size=200), st.integers(100, 599))
def test_no_answer_whatever_raises_anything_else(body: bytes, status: int) -> None:
    try:
        values = values_of(answer(body, status))
    except ApiRefused as refused:
        assert refused.detail  # noqa: PT017 - either end is right, nothing else is
    else:
        assert isinstance(values, dict)
