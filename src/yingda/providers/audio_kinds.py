"""What kind of sound some bytes are, and how a file of it is called.

Knows the first bytes of the usual forms (their specifications) and nothing of sound itself.
"""

from collections.abc import Mapping
from typing import Final

#: Type → how a file of it ends.
ENDINGS: Final[Mapping[str, str]] = {
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/amr": "amr",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/aac": "aac",
    "audio/mp4": "m4a",
    "audio/webm": "webm",
}
_MARKS: Final = (
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"\x1aE\xdf\xa3", "audio/webm"),
)


def kind_of(content: bytes) -> str | None:
    """The type that the bytes themselves tell; None when they tell none of the above."""
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "audio/wav"
    if content[4:8] == b"ftyp":
        return "audio/mp4"
    # A frame of MPEG audio begins with eleven bits set; a layer of 00 makes it AAC (ADTS).
    if len(content) > 1 and content[0] == 0xFF and content[1] & 0xE0 == 0xE0:
        return "audio/mpeg" if content[1] & 0x06 else "audio/aac"
    return next((kind for mark, kind in _MARKS if content.startswith(mark)), None)
