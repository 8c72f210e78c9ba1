"""A pushed turn as it was looked at: what the store knows of it, and what it has written.

Puts both into the view that the next step depends on; looks at nothing by itself.
"""

from typing import NamedTuple

import msgspec

from yingda.delivery.service_message import PushView
from yingda.engine.live import LiveText
from yingda.store.base import Outlook
from yingda.store.push_base import PushLook
from yingda.turn.model import Turn


class Seen(NamedTuple):
    """A turn at one moment."""

    outlook: Outlook
    look: PushLook
    live: LiveText | None

    @property
    def turn(self) -> Turn:
        """The turn, as the store has it."""
        return self.outlook.turn

    def view(self, now: float, *, is_waited_for: bool) -> PushView:
        """What its next step depends on, at this time."""
        outlook, look, live = self
        turn = outlook.turn
        if live is not None:
            turn = msgspec.structs.replace(turn, conversation_was_reset=live.conversation_was_reset)
        quota = look.quota
        return PushView(
            turn=turn,
            written=None if live is None or live.has_replaced else live.text,
            quota_left=0 if quota is None else quota.left_at(now),
            others_pushed=look.others_pushed,
            in_doubt=look.in_doubt,
            is_waited_for=is_waited_for,
            names_question=turn.number < outlook.newest_number,
            other_unread=outlook.other_unread,
        )
