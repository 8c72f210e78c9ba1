"""The signals seam."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, Protocol

#: What one signal may carry, in bytes as a JSON string, its quotes included. PostgreSQL takes
#: payloads of fewer than 8000 (official page: sql-notify), of which the topic and the frame are a
#: part.
BODY_LIMIT_BYTES: Final = 7900

Heard = Callable[[str], None]


class Topic(StrEnum):
    """What a signal is about."""

    #: A turn has ended, and the store says how: its id.
    END = "end"
    #: A turn was withdrawn, and whoever runs it is to leave off: its id.
    CANCEL = "cancel"
    #: Somebody wants to read a turn while it is written: its id.
    WANT = "want"
    #: A piece of what a turn has written so far; see `engine.sharing.pieces`.
    TEXT = "text"
    #: A follower did something, or is to be sent something: account and openid.
    FOLLOWER = "follower"
    #: A provider's breaker has opened or closed: its name.
    BREAKER = "breaker"


class Signals(Protocol):
    """Tells every other process on this database, and hears them; never itself."""

    @property
    def is_alone(self) -> bool:
        """Whether nobody else can be there, so that nothing need be told or waited for."""

    @property
    def is_deaf(self) -> bool:
        """Whether signals are being missed, so that whoever waits for one has to look."""

    def tell(self, topic: Topic, body: str) -> None:
        """Tell it soon, behind what was told before; returns at once, and is never refused.

        `body` has at most `BODY_LIMIT_BYTES`: a longer one is dropped with a warning, as are the
        oldest when too many wait. When connections break, one may be told twice.
        """

    def hear(self, topic: Topic, heard: Heard) -> None:
        """Hand each body to `heard`; ask before the start."""

    def on_gap(self, told: Callable[[], None]) -> None:
        """Have this called when signals begin to be missed, and when that is over: look all up."""

    async def start(self) -> None:
        """Begin to hear and to tell. Raises StoreError."""

    async def close(self) -> None:
        """Tell what is still to be told, if that goes quickly, and end."""
