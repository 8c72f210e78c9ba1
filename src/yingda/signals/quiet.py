"""No signals: there is one process, and it knows by itself."""

from collections.abc import Callable

from yingda.signals.base import Heard, Topic


class QuietSignals:
    """Implements `signals.base.Signals` where nobody else is."""

    is_alone = True
    is_deaf = False

    def tell(self, topic: Topic, body: str) -> None:
        """Nobody is there to be told."""

    def hear(self, topic: Topic, heard: Heard) -> None:
        """Nothing will ever be heard."""

    def on_gap(self, told: Callable[[], None]) -> None:
        """Nothing is missed."""

    async def start(self) -> None:
        """Nothing begins."""

    async def close(self) -> None:
        """Nothing ends."""
