"""The live seam: what a running turn has written so far, wherever it runs.

Never the truth about a turn: that is in the store. A text here may be gone a moment later.
"""

from typing import Protocol

import msgspec


class LiveText(msgspec.Struct, frozen=True, kw_only=True):
    """The text of a run that is not over."""

    run_no: int
    text: str
    #: How often the run had begun its text anew: a text of one edition only grows.
    edition: int = 0
    #: It took another text's place. What was offered of that one has to be told apart first, which
    #: only the run's end does, so no part of this text is offered before.
    has_replaced: bool = False
    #: The provider had lost the conversation.
    conversation_was_reset: bool = False


class LiveTexts(Protocol):
    """Where running turns can be read."""

    async def so_far(self, turn_id: int) -> LiveText | None:
        """What the turn's present run has written; None when nobody here knows."""
