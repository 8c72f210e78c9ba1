import base64

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto

from support.wechat_wire import (
    APP_ID,
    ENCODING_AES_KEY,
    OTHER_AES_KEY,
    TOKEN,
    golden_push,
    safe_envelope,
    vector,
)
from yingda.errors import (
    BodyMalformed,
    BodyTooLarge,
    ConfigurationError,
    EnvelopeInvalid,
    Fault,
    PlainBodyRefused,
)
from yingda.wechat.envelope import AesKey, EncryptionKeyMissing, Envelope
from yingda.wechat.limits import BODY_LIMIT_BYTES, SUCCESS
from yingda.wechat.messages import TextMessage, decode
from yingda.wechat.signature import SignedQuery, sign
from yingda.wechat.xml_tree import read

PLAIN = golden_push("text")
RANDOM = b"0123456789abcdef"
ORACLE = WeChatCrypto(TOKEN, ENCODING_AES_KEY, APP_ID)
XML_CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")


def seal(envelope: Envelope, clear: bytes, key: str = ENCODING_AES_KEY) -> bytes:
    return envelope.seal(
        clear, AesKey.parse(key), timestamp_s=1_700_000_001, nonce="n0nce", random16=RANDOM
    )


def query_for(body: bytes, token: str = TOKEN) -> SignedQuery:
    encrypted = read(body).text("encrypt")
    return SignedQuery(
        timestamp="1700000001",
        nonce="n0nce",
        msg_signature=sign(token, "1700000001", "n0nce", encrypted),
    )


def encrypted_body(payload: bytes) -> bytes:
    encrypted = base64.b64encode(AesKey.parse(ENCODING_AES_KEY).encrypt(payload)).decode()
    return f"<xml><Encrypt>{encrypted}</Encrypt></xml>".encode()


def padded(payload: bytes) -> bytes:
    pad = 32 - len(payload) % 32
    return payload + bytes([pad]) * pad


def test_the_official_json_push_opens() -> None:
    example = vector("official_json_push")
    envelope = Envelope(
        token=example["token"],
        app_id=example["app_id"],
        keys=(AesKey.parse(example["encoding_aes_key"]),),
    )
    query = SignedQuery(
        timestamp=example["timestamp"],
        nonce=example["nonce"],
        msg_signature=example["msg_signature"],
    )
    body = msgspec.json.encode({"ToUserName": "gh_x", "Encrypt": example["encrypt"]})
    opened = envelope.open(body, query)
    assert len(opened.clear) == example["clear_bytes"]
    assert msgspec.json.decode(opened.clear)["Event"] == example["event"]


def test_our_xml_push_opens_and_is_sealed_to_the_same_bytes() -> None:
    example = vector("own_xml_push")
    envelope = safe_envelope()
    body = f"<xml><ToUserName>gh_test</ToUserName><Encrypt>{example['encrypt']}</Encrypt></xml>"
    query = SignedQuery(
        timestamp=example["timestamp"],
        nonce=example["nonce"],
        msg_signature=example["msg_signature"],
    )
    opened = envelope.open(body.encode(), query)
    assert opened.clear.decode() == example["clear"]
    sealed = envelope.seal(
        opened.clear,
        opened.key,
        timestamp_s=int(example["timestamp"]),
        nonce=example["nonce"],
        random16=example["random"].encode(),
    )
    nodes = read(sealed)
    assert nodes.text("encrypt") == example["encrypt"]
    assert nodes.text("msgsignature") == example["msg_signature"]
    assert nodes.text("timestamp") == example["timestamp"]
    assert nodes.text("nonce") == example["nonce"]


@settings(max_examples=40, deadline=None)
@given(st.text(XML_CHARACTERS, max_size=200))
def test_a_foreign_library_opens_what_we_seal(text: str) -> None:
    sealed = seal(safe_envelope(), text.encode())
    if not text.encode():
        assert sealed == b""
        return
    signature = read(sealed).text("msgsignature")
    assert ORACLE.decrypt_message(sealed, signature, "1700000001", "n0nce") == text


@settings(max_examples=40, deadline=None)
@given(st.text(XML_CHARACTERS, max_size=200))
def test_we_open_what_a_foreign_library_encrypts(text: str) -> None:
    body = ORACLE.encrypt_message(text, "n0nce", "1700000001").encode()
    assert safe_envelope().open(body, query_for(body)).clear == text.encode()


@pytest.mark.parametrize("size", range(64))
def test_every_padding_length_opens_again(size: int) -> None:
    clear = b"x" * (size + 1)
    body = seal(safe_envelope(), clear)
    assert safe_envelope().open(body, query_for(body)).clear == clear


def test_the_previous_key_still_opens_and_is_named_for_the_reply() -> None:
    current, previous = AesKey.parse(OTHER_AES_KEY), AesKey.parse(ENCODING_AES_KEY)
    envelope = Envelope(token=TOKEN, app_id=APP_ID, keys=(current, previous))
    body = seal(envelope, PLAIN)
    opened = envelope.open(body, query_for(body))
    assert opened.clear == PLAIN
    assert opened.key is previous


def test_in_compatible_mode_only_the_encrypted_part_counts() -> None:
    encrypted = read(seal(safe_envelope(), PLAIN)).text("encrypt")
    forged = golden_push("link").replace(
        b"</xml>", f"<Encrypt>{encrypted}</Encrypt></xml>".encode()
    )
    opened = safe_envelope().open(forged, query_for(forged))
    assert isinstance(decode(opened.clear), TextMessage)


@pytest.mark.parametrize("encrypt_type", ["", "raw", "aes"])
def test_with_a_key_a_plain_body_is_refused_whatever_the_query_says(encrypt_type: str) -> None:
    with pytest.raises(PlainBodyRefused) as caught:
        safe_envelope().open(PLAIN, SignedQuery(encrypt_type=encrypt_type))
    assert "plain mode" in caught.value.mend
    assert caught.value.fault is Fault.OPERATOR


def test_without_keys_a_plain_body_is_itself() -> None:
    assert Envelope(token=TOKEN).open(PLAIN, SignedQuery()).clear is PLAIN
    about_encryption = PLAIN.replace("你好".encode(), b"how does Encrypt work")
    assert Envelope(token=TOKEN).open(about_encryption, SignedQuery()).clear == about_encryption


def test_without_keys_an_encrypted_body_is_the_operators_to_mend() -> None:
    with pytest.raises(EncryptionKeyMissing) as caught:
        Envelope(token=TOKEN).open(seal(safe_envelope(), PLAIN), SignedQuery())
    assert caught.value.fault is Fault.OPERATOR
    assert "EncodingAESKey" in caught.value.mend


@pytest.mark.parametrize("signature", ["", "0" * 40, "é", "\ud800"])
def test_an_encrypted_body_without_its_own_signature_is_refused(signature: str) -> None:
    body = seal(safe_envelope(), PLAIN)
    query = msgspec.structs.replace(query_for(body), msg_signature=signature)
    with pytest.raises(EnvelopeInvalid, match="msg_signature"):
        safe_envelope().open(body, query)


TAIL = APP_ID.encode()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<xml><Encrypt>%%%</Encrypt></xml>", id="no base64"),
        pytest.param("<xml><Encrypt>密</Encrypt></xml>".encode(), id="no ASCII"),
        pytest.param(b"<xml><Encrypt>AAAA</Encrypt></xml>", id="no whole block"),
        pytest.param(encrypted_body(RANDOM), id="half a padding block"),
        pytest.param(encrypted_body(padded(RANDOM)), id="no length"),
        pytest.param(
            encrypted_body(padded(RANDOM + b"\0\0\0\1x" + b"wxother")), id="foreign AppID"
        ),
        pytest.param(encrypted_body(padded(RANDOM + b"\0\0\0\1x")), id="no AppID"),
        pytest.param(encrypted_body(padded(RANDOM + b"\xff\xff\xff\xffx" + TAIL)), id="too long"),
        pytest.param(encrypted_body(padded(RANDOM + b"\0\0\0\0x" + TAIL)), id="too short"),
        pytest.param(encrypted_body(bytes(64)), id="padding of zero"),
        pytest.param(encrypted_body(b"x" * 31 + b"\x21"), id="padding over a block"),
        pytest.param(encrypted_body(b"x" * 30 + b"\x01\x02"), id="uneven padding"),
        pytest.param(seal(safe_envelope(), PLAIN, OTHER_AES_KEY), id="another key"),
    ],
)
def test_every_way_not_to_open_is_one_error(body: bytes) -> None:
    with pytest.raises(EnvelopeInvalid) as caught:
        safe_envelope().open(body, query_for(body))
    assert caught.value.reason == "the encrypted body does not open"


SEALED = seal(safe_envelope(), PLAIN)
SEALED_QUERY = query_for(SEALED)
ENCRYPT_BEGIN = SEALED.index(b"<Encrypt><![CDATA[") + len(b"<Encrypt><![CDATA[")
ENCRYPT_END = SEALED.index(b"]]></Encrypt>")


@settings(max_examples=100, deadline=None)
@given(st.integers(ENCRYPT_BEGIN, ENCRYPT_END - 1), st.integers(1, 255))
def test_a_tampered_encrypted_part_never_opens(position: int, change: int) -> None:
    body = bytearray(SEALED)
    body[position] ^= change
    with pytest.raises((EnvelopeInvalid, BodyMalformed, PlainBodyRefused)):
        safe_envelope().open(bytes(body), SEALED_QUERY)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_no_tampering_anywhere_changes_what_opens(position: int, change: int) -> None:
    body = bytearray(SEALED)
    body[position] ^= change
    try:
        opened = safe_envelope().open(bytes(body), SEALED_QUERY)
    except (EnvelopeInvalid, BodyMalformed, PlainBodyRefused):
        assert body != SEALED
    else:
        assert opened.clear == PLAIN


def test_an_over_long_body_is_refused_before_it_is_read() -> None:
    with pytest.raises(BodyTooLarge):
        safe_envelope().open(b"<" * (BODY_LIMIT_BYTES + 1), SignedQuery())


@pytest.mark.parametrize("clear", [SUCCESS, b""])
def test_success_and_silence_are_never_sealed(clear: bytes) -> None:
    assert seal(safe_envelope(), clear) == clear


def test_without_a_key_a_reply_stays_in_clear() -> None:
    sealed = Envelope(token=TOKEN).seal(PLAIN, None, timestamp_s=1, nonce="n", random16=b"")
    assert sealed is PLAIN


def test_a_short_random_head_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        safe_envelope().seal(
            PLAIN, AesKey.parse(ENCODING_AES_KEY), timestamp_s=1, nonce="n", random16=b"short"
        )


@pytest.mark.parametrize("nonce", ["]]>", "a\x00b", "\ud800"])
def test_any_nonce_is_signed_as_it_is_written(nonce: str) -> None:
    sealed = safe_envelope().seal(
        PLAIN, AesKey.parse(ENCODING_AES_KEY), timestamp_s=7, nonce=nonce, random16=RANDOM
    )
    nodes = read(sealed)
    expected = sign(TOKEN, "7", nodes.raw("nonce"), nodes.text("encrypt"))
    assert nodes.text("msgsignature") == expected


@pytest.mark.parametrize(
    "key", ["", "A" * 42, "A" * 44, "A" * 42 + "=", "A" * 42 + "\n", "键" * 43]
)
def test_a_key_of_another_format_is_refused_without_being_shown(key: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AesKey.parse(key)
    assert "43 letters and digits" in str(caught.value)
    assert not key or key not in str(caught.value)


def test_leftover_bits_in_the_last_character_of_a_key_do_not_matter() -> None:
    assert ENCODING_AES_KEY.endswith("8")
    sealed = seal(safe_envelope(ENCODING_AES_KEY[:-1] + "9"), PLAIN, ENCODING_AES_KEY[:-1] + "9")
    assert safe_envelope().open(sealed, query_for(sealed)).clear == PLAIN


def test_a_key_never_shows_itself() -> None:
    opened = safe_envelope().open(SEALED, SEALED_QUERY)
    shown = f"{opened} {opened.key!r} {opened.key}"
    assert ENCODING_AES_KEY not in shown
    assert "AesKey(…)" in shown


@pytest.mark.parametrize(("token", "app_id"), [("", APP_ID), (TOKEN, "")])
def test_keys_without_token_or_app_id_are_a_configuration_error(token: str, app_id: str) -> None:
    with pytest.raises(ConfigurationError):
        Envelope(token=token, app_id=app_id, keys=(AesKey.parse(ENCODING_AES_KEY),))
