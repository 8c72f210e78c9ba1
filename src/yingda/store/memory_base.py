"""The store's seam for conversations that we keep ourselves: what was said, and its summary.

Each method is one transaction. How much of it a provider is told is the callers' business.
"""

from typing import Protocol

import msgspec

from yingda.turn.model import Form, Turn


class PastTurn(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier question of the same conversation, and what of its answer there is."""

    number: int
    question: str
    answer: str
    form: Form = Form.TEXT
    #: Whether the answer broke off; what came of it was said all the same.
    is_broken: bool = False


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a conversation."""

    #: Newest first, without what the summary covers.
    turns: tuple[PastTurn, ...] = ()
    #: What was said up to the turn `summary_through`, in short; "" when there is none.
    summary: str = ""
    summary_through: int = 0


class MemoryStore(Protocol):
    """What a store must keep of conversations."""

    async def remembered(
        self, turn: Turn, *, with_itself: bool = False, limit_turns: int, limit_chars: int
    ) -> Remembered:
        """What was said in this turn's conversation before it, or up to it.

        Only turns that ended with some text, none that was cancelled, withdrawn or erased; the
        newest `limit_turns` of them, and of those so many as hold `limit_chars` characters
        together, but always one. Nothing of a turn that is withdrawn itself.
        """

    async def keep_summary(self, conversation_id: int, summary: str, through: int) -> bool:
        """Keep a summary that covers the turns up to this number.

        False, and no change, when there is a newer one, or the conversation is over.
        """
