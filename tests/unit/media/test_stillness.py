"""Where a recording is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support import media
from yingda.media.stillness import pieces

RATE_HZ = 1000


def lengths_s(samples: bytes, longest_s: float) -> list[float]:
    return [len(piece) / 2 / RATE_HZ for piece in pieces(memoryview(samples), RATE_HZ, longest_s)]


def test_a_short_recording_stays_whole() -> None:
    assert lengths_s(media.tone(10, RATE_HZ), 10) == [10]


def test_a_long_one_is_cut_in_the_middle_of_a_pause() -> None:
    found = lengths_s(media.tone(18, RATE_HZ, still=[(4.0, 4.4), (8.2, 8.6)]), 10)
    assert found == [pytest.approx(8.4, abs=0.15), pytest.approx(9.6, abs=0.15)]


def test_the_last_piece_is_no_mere_syllable() -> None:
    assert min(lengths_s(media.tone(10.05, RATE_HZ), 10)) >= 1.0


@given(
    st.binary(max_size=4000).map(lambda raw: raw[: len(raw) // 2 * 2]),
    st.floats(min_value=0.001, max_value=3.0),
)
def test_pieces_are_the_whole_in_order_none_empty_none_too_long(
    samples: bytes, longest_s: float
) -> None:
    found = list(pieces(memoryview(samples), RATE_HZ, longest_s))
    assert b"".join(found) == samples
    longest = max(1, int(longest_s * RATE_HZ))
    assert all(0 < len(piece) // 2 <= longest for piece in found) or not samples
