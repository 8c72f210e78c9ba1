"""Files of a test: who fetches, who converts, who listens, at the seams of the gateway.

`SmallWeb` has pictures by address, `MediaDesk` files by media id, `Plain` converts by its own
rule, `Ear` hears what the test lets it hear. Each remembers what it was asked.
"""

from typing import Any

import msgspec

from support.house import House
from yingda.clock import Clock
from yingda.engine.inputs.media_base import Media
from yingda.errors import MediaMissing, MediaUnreadable, ProviderError, YingdaError
from yingda.media.base import Converted, Fetched
from yingda.providers.capabilities import Capabilities, Memory, Recording

JPEG = b"\xff\xd8\xff\xe0 a picture"
BMP = b"BM\x40\x00\x00\x00\x00\x00\x00\x00 a bitmap"
AMR = b"#!AMR\n speech"
GARBAGE = b"neither speech nor silence"


class SmallWeb:
    """Implements `Fetching`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.files: dict[str, bytes | YingdaError] = {}
        self.asked: list[str] = []
        self.finished: list[str] = []
        self.takes_s = 0.0

    async def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        await self._clock.sleep(self.takes_s)
        self.finished.append(url)
        return Fetched(_given(self.files, url), "text/plain")

    async def aclose(self) -> None:
        """There is nothing to let go of."""


class MediaDesk:
    """Implements `Downloading`, in the place of an account's server API."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.files: dict[str, bytes | YingdaError] = {}
        self.asked: list[str] = []
        self.takes_s = 0.0

    async def download(self, media_id: str) -> Fetched:
        self.asked.append(media_id)
        await self._clock.sleep(self.takes_s)
        return Fetched(_given(self.files, media_id), "audio/amr")

    async def aclose(self) -> None:
        """There is nothing to let go of."""


class Plain:
    """Implements `Converting`: puts a mark before the bytes, and reads no pages and no garbage."""

    async def picture(self, content: bytes, *, limit_bytes: int, longest_px: int) -> Converted:
        del limit_bytes, longest_px
        if content.startswith(b"<"):
            raise MediaUnreadable("a page is no picture")
        return Converted(b"small " + content[:20], "image/jpeg")

    async def wav(self, content: bytes) -> Converted:
        if content == GARBAGE:
            raise MediaUnreadable("no known kind")
        return Converted(b"wav " + content, "audio/wav")

    async def mp3_pieces(
        self, content: bytes, *, longest_s: float, limit_bytes: int
    ) -> tuple[Converted, ...]:
        del longest_s, limit_bytes
        return (Converted(b"mp3 " + content, "audio/mpeg"),)


class Ear:
    """Implements `Transcriber`."""

    def __init__(self, clock: Clock, hears: str = "明天会下雨吗") -> None:
        self._clock = clock
        self.hears = hears
        self.fails: ProviderError | None = None
        self.takes_s = 0.0
        self.recordings: list[Recording] = []

    async def transcribe(self, recording: Recording, user: str) -> str:
        assert user.startswith("wx-")
        self.recordings.append(recording)
        await self._clock.sleep(self.takes_s)
        if self.fails is not None:
            raise self.fails
        return self.hears


class Tools(msgspec.Struct):
    """All of them, in a house."""

    web: SmallWeb
    desk: MediaDesk
    ear: Ear


async def with_media(
    house: House, *, memory: Memory = Memory.THERE, has_right: bool = True, **changes: Any
) -> Tools:
    """Open the house anew with all that takes pictures and recordings in."""
    tools = Tools(SmallWeb(house.clock), MediaDesk(house.clock), Ear(house.clock))
    tools.web.files["http://mmbiz.qpic.cn/simulator/0"] = JPEG
    tools.desk.files |= {"media-voice": AMR, "media-voice-16k": AMR + b" 16k"}
    house.provider.capabilities = Capabilities(
        memory=memory, takes_pictures=True, finds_finished=True, transcriber=tools.ear
    )
    house.media = Media(fetching=tools.web, converting=Plain())
    if has_right:
        house.apis["default"] = tools.desk
    await house.change(**changes)
    return tools


def _given(files: dict[str, bytes | YingdaError], name: str) -> bytes:
    found = files.get(name, MediaMissing("no such file"))
    if isinstance(found, YingdaError):
        raise found
    return found
