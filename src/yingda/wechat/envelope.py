"""Bodies in plain, compatible and safe mode: opening pushes and sealing replies.

Knows the cipher, the payload's layout and the signature over it. Refuses to know what a clear
text says; makes no random bytes and reads no clock, both are handed in.
"""

import base64
import hmac

import msgspec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from yingda.errors import ConfigurationError, EnvelopeInvalid, Fault, PlainBodyRefused
from yingda.wechat.limits import (
    AES_KEY_CHARS,
    AES_KEY_FORMAT,
    LENGTH_BYTES,
    PADDING_BLOCK_BYTES,
    RANDOM_BYTES,
    SUCCESS,
)
from yingda.wechat.signature import SignedQuery, matches, sign
from yingda.wechat.xml_text import cdata, clean_text
from yingda.wechat.xml_tree import read

#: 32-byte blocks whatever the cipher's own size (official page on message encryption).
_PADDING = PKCS7(PADDING_BLOCK_BYTES * 8)
_HEAD_BYTES = RANDOM_BYTES + LENGTH_BYTES


class EncryptionKeyMissing(EnvelopeInvalid):
    """The body is encrypted, and no EncodingAESKey is set to open it with."""

    fault = Fault.OPERATOR


class AesKey:
    """An account's EncodingAESKey, ready to use; it never shows itself."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        self._cipher = Cipher(AES256(key), CBC(key[:16]))

    @classmethod
    def parse(cls, encoding_aes_key: str) -> "AesKey":
        """The key from its 43 characters; bits left over in the last one do not matter.

        Raises ConfigurationError that tells the mend and never the key. Source of the format:
        official page on message encryption.
        """
        if AES_KEY_FORMAT.fullmatch(encoding_aes_key) is None:
            raise ConfigurationError(
                f"EncodingAESKey must be exactly {AES_KEY_CHARS} letters and digits, without"
                f" blanks; this value has {len(encoding_aes_key)} characters or others among"
                " them. Copy it again from the account's console (server configuration)."
            )
        return cls(base64.b64decode(encoding_aes_key + "="))

    def encrypt(self, payload: bytes) -> bytes:
        """Encrypt a payload of whole blocks."""
        encryptor = self._cipher.encryptor()
        return encryptor.update(payload) + encryptor.finalize()

    def decrypt(self, encrypted: bytes) -> bytes:
        """Decrypt whole blocks; the wrong key gives noise, not an error."""
        decryptor = self._cipher.decryptor()
        return decryptor.update(encrypted) + decryptor.finalize()

    def __repr__(self) -> str:
        return "AesKey(…)"


class Opened(msgspec.Struct, frozen=True):
    """A push in clear, and the key that opened it: seal its reply with the same one."""

    clear: bytes
    key: AesKey | None


class Envelope:
    """How one account's bodies are opened and sealed.

    `keys` holds the current EncodingAESKey, then the previous one while the platform still uses
    it; without keys the account is in plain mode. Raises ConfigurationError when keys come
    without the token or the AppID that they are checked with.
    """

    __slots__ = ("_app_id", "_keys", "_token")

    def __init__(self, *, token: str, app_id: str = "", keys: tuple[AesKey, ...] = ()) -> None:
        if keys and not (token and app_id):
            raise ConfigurationError(
                "an EncodingAESKey needs the account's token and AppID beside it: encrypted"
                " messages are verified with both. Set them from the account's console."
            )
        self._token = token
        self._app_id = app_id.encode("utf-8", "surrogatepass")
        self._keys = keys

    def open(self, body: bytes, query: SignedQuery) -> Opened:
        """The clear push in `body`, XML or JSON.

        With keys only the encrypted part counts, also in compatible mode and whatever
        `encrypt_type` says: the nodes in clear are covered by no signature. Raises
        PlainBodyRefused when there is no encrypted part; EnvelopeInvalid when it does not
        verify or open, or when there is one and no key; BodyMalformed and BodyTooLarge.
        """
        if not self._keys:
            self._require_plain(body)
            return Opened(body, None)
        encrypted = read(body).text("encrypt")
        if not encrypted:
            raise PlainBodyRefused(
                "an EncodingAESKey is set, and the body is not encrypted",
                "the account's console is still in plain mode: switch it to safe mode, or remove"
                " the EncodingAESKey here",
            )
        if not matches(query.msg_signature, self._token, query.timestamp, query.nonce, encrypted):
            raise EnvelopeInvalid("msg_signature is missing or does not cover this body")
        return self._decrypt(encrypted)

    def seal(
        self, clear: bytes, key: AesKey | None, *, timestamp_s: int, nonce: str, random16: bytes
    ) -> bytes:
        """The body of a passive reply, encrypted with `key`; `clear` itself when that is None.

        `success` and the empty body are never sealed, also in safe mode (seen in the field).
        `random16` must be 16 fresh random bytes, else ValueError.
        """
        if key is None or clear in {b"", SUCCESS}:
            return clear
        if len(random16) != RANDOM_BYTES:
            raise ValueError(f"the random head has {RANDOM_BYTES} bytes, not {len(random16)}")
        length = len(clear).to_bytes(LENGTH_BYTES, "big")
        padder = _PADDING.padder()
        payload = padder.update(random16 + length + clear + self._app_id) + padder.finalize()
        encrypted = base64.b64encode(key.encrypt(payload)).decode("ascii")
        signature = sign(self._token, str(timestamp_s), clean_text(nonce), encrypted)
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{signature}]]></MsgSignature>"
            f"<TimeStamp>{timestamp_s}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
        ).encode()

    def _require_plain(self, body: bytes) -> None:
        # Nearly no clear push holds the word, so that the common case is read only once.
        if b"encrypt" not in body.lower():
            return
        nodes = read(body)
        if nodes.text("encrypt") and not nodes.text("fromusername"):
            raise EncryptionKeyMissing(
                "the body is encrypted, and no EncodingAESKey is set",
                "set the EncodingAESKey that the account's console shows, or switch the console"
                " to plain mode",
            )

    def _decrypt(self, encrypted: str) -> Opened:
        for key in self._keys:
            clear = self._clear(encrypted, key)
            if clear is not None:
                return Opened(clear, key)
        # One error for every step that may fail, so that nobody learns which one did.
        raise EnvelopeInvalid(
            "the encrypted body does not open",
            "the EncodingAESKey or the AppID here is not the one in the account's console",
        )

    def _clear(self, encrypted: str, key: AesKey) -> bytes | None:
        try:
            padded = key.decrypt(base64.b64decode(encrypted, validate=True))
            unpadder = _PADDING.unpadder()
            payload = unpadder.update(padded) + unpadder.finalize()
        except ValueError:
            return None
        end = _HEAD_BYTES + int.from_bytes(payload[RANDOM_BYTES:_HEAD_BYTES], "big")
        if not hmac.compare_digest(payload[end:], self._app_id):
            return None
        return payload[_HEAD_BYTES:end]
