"""The seams of media, and the values that cross them.

Frozen values and what may be asked for. Refuses to know sockets, processes and libraries.
"""

from typing import Protocol

import msgspec


class Fetched(msgspec.Struct, frozen=True):
    """A file as some server gave it."""

    content: bytes
    #: What the server said of it, in lower case and without parameters; "" when it said nothing.
    #: Nothing to rely on: see `kinds`.
    content_type_said: str

    def __repr__(self) -> str:
        return f"Fetched({self.content_type_said}, {len(self.content)} bytes)"


class Converted(msgspec.Struct, frozen=True):
    """A file that we made."""

    content: bytes
    #: `image/jpeg`, `image/png`, `audio/wav` or `audio/mpeg`.
    content_type: str

    def __repr__(self) -> str:
        return f"Converted({self.content_type}, {len(self.content)} bytes)"


class Fetching(Protocol):
    """Whoever gets a file by its address."""

    async def fetch(self, url: str) -> Fetched:
        """The file. Raises a `MediaError`."""


class Converting(Protocol):
    """Whoever brings files into a form that others take."""

    async def picture(self, content: bytes, *, limit_bytes: int, longest_px: int) -> Converted:
        """The picture as JPEG or PNG, upright, within both limits, without what a camera adds.

        Of a moving picture the first frame. Raises `MediaUnreadable` or `MediaTooLarge`.
        """

    async def wav(self, content: bytes) -> Converted:
        """The recording as WAV, 16 kHz, one channel, 16 bits. Raises as `picture` does."""

    async def mp3_pieces(
        self, content: bytes, *, longest_s: float, limit_bytes: int
    ) -> tuple[Converted, ...]:
        """The recording as MP3 of one channel, in pieces within both limits, cut where it is still.

        Raises as `picture` does.
        """
