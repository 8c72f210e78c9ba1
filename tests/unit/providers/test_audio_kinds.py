"""What a recording is, told by its content alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yingda.providers.audio_kinds import kind_of
from yingda.simulator.dify_extras import silence


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (silence(0.1), "audio/wav"),
        (b"ID3\x04\0\0", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf3\x40\xc4", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"\xff\xf9\x50\x80", "audio/aac"),
        (b"OggS\0\x02", "audio/ogg"),
        (b"#!AMR\n\x3c", "audio/amr"),
        (b"#!AMR-WB\n", "audio/amr"),
        (b"fLaC\0\0", "audio/flac"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
    ],
)
def test_a_recording_is_known_by_its_first_bytes(content: bytes, content_type: str) -> None:
    assert kind_of(content) == content_type


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"\xff\xd8\xff\xe0",
        b"RIFF\0\0\0\0AVI ",
        b'{"code": "invalid_param"}',
        b"<html>",
    ],
)
def test_what_is_no_recording_is_not_taken_for_one(content: bytes) -> None:
    assert kind_of(content) is None


@given(st.binary(max_size=40))
def test_no_bytes_are_too_odd_to_be_looked_at(content: bytes) -> None:
    assert kind_of(content) is None or content[:4] != b"\0\0\0\0"
