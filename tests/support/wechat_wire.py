"""The golden bytes of `tests/wire`, and a safe-mode account to try envelopes with."""

from pathlib import Path
from typing import Any

import msgspec

from yingda.wechat.envelope import AesKey, Envelope

WIRE = Path(__file__).parent.parent / "wire"
PUSHES = sorted((WIRE / "pushes").glob("*.xml"))

TOKEN = "gatewaytoken"
APP_ID = "wx0123456789abcdef"
ENCODING_AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
OTHER_AES_KEY = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"


def vector(name: str) -> Any:
    """One entry of `vectors.json`."""
    return msgspec.json.decode((WIRE / "vectors.json").read_bytes())[name]


def golden_push(name: str) -> bytes:
    """The bytes of one golden push."""
    return (WIRE / "pushes" / f"{name}.xml").read_bytes()


def safe_envelope(*encoding_aes_keys: str) -> Envelope:
    """The envelope of an account in safe mode; the sample key when none is named."""
    keys = tuple([AesKey.parse(key) for key in encoding_aes_keys or (ENCODING_AES_KEY,)])
    return Envelope(token=TOKEN, app_id=APP_ID, keys=keys)
