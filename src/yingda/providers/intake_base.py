"""What an intake needs of a provider: who cuts a body into payloads, and who makes events of them.

Knows neither, and nothing of how the bytes come.
"""

from typing import Protocol

from yingda.providers.base import Event
from yingda.providers.failures import Failure


class Splitter(Protocol):
    """Cuts a body into payloads; raises `AnswerIncomplete` when it outgrows a cap."""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The payloads that this chunk completes."""

    def finish(self) -> list[bytes]:
        """The payloads that the body's end completes."""


class Reader(Protocol):
    """Makes events of payloads. Its `failure` or its being `over` ends the intake."""

    #: Whether a real event came; keep-alives are none.
    began: bool
    #: Whether the answer is whole, and only a closing event may still come.
    settled: bool
    #: Whether `Finished` is among the events.
    over: bool
    failure: Failure | None

    @property
    def text_came(self) -> bool:
        """Whether any text came, shown or not."""

    @property
    def event_count(self) -> int:
        """Events not taken yet; text that none of them carries does not count."""

    @property
    def has_text(self) -> bool:
        """Whether there is visible text that no event carries yet."""

    def may_wait(self, packet: bytes) -> bool:
        """Whether nobody minds when these bytes are read a little later, with others.

        A guess by their looks, which costs next to nothing; False where in doubt.
        """

    def feed(self, payloads: list[bytes]) -> None:
        """Read these payloads."""

    def feed_rest(self, payloads: list[bytes]) -> None:
        """Read what the body's end left without a line end."""

    def take(self) -> list[Event]:
        """The events for what was read since the last call."""

    def end(self) -> None:
        """Take in that nothing more comes; sets `over` or `failure`."""
