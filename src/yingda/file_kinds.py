"""What a file is, by its first bytes; neither a name nor what a server said counts. Pure.

Own lines, for so few kinds need no library: `filetype` has had no release since 2022, `puremagic`
weighs hundreds of kinds that we would refuse anyway. Sources: the formats' specifications (ISO
10918-1, RFC 2083, GIF89a, RFC 9649, RFC 4867, RFC 3533, ISO 11172-3, ISO 13818-7, ISO 14496-12,
RFC 9639, RFC 8794).
"""

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """A kind of file; its value is the media type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    GIF = "image/gif"
    WEBP = "image/webp"
    BMP = "image/bmp"
    #: Recognised, so that it can be named; its patents keep it out of our decoders.
    HEIC = "image/heic"
    AMR = "audio/amr"
    AMR_WB = "audio/amr-wb"
    #: In an Ogg file.
    SPEEX = "audio/speex"
    OGG = "audio/ogg"
    MP3 = "audio/mpeg"
    WAV = "audio/wav"
    AAC = "audio/aac"
    FLAC = "audio/flac"
    #: Any file of this family but a HEIC: what is in it besides sound, nobody looks.
    MP4 = "audio/mp4"
    WEBM = "audio/webm"

    @property
    def ending(self) -> str:
        """How a file of this kind is called, without the dot."""
        return _ENDINGS.get(self) or self.value.partition("/")[2]

    @property
    def is_picture(self) -> bool:
        """Whether it is looked at rather than heard."""
        return self.value.startswith("image/")


#: Where it is not the media type's second word.
_ENDINGS: Final = {
    Kind.JPEG: "jpg",
    Kind.AMR_WB: "amr",
    Kind.SPEEX: "spx",
    Kind.MP3: "mp3",
    Kind.MP4: "m4a",
}
_HEADS: Final = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"#!AMR\n", Kind.AMR),
    (b"#!AMR-WB\n", Kind.AMR_WB),
    (b"ID3", Kind.MP3),
    (b"fLaC", Kind.FLAC),
    (b"\x1aE\xdf\xa3", Kind.WEBM),
)
_RIFF: Final = {b"WEBP": Kind.WEBP, b"WAVE": Kind.WAV}
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
#: A bitmap's head: type, size, two reserved fields that are zero, where the pixels begin.
_BMP_HEAD_BYTES: Final = 14
#: The head of an Ogg page without its table of segments (RFC 3533).
_OGG_HEAD_BYTES: Final = 27


def kind_of(content: bytes) -> Kind | None:
    """The kind of the file, None when it is none of those."""
    for head, kind in _HEADS:
        if content.startswith(head):
            return kind
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12])
    if content[4:8] == b"ftyp":
        return Kind.HEIC if content[8:12] in _HEIC_BRANDS else Kind.MP4
    if content[:4] == b"OggS":
        return _ogg_kind(content)
    if content[:2] == b"BM" and len(content) > _BMP_HEAD_BYTES and content[6:10] == bytes(4):
        return Kind.BMP
    return _frame_kind(content)


def _ogg_kind(content: bytes) -> Kind:
    first_packet = _OGG_HEAD_BYTES + (content[26] if len(content) > 26 else 0)
    return Kind.SPEEX if content[first_packet:].startswith(b"Speex   ") else Kind.OGG


def _frame_kind(content: bytes) -> Kind | None:
    """The kind of a stream that begins with a frame, without a head of its own."""
    if len(content) < 4 or content[0] != 0xFF:
        return None
    # ADTS: twelve set bits, then layer 0. A sampling rate of 13 and more is not defined.
    if content[1] & 0xF6 == 0xF0:
        return Kind.AAC if content[2] >> 2 & 0xF < 13 else None
    # MPEG audio: eleven set bits, a version and a layer that exist, likewise bit rate and rate.
    is_version = content[1] & 0xE0 == 0xE0 and content[1] >> 3 & 3 != 1
    is_layer_3 = content[1] >> 1 & 3 == 1
    is_rate = content[2] >> 4 not in {0, 15} and content[2] >> 2 & 3 != 3
    return Kind.MP3 if is_version and is_layer_3 and is_rate else None
