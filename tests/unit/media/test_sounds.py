"""What becomes of a recording; the worker's own work, here in this process."""

import random
import wave
from io import BytesIO
from itertools import pairwise

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import media
from yingda.errors import MediaError, MediaTooLarge, MediaUnreadable
from yingda.file_kinds import kind_of
from yingda.media.base import Converted
from yingda.media.sound_worker import convert
from yingda.media.worker_base import Mp3Job, WavJob

MB = 1 << 20
TONE = media.tone(1.0)


def in_wav(content: bytes) -> wave.Wave_read:
    (made,) = convert(WavJob(content=content))
    assert made.content_type == "audio/wav"
    return wave.open(BytesIO(made.content), "rb")


def in_mp3(
    content: bytes, *, longest_s: float = 60.0, limit_bytes: int = 2 * MB
) -> tuple[Converted, ...]:
    made = convert(Mp3Job(content=content, longest_s=longest_s, limit_bytes=limit_bytes))
    for piece in made:
        assert piece.content_type == kind_of(piece.content) == "audio/mpeg"
        assert len(piece.content) <= limit_bytes
        assert media.seconds_of(piece.content) <= longest_s
    return made


@pytest.mark.parametrize(
    "content",
    [
        media.amr(),
        media.amr_wb(),
        media.wav(TONE),
        media.encoded(TONE, "mp3", "libmp3lame"),
        media.encoded(TONE, "adts", "aac"),
        media.encoded(media.tone(1.0, 48_000), "ogg", "libopus", 48_000),
    ],
    ids=["amr", "amr-wb", "wav", "mp3", "aac", "ogg"],
)
def test_every_kind_of_recording_becomes_what_a_recogniser_takes(content: bytes) -> None:
    made = in_wav(content)
    assert (made.getframerate(), made.getnchannels(), made.getsampwidth()) == (16_000, 1, 2)
    assert made.getnframes() / 16_000 == pytest.approx(1.0, abs=0.2)


def test_the_sound_itself_survives() -> None:
    made = in_wav(media.amr(1.0))
    samples = memoryview(made.readframes(made.getnframes())).cast("h")
    ups = sum(1 for one, next_ in pairwise(samples) if one < 0 <= next_)
    assert ups == pytest.approx(440, abs=25)


def test_a_minute_of_wechat_s_voice_is_two_pieces_at_most_and_fits() -> None:
    pieces = in_mp3(media.wav(media.tone(12.0, still=[(8.5, 8.9)])), longest_s=10.0)
    assert [media.seconds_of(piece.content) for piece in pieces] == [
        pytest.approx(8.7, abs=0.2),
        pytest.approx(3.3, abs=0.2),
    ]


def test_a_short_recording_is_one_piece_of_one_channel() -> None:
    (made,) = in_mp3(media.amr())
    with av.open(BytesIO(made.content), "r") as container:
        stream = container.streams.audio[0]
        assert (stream.channels, stream.rate) == (1, 24_000)
        assert not container.metadata.keys() - {"encoder"}


def test_pieces_are_shorter_where_bytes_are_few() -> None:
    assert len(in_mp3(media.wav(media.tone(6.0)), limit_bytes=20_000)) >= 2


def test_a_limit_that_nothing_meets_is_said() -> None:
    with pytest.raises(MediaTooLarge):
        in_mp3(media.amr(), limit_bytes=1000)


def test_a_recording_of_hours_is_too_long() -> None:
    with pytest.raises(MediaTooLarge, match="600 s"):
        in_mp3(media.wav(bytes(601 * 8000 * 2)))


def test_a_broken_frame_costs_no_more_than_itself() -> None:
    broken = bytearray(media.amr(1.0))
    broken[6 + 32 * 20] = 0x7C
    assert in_wav(bytes(broken)).getnframes() / 16_000 > 0.5


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"#!AMR\n",
        b"ID3" + bytes(50),
        media.wav(b""),
        media.picture(),
        b"#EXTM3U\nhttp://127.0.0.1/",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"OggS" + bytes(60),
    ],
)
def test_what_holds_no_sound_is_unreadable(content: bytes) -> None:
    with pytest.raises(MediaUnreadable):
        in_wav(content)


@given(
    st.sampled_from(
        [
            media.amr(0.2),
            media.amr_wb(0.2),
            media.wav(media.tone(0.2)),
            media.encoded(media.tone(0.2), "mp3", "libmp3lame"),
        ]
    ),
    st.integers(0, 1 << 30),
    st.integers(0, 12),
)
@settings(max_examples=100, deadline=None)
def test_a_damaged_recording_is_converted_or_refused(whole: bytes, seed: int, count: int) -> None:
    damaged, dice = bytearray(whole), random.Random(seed)
    for _ in range(count):
        damaged[dice.randrange(len(damaged))] = dice.randrange(256)
    try:
        in_wav(bytes(damaged)).close()
    except MediaError as error:
        assert error.detail  # noqa: PT017  either end is right
