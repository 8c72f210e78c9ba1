"""Ways to the simulated platform's pictures: over real HTTP, or without sockets by any clock."""

from yingda.errors import MediaError, MediaMissing
from yingda.media.base import Fetched
from yingda.simulator.library import Library


class LibraryFetcher:
    """Implements `Fetching` on a library in this process; `failure` is raised instead."""

    def __init__(self, library: Library) -> None:
        self.asked: list[str] = []
        self.failure: MediaError | None = None
        self._library = library

    async def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        if self.failure is not None:
            raise self.failure
        picture = self._library.picture_at(url)
        if picture is None:
            raise MediaMissing("status 404")
        return Fetched(picture.content, picture.content_type)
