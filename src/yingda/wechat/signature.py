"""The signed query string that WeChat puts on every request.

Knows how a query is read, signed and compared. Refuses to know bodies, and which requests were
seen before: a repeat carries its first attempt's query string, so that must not be refused.
"""

import hashlib
import hmac
from urllib.parse import unquote_to_bytes

import msgspec

from yingda.errors import SignatureMismatch, StaleRequest

#: Digits of a timestamp that are read at all. Our choice: Unix seconds have ten; enough to tell
#: the offset of one in milliseconds, and small enough to cost nothing.
_TIMESTAMP_DIGITS = 20


class SignedQuery(msgspec.Struct, frozen=True):
    """The parameters of a request that matter; "" where one is absent."""

    signature: str = ""
    timestamp: str = ""
    nonce: str = ""
    openid: str = ""
    encrypt_type: str = ""
    msg_signature: str = ""
    echostr: str = ""


def parse_query(raw: bytes) -> SignedQuery:
    """Read a raw query string; never raises.

    Of a repeated name the first value counts, a broken percent escape stays as it is, bytes
    that are no UTF-8 become U+FFFD. A plus sign stays one: no parameter ever holds a blank, and
    base64 may hold a plus.
    """
    values: dict[bytes, bytes] = {}
    for pair in raw.split(b"&"):
        name, _, value = pair.partition(b"=")
        values.setdefault(name, value)
    return SignedQuery(
        _text(values, b"signature"),
        _text(values, b"timestamp"),
        _text(values, b"nonce"),
        _text(values, b"openid"),
        _text(values, b"encrypt_type"),
        _text(values, b"msg_signature"),
        _text(values, b"echostr"),
    )


def _text(values: dict[bytes, bytes], name: bytes) -> str:
    value = values.get(name, b"")
    if b"%" in value:
        value = unquote_to_bytes(value)
    return value.decode("utf-8", "replace")


def sign(*values: str) -> str:
    """The lower-case hex SHA-1 of the values, sorted by their bytes and joined.

    Source: official pages on the server configuration (three values) and on encryption (four).
    """
    ordered = sorted([value.encode("utf-8", "surrogatepass") for value in values])
    # The protocol prescribes SHA-1; the flag lets it run where a policy forbids it elsewhere.
    return hashlib.sha1(b"".join(ordered), usedforsecurity=False).hexdigest()


def matches(claimed: str, *values: str) -> bool:
    """Whether `claimed` is the signature of `values`, compared in constant time."""
    return hmac.compare_digest(
        sign(*values).encode("ascii"), claimed.encode("utf-8", "surrogatepass")
    )


def verify(query: SignedQuery, token: str, *, now_s: float, freshness_s: float) -> None:
    """Pass a query that was signed with `token` within `freshness_s` of `now_s` (Unix seconds).

    Raises SignatureMismatch when it is unsigned or forged, and StaleRequest when the signature
    is right but its timestamp lies too far back or ahead. The signature does not cover the body.
    """
    if not token:
        raise SignatureMismatch(
            "no token is set, so that nothing can be verified",
            "set the token that the account's console shows under server configuration",
        )
    if not matches(query.signature, token, query.timestamp, query.nonce):
        raise SignatureMismatch(
            "the query is not signed with this account's token"
            if query.signature
            else "the query carries no signature",
            "if WeChat itself is refused: the token here and the one in the account's console"
            " differ; copy it again, without blanks",
        )
    age_s = now_s - _timestamp_s(query.timestamp)
    if abs(age_s) > freshness_s:
        raise StaleRequest(
            f"the signed timestamp is {abs(age_s):.0f} s {'behind' if age_s > 0 else 'ahead of'}"
            f" this machine's clock; {freshness_s:.0f} s are allowed",
            "if every push shows this offset, this machine's clock is off: synchronise it by NTP",
        )


def _timestamp_s(timestamp: str) -> int:
    digits = timestamp.isascii() and timestamp.isdigit()
    if not digits or len(timestamp) > _TIMESTAMP_DIGITS:
        raise SignatureMismatch("the signed timestamp is no number of seconds")
    return int(timestamp)
