"""What of a pushed turn is sent next, and when: the parts of an answer as service messages.

One pure function over a frozen view; the table of its cases is its test. Words and cursors are
`passive`'s, so that a pickup goes on exactly where the messages end.
"""

from typing import TypeAlias

import msgspec

from yingda.delivery.passive import Composed, is_wholly_offered, live_part, outcome, unfinished
from yingda.delivery.settled import SettledPart, settle, settled_part
from yingda.delivery.style import ReplyStyle
from yingda.turn.lifecycle import State
from yingda.turn.model import DoubtfulPart, PushEnd, Turn
from yingda.wechat.limits import PART_BYTES

#: A shorter part is sent only where the follower waits for a first one, or at the end. Our choice:
#: a whole answer has five messages, and so many Han characters fill one.
LATER_PART_CHARS = 600
#: How much has to be written before a look is worth its cost. Our choice: marks are stripped and
#: added, so half of what a part needs.
_FIRST_LOOK_CHARS = 20
_LATER_LOOK_CHARS = LATER_PART_CHARS // 2
#: This long before the messages' time is over, a turn that still runs is left to pickup. Our
#: choice: a busy WeChat is asked again for 5 s, and its clock began before ours did.
TELL_BEFORE_S = 8.0
#: How often one part is sent at most where nobody knows whether it arrived. Design rule: once more.
SENDS_LIMIT = 2


class PushView(msgspec.Struct, frozen=True, kw_only=True):
    """All that the decision depends on."""

    turn: Turn
    #: What the present run has written; None when nothing of it may be shown before its end.
    written: str | None = None
    #: Messages that may be sent to the follower now.
    quota_left: int
    #: Their time runs out.
    is_running_out: bool = False
    #: Other turns of the follower that are to be sent out of these.
    others_pushed: int = 0
    #: The part at the cursor that was sent and may have arrived.
    in_doubt: DoubtfulPart | None = None
    #: Nothing came since the follower asked for this turn.
    is_waited_for: bool = True
    #: A newer question was asked since.
    names_question: bool = False
    #: Another answer that the follower has to fetch.
    other_unread: Turn | None = None


class Send(msgspec.Struct, frozen=True):
    """Send this now."""

    part: Composed
    #: It says how to get the rest, for no message of this turn may follow it.
    is_last_of_quota: bool = False


class Wait(msgspec.Struct, frozen=True):
    """Look again when so much more is written, or the turn has ended; None: only then."""

    grown_chars: int | None = None


class Tell(msgspec.Struct, frozen=True):
    """Say how the answer can be fetched, and push no more of it."""


class Leave(msgspec.Struct, frozen=True):
    """Push no more of this turn; what is unread waits for pickup."""

    end: PushEnd


NextStep: TypeAlias = Send | Wait | Tell | Leave


def next_step(view: PushView, style: ReplyStyle) -> NextStep:
    """Decide after an acknowledgement, a part, and whatever a `Wait` waits for."""
    turn = view.turn
    view = msgspec.structs.replace(view, quota_left=_share(view))
    if not turn.is_pushed or turn.state is State.CANCELLED:
        return Leave(PushEnd.WITHDRAWN)
    if not turn.is_pending and _is_over(turn):
        return Leave(PushEnd.DONE)
    if view.in_doubt is not None and view.in_doubt.times >= SENDS_LIMIT:
        return Leave(PushEnd.DOUBTFUL)
    if turn.is_pending:
        return _while_written(view, style)
    return _after_end(view, style)


def _share(view: PushView) -> int:
    # Whose push was accepted with nothing shown is to hear of every answer.
    return max(view.quota_left - view.others_pushed, min(view.quota_left, 1))


def _is_over(turn: Turn) -> bool:
    return not turn.is_unread or (turn.parts_offered > 0 and is_wholly_offered(turn))


def _while_written(view: PushView, style: ReplyStyle) -> NextStep:
    if view.is_running_out and view.quota_left:
        return Tell()
    # The last message is kept for the end: only then it is known what it has to say.
    if view.quota_left <= 1:
        return Wait()
    if view.in_doubt is not None and view.in_doubt.run_no != view.turn.run_no:
        # Whether that text still stands, this run will show.
        return Wait()
    if sent_before := _sent_before(view, style):
        return Send(sent_before)
    grown_chars = _FIRST_LOOK_CHARS if view.is_waited_for else _LATER_LOOK_CHARS
    if view.written is None:
        return Wait(grown_chars)
    part = live_part(view.turn, view.written, style, names_question=view.names_question)
    if part is None or not (view.is_waited_for or _is_large(part, view.written)):
        return Wait(grown_chars)
    return Send(part)


def _is_large(part: Composed, written: str) -> bool:
    if len(part.shown or "") >= LATER_PART_CHARS:
        return True
    # What follows it did not fit.
    return settled_part(settle(written), part.end, PART_BYTES) is not None


def _after_end(view: PushView, style: ReplyStyle) -> NextStep:
    if view.quota_left <= 0:
        return Leave(PushEnd.QUOTA)
    if view.quota_left > 1 and (sent_before := _sent_before(view, style)):
        return Send(sent_before)
    part = _of_the_end(view, style, view.turn)
    if part is None:
        return Leave(PushEnd.DONE)
    if part.completes or view.quota_left > 1:
        return Send(part)
    by_pickup = msgspec.structs.replace(view.turn, is_pushed=False)
    return Send(_of_the_end(view, style, by_pickup) or part, is_last_of_quota=True)


def _of_the_end(view: PushView, style: ReplyStyle, turn: Turn) -> Composed | None:
    part = outcome(turn, style, names_question=view.names_question)
    if part is None or not part.completes or view.other_unread is None:
        return part
    # Once is enough: with the message that ends it.
    return outcome(turn, style, names_question=view.names_question, other_unread=view.other_unread)


def _sent_before(view: PushView, style: ReplyStyle) -> Composed | None:
    """The part in doubt as it was; one of an ended answer is cut alike by itself."""
    doubt = view.in_doubt
    if doubt is None or doubt.shown is None:
        return None
    same = SettledPart(doubt.shown, doubt.end)
    return unfinished(view.turn, same, style, names_question=view.names_question)
