"""What a file is, by its first bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import media
from yingda.file_kinds import Kind, kind_of

TONE = media.tone(0.2)
OGG_HEAD = b"OggS\x00\x02" + bytes(20) + b"\x01\x50"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (media.picture("JPEG"), Kind.JPEG),
        (media.picture("PNG"), Kind.PNG),
        (media.picture("GIF"), Kind.GIF),
        (media.picture("WEBP"), Kind.WEBP),
        (media.picture("BMP"), Kind.BMP),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", Kind.HEIC),
        (media.amr(0.1), Kind.AMR),
        (media.amr_wb(0.1), Kind.AMR_WB),
        (media.wav(TONE), Kind.WAV),
        (media.encoded(TONE, "mp3", "libmp3lame"), Kind.MP3),
        (media.encoded(TONE, "mp3", "libmp3lame")[45:], Kind.MP3),
        (media.encoded(TONE, "adts", "aac"), Kind.AAC),
        (media.encoded(media.tone(0.2, 48_000), "ogg", "libopus", 48_000), Kind.OGG),
        (OGG_HEAD + b"Speex   1.2", Kind.SPEEX),
        (b"\x00\x00\x00\x18ftypisom", Kind.MP4),
        (b"\x00\x00\x00\x20ftypM4A ", Kind.MP4),
        (b"ID3\x04\x00\x00", Kind.MP3),
        (b"\xff\xfb\x90\x64", Kind.MP3),
        (b"\xff\xf3\x40\xc4", Kind.MP3),
        (b"\xff\xf1\x50\x80", Kind.AAC),
        (b"\xff\xf9\x50\x80", Kind.AAC),
        (b"fLaC\x00\x00", Kind.FLAC),
        (b"\x1aE\xdf\xa3\x9f", Kind.WEBM),
        (b"\xff", None),
        (b"\xff\xe0\x00\x00", None),
        (b"\xff\xfe\x3c\x00", None),
        (b'{"code": "invalid_param"}', None),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"BM", None),
        (b"BMW is a brand of cars", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"#EXTM3U\nhttp://127.0.0.1/", None),
        (b"%PDF-1.7", None),
        (b"\xff\xff\xff\xff", None),
        (b"OggS", Kind.OGG),
        (b"", None),
    ],
)
def test_a_kind_is_known_by_content(content: bytes, kind: Kind | None) -> None:
    assert kind_of(content) is kind


@given(st.binary(max_size=64))
def test_any_bytes_are_some_kind_or_none(content: bytes) -> None:
    assert kind_of(content) in {*Kind, None}


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        (Kind.JPEG, "jpg"),
        (Kind.PNG, "png"),
        (Kind.MP3, "mp3"),
        (Kind.MP4, "m4a"),
        (Kind.WAV, "wav"),
    ],
)
def test_a_kind_has_the_ending_that_servers_know_it_by(kind: Kind, ending: str) -> None:
    assert kind.ending == ending


def test_a_kind_is_seen_or_heard() -> None:
    assert [kind for kind in Kind if kind.is_picture] == [
        *(Kind.JPEG, Kind.PNG, Kind.GIF, Kind.WEBP, Kind.BMP, Kind.HEIC)
    ]
