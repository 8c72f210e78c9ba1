"""What the engine asks of whoever fetches and converts pictures and recordings.

Seams alone; the adapters stand in `media` and in WeChat's client.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from yingda.media.base import Converting, Fetching


class File(Protocol):
    """A file that was downloaded."""

    @property
    def content(self) -> bytes:
        """Its bytes; what they are, only they tell."""


class Downloading(Protocol):
    """The files that followers of one account sent, as WeChat keeps them for three days."""

    async def download(self, media_id: str) -> File:
        """The file. Raises a `WechatApiError`, a `MediaError`, or StoreError for its token."""


class ClosableFetching(Fetching, Protocol):
    """Whoever gets files by their addresses, over connections that are kept."""

    async def aclose(self) -> None:
        """Let go of them."""


class Media(msgspec.Struct, frozen=True, kw_only=True):
    """The tools for what strangers send, and what answers name."""

    fetching: ClosableFetching
    converting: Converting
    #: Provider → who gets what its answers name: its own server may stand in a private network.
    of_answers: Mapping[str, ClosableFetching] = {}

    def fetching_for(self, provider: str) -> Fetching:
        """Who gets the pictures that this provider's answers name."""
        return self.of_answers.get(provider, self.fetching)

    async def aclose(self) -> None:
        """Close every connection."""
        for each in (self.fetching, *self.of_answers.values()):
            await each.aclose()
