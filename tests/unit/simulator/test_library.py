"""The platform's files, and its host of pictures."""

import pytest

from support import media
from yingda.clock import SystemClock, VirtualClock
from yingda.media.fetch import Fetcher
from yingda.simulator.library import Library
from yingda.simulator.picture_host import PictureHost
from yingda.simulator.recordings import length_s


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        (media.amr(1.5), 1.5),
        (media.encoded(media.tone(2.0, 24_000), "mp3", "libmp3lame", 24_000), 2.0),
        (media.encoded(media.tone(2.0, 44_100), "mp3", "libmp3lame", 44_100), 2.0),
        (media.wav(media.tone(1.0)), None),
        (media.amr_wb(), None),
        (b"#!AMR\n\x48", None),
        (b"ID3", None),
        (b"", None),
    ],
)
def test_the_length_of_a_recording_is_counted_in_frames(
    content: bytes, seconds: float | None
) -> None:
    found = length_s(content)
    assert found == (seconds if seconds is None else pytest.approx(seconds, abs=0.12))


async def test_the_host_notes_what_it_is_asked_for() -> None:
    library = Library(SystemClock())
    async with PictureHost(library) as host:
        fetcher = Fetcher(SystemClock(), trusted_origins=[host.base_url])
        await fetcher.fetch(library.picture_url(library.put("image", b"pixels", "image/png")))
        await fetcher.aclose()
    assert host.asked == ["/media-1/0"]


async def test_a_file_lives_for_three_days() -> None:
    clock = VirtualClock()
    library = Library(clock)
    media_id = library.put("image", b"x", "image/png")
    await clock.advance(3 * 86_400 - 1)
    assert library.find(media_id) is not None
    await clock.advance(1)
    assert library.find(media_id) is None
