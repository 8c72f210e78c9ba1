"""The store's seam for what follows an answer: pictures that it names, and the answer read aloud.

Each method is one transaction. An enclosure is *due* until its answer was handed over whole; it is
*chosen* before it is sent, and then *sent*, *doubtful*, or *left*: the answer has its link, or its
text. How a file is made is the callers' business.
"""

from enum import StrEnum
from typing import Protocol

import msgspec

from yingda.store.push_base import PartFate


class EnclosureKind(StrEnum):
    """What follows an answer."""

    PICTURE = "picture"
    VOICE = "voice"


class NewEnclosure(msgspec.Struct, frozen=True):
    """Something that is to follow an answer."""

    kind: EnclosureKind
    #: Where the picture is; "" of a voice, which is made of the answer.
    url: str = ""


class KeptFile(msgspec.Struct, frozen=True):
    """A file that WeChat keeps for us."""

    media_id: str
    #: Unix seconds.
    expires_at: float


class Enclosure(msgspec.Struct, frozen=True, kw_only=True):
    """What is due next for a follower."""

    id: int
    turn_id: int
    kind: EnclosureKind
    url: str
    #: What it became at WeChat; None as long as it was not uploaded.
    file: KeptFile | None
    #: Who wrote the answer, and by which name the follower is known there.
    provider: str
    user: str
    #: The answer, for a voice; "" for a picture.
    answer: str
    #: Messages that enclosures may take now: texts come first, and the last one is theirs.
    messages_left: int


class EnclosureStore(Protocol):
    """What must survive a crash of what follows answers."""

    async def next_enclosure(self, account: str, openid: str, at: float) -> Enclosure | None:
        """What is due first, of the answers that were handed over whole and are not withdrawn."""

    async def keep_files(self, enclosure_id: int, files: tuple[KeptFile, ...]) -> None:
        """What a due enclosure became: one file, or several that are sent one after the other."""

    async def choose_enclosure(self, enclosure_id: int, at: float) -> bool:
        """Spend a message on it, before it is sent.

        False when it is due no more; one for which no message is left is *left* from then on.
        """

    async def settle_enclosure(
        self,
        enclosure_id: int,
        fate: PartFate,
        *,
        gives_back: bool = False,
        empties: bool = False,
        is_due: bool = False,
    ) -> None:
        """Keep what became of a chosen one; what is in doubt is due once more.

        `gives_back` returns the message that it cost, `empties` sets what is left to none, and
        `is_due` lets what was refused be tried again.
        """

    async def leave_enclosure(self, enclosure_id: int) -> None:
        """A due one is not to be sent."""
