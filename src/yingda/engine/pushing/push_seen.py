"""A pushed turn as it was looked at: what the store knows of it, and what it has written.

Puts both into the view that the next step depends on; looks at nothing by itself.
"""

from typing import NamedTuple

import msgspec

from yingda.delivery.passive import Progress, promise
from yingda.delivery.service_message import TELL_BEFORE_S, PushView
from yingda.delivery.style import ReplyStyle
from yingda.engine.sharing.live import LiveText
from yingda.store.base import Outlook
from yingda.store.push_base import PushLook
from yingda.turn.lifecycle import State
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

    def promise(self, now: float, style: ReplyStyle) -> str:
        """How far it is, and how to fetch it."""
        turn, progress = self.turn, None
        if turn.state is State.RUNNING and turn.run_started_at is not None:
            chars = 0 if self.live is None else len(self.live.text)
            progress = Progress(chars, seconds=now - turn.run_started_at)
        other = self.outlook.other_unread
        return promise(turn, style, progress=progress, other_unread=other)

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
            is_running_out=quota is not None and quota.runs_out_within(TELL_BEFORE_S, now),
            others_pushed=look.others_pushed,
            in_doubt=look.in_doubt,
            is_waited_for=is_waited_for,
            names_question=turn.number < outlook.newest_number,
            other_unread=outlook.other_unread,
        )
