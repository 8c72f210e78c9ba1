"""What whoever gets a file by its address keeps to."""

from collections.abc import AsyncIterator

import pytest

from support.pictures import LibraryFetcher
from yingda.clock import SystemClock
from yingda.errors import MediaMissing
from yingda.media.base import Fetched, Fetching
from yingda.media.fetch import Fetcher
from yingda.simulator.library import Library
from yingda.simulator.picture_host import PictureHost


class Pair:
    """A platform's pictures, and a way to them."""

    def __init__(self, library: Library, fetcher: Fetching) -> None:
        self.library = library
        self.fetcher = fetcher


@pytest.fixture(params=["in-process", "http"])
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    library = Library(SystemClock())
    if request.param == "in-process":
        yield Pair(library, LibraryFetcher(library))
        return
    async with PictureHost(library) as host:
        fetcher = Fetcher(SystemClock(), trusted_origins=[host.base_url])
        yield Pair(library, fetcher)
        await fetcher.aclose()


async def test_a_picture_comes_byte_by_byte_with_what_was_said_of_it(pair: Pair) -> None:
    content = bytes(range(256)) * 10_000
    media_id = pair.library.put("image", content, "image/png")
    found = await pair.fetcher.fetch(pair.library.picture_url(media_id))
    assert found == Fetched(content, "image/png")


async def test_a_picture_that_was_never_sent_is_missing(pair: Pair) -> None:
    with pytest.raises(MediaMissing):
        await pair.fetcher.fetch(pair.library.picture_url("media-9"))


async def test_a_recording_is_no_picture(pair: Pair) -> None:
    media_id = pair.library.put("voice", b"x", "audio/amr")
    with pytest.raises(MediaMissing):
        await pair.fetcher.fetch(pair.library.picture_url(media_id))
