"""The part of the store seam about pictures and recordings: what comes with a question.

It keeps where they can be had, never their bytes.
"""

from collections.abc import Callable
from typing import Protocol

from yingda.store.entries import Entered, NewPush
from yingda.turn.model import Attachment

#: Pictures that wait for one follower's question; when more come, the oldest ones make room. Our
#: choice: more than one question is about, and a flood of them costs four rows.
KEPT_LIMIT = 4


class InputStore(Protocol):
    """What must survive a crash of pictures and recordings."""

    async def enter_picture(
        self, push: NewPush, picture: Attachment, *, since: float, reply: Callable[[int], bytes]
    ) -> Entered:
        """Keep the picture for the follower's next question; a repeat keeps nothing more.

        Those received before `since` are let go of. `reply` says it, from how many wait now.
        """

    async def recent_pictures(self, turn_id: int, *, turns: int) -> tuple[Attachment, ...]:
        """The newest pictures of the conversation's last `turns` turns before this one.

        Those of one turn, in their order; nothing of what was withdrawn.
        """

    async def note_question(self, turn_id: int, run_no: int, text: str) -> None:
        """Keep what was heard as the turn's question, if this run still goes on."""
