import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.utils import WeChatSigner

from support.wechat_wire import vector
from yingda.errors import SignatureMismatch, StaleRequest
from yingda.wechat.limits import FRESHNESS_S
from yingda.wechat.signature import SignedQuery, parse_query, sign, verify

TOKEN = "gatewaytoken"
NOW_S = 1_700_000_000


def signed(timestamp: str, nonce: str = "n0nce") -> SignedQuery:
    return SignedQuery(signature=sign(TOKEN, timestamp, nonce), timestamp=timestamp, nonce=nonce)


def check(query: SignedQuery, now_s: float = NOW_S) -> None:
    verify(query, TOKEN, now_s=now_s, freshness_s=FRESHNESS_S)


@pytest.mark.parametrize("example", vector("signatures"))
def test_the_official_examples_are_signed_as_the_pages_say(example: dict[str, str]) -> None:
    assert sign(example["token"], example["timestamp"], example["nonce"]) == example["signature"]


@settings(max_examples=30)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=4))
def test_we_and_a_foreign_library_sign_alike(values: list[str]) -> None:
    signer = WeChatSigner()
    signer.add_data(*values)
    assert sign(*values) == signer.signature


@pytest.mark.parametrize("offset_s", [-300, -1, 0, 5, 300])
def test_a_signed_query_passes_within_the_freshness_window(offset_s: int) -> None:
    query = signed(str(NOW_S))
    check(query, NOW_S + offset_s)
    with pytest.raises(SignatureMismatch):
        check(SignedQuery(signature="0" * 40, timestamp=str(NOW_S), nonce="n0nce"))


@pytest.mark.parametrize(("offset_s", "words"), [(301, "301 s behind"), (-4000, "4000 s ahead of")])
def test_a_stale_query_tells_the_offset_and_the_mend(offset_s: int, words: str) -> None:
    with pytest.raises(StaleRequest) as caught:
        check(signed(str(NOW_S)), NOW_S + offset_s)
    assert words in caught.value.reason
    assert "NTP" in caught.value.mend


@pytest.mark.parametrize(
    "timestamp", ["", " ", "now", "-1700000000", "1e9", "１７０００００００００", "²", "9" * 5000]
)
def test_a_timestamp_that_is_no_number_is_a_mismatch_even_when_signed(timestamp: str) -> None:
    with pytest.raises(SignatureMismatch):
        check(signed(timestamp))


@pytest.mark.parametrize(
    "signature",
    ["", "é" * 40, "\ud800", "0" * 1_000_000, sign(TOKEN, str(NOW_S), "n0nce").upper()],
)
def test_a_forged_or_odd_signature_is_a_mismatch_and_nothing_else(signature: str) -> None:
    with pytest.raises(SignatureMismatch) as caught:
        check(SignedQuery(signature=signature, timestamp=str(NOW_S), nonce="n0nce"))
    assert TOKEN not in caught.value.reason + caught.value.mend


def test_a_signature_without_a_token_proves_nothing() -> None:
    query = SignedQuery(signature=sign("", str(NOW_S), "n"), timestamp=str(NOW_S), nonce="n")
    with pytest.raises(SignatureMismatch, match="no token"):
        verify(query, "", now_s=NOW_S, freshness_s=FRESHNESS_S)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", SignedQuery()),
        (b"&&=&signature", SignedQuery()),
        (b"nonce=1&nonce=2", SignedQuery(nonce="1")),
        (b"nonce=%zz%4", SignedQuery(nonce="%zz%4")),
        (b"nonce=%ff", SignedQuery(nonce="\ufffd")),
        (b"echostr=a%2Bb+c%3D=", SignedQuery(echostr="a+b+c==")),
        (
            b"signature=s&timestamp=1&nonce=2&openid=o&encrypt_type=aes&msg_signature=m",
            SignedQuery("s", "1", "2", "o", "aes", "m"),
        ),
    ],
)
def test_a_query_is_read_tolerantly(raw: bytes, expected: SignedQuery) -> None:
    assert parse_query(raw) == expected


@settings(max_examples=50)
@given(st.binary(max_size=60))
def test_no_query_string_is_ever_an_error_but_a_mismatch(tail: bytes) -> None:
    query = parse_query(b"signature=" + tail + b"&timestamp=" + tail + b"&nonce=" + tail)
    with pytest.raises(SignatureMismatch):
        check(query)
