"""What follows answers, in a test: who has the pictures, who converts, who speaks.

Each does as it is told and remembers what it was asked.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from support.house import House
from support.media import picture
from support.pushing import open_pushing
from yingda.clock import Clock
from yingda.engine.accounts.accounts import PushMode
from yingda.engine.inputs.media_base import Media
from yingda.errors import MediaMissing, YingdaError
from yingda.media.base import Converted, Converting, Fetched
from yingda.providers.capabilities import Capabilities, Recording
from yingda.simulator.phone import Phone

UPLOAD = "/cgi-bin/media/upload"
PNG, RED, BLUE = picture(), picture(colour="green"), picture(colour="blue")
ONE, TWO, THREE, FOUR = (f"https://pictures.example/{n}.png" for n in range(1, 5))


def named(*urls: str, text: str = "好的，这是回答。") -> str:
    """An answer with these pictures."""
    return "\n\n".join([text, *[f"![图]({url})" for url in urls]])


class Gallery:
    """Implements `ClosableFetching`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.files: dict[str, bytes | YingdaError] = {ONE: PNG, TWO: RED, THREE: BLUE, FOUR: PNG}
        self.asked: list[str] = []
        self.takes_s = 0.5
        #: Fetches under way, and how many there were at once.
        self.running = self.most = 0

    async def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        self.running += 1
        self.most = max(self.most, self.running)
        await self._clock.sleep(self.takes_s)
        self.running -= 1
        found = self.files.get(url, MediaMissing("no such picture"))
        if isinstance(found, YingdaError):
            raise found
        return Fetched(found, "image/png")

    async def aclose(self) -> None:
        """There is nothing to let go of."""


class Press:
    """Implements `Converting`: makes what it is told, or says that it cannot."""

    def __init__(self) -> None:
        self.makes: tuple[Converted, ...] = (Converted(picture("JPEG"), "image/jpeg"),)
        self.fails: YingdaError | None = None
        self.asked: list[bytes] = []

    async def picture(self, content: bytes, *, limit_bytes: int, longest_px: int) -> Converted:
        del limit_bytes, longest_px
        return self._made(content)[0]

    async def wav(self, content: bytes) -> Converted:
        return self._made(content)[0]

    async def mp3_pieces(
        self, content: bytes, *, longest_s: float, limit_bytes: int
    ) -> tuple[Converted, ...]:
        del longest_s, limit_bytes
        return self._made(content)

    def _made(self, content: bytes) -> tuple[Converted, ...]:
        self.asked.append(content)
        if self.fails is not None:
            raise self.fails
        return self.makes


class Mouth:
    """Implements `Speaker`."""

    def __init__(self, clock: Clock, content: bytes = b"speech") -> None:
        self._clock = clock
        self.content = content
        self.takes_s = 1.0
        self.fails: YingdaError | None = None
        self.said: list[str] = []

    async def speak(self, text: str, user: str) -> Recording:
        assert user.startswith("wx-")
        self.said.append(text)
        await self._clock.sleep(self.takes_s)
        if self.fails is not None:
            raise self.fails
        return Recording(content=self.content, content_type="audio/wav")


class Studio(NamedTuple):
    """All of them, and the house that they serve."""

    house: House
    gallery: Gallery
    press: Press
    mouth: Mouth


def seen(phone: Phone) -> list[bytes]:
    """The contents of the files that a follower got, in this order."""
    return [file.content for file in phone.files()]


def states(house: House) -> list[str]:
    """Of everything that was to follow an answer, how it stands."""
    return [state for (state,) in house.rows("SELECT state FROM enclosure ORDER BY id")]


@asynccontextmanager
async def open_studio(
    folder: Path,
    push_mode: PushMode = PushMode.AUTO,
    *,
    converting: Converting | None = None,
    **changes: Any,
) -> AsyncIterator[Studio]:
    """A house that has all that answers may be followed by."""
    async with open_pushing(folder, push_mode, **changes) as house:
        gallery, press, mouth = Gallery(house.clock), Press(), Mouth(house.clock)
        house.media = Media(fetching=gallery, converting=converting or press)
        house.provider.capabilities = Capabilities(finds_finished=True, speaker=mouth)
        await house.restart()
        yield Studio(house, gallery, press, mouth)
