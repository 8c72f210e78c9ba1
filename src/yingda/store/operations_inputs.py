"""The part of the stores' operations about pictures and recordings.

Knows which operation is a read and what the others lock; `operations` tells more.
"""

from collections.abc import Callable

from yingda.store import attaching, attachments, locks
from yingda.store.carrier import Carrier
from yingda.store.entries import Entered, NewPush
from yingda.turn.model import Attachment


class InputsOperations(Carrier):
    """Implements `input_base.InputStore`."""

    async def enter_picture(
        self, push: NewPush, picture: Attachment, *, since: float, reply: Callable[[int], bytes]
    ) -> Entered:
        return await self._run(
            lambda: attaching.enter_picture(push, picture, since, reply), locks.pusher(push)
        )

    async def recent_pictures(self, turn_id: int, *, turns: int) -> tuple[Attachment, ...]:
        return await self._read(lambda: attachments.recent_pictures(turn_id, turns))

    async def note_question(self, turn_id: int, run_no: int, text: str) -> None:
        await self._run(lambda: attaching.note_question(turn_id, run_no, text), locks.FREE)
