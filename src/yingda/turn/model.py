"""A turn, its conversation, and how far an answer has been handed over, as frozen values.

The store makes these; rooms above read them. Times are Unix seconds.
"""

from enum import StrEnum

import msgspec

from yingda.errors import FailureKind
from yingda.turn.lifecycle import PENDING, State


class Cursor(msgspec.Struct, frozen=True, order=True):
    """How far an answer has been handed over.

    All blocks that end at or before `source_chars` of the source text, and `block_chars`
    characters of the next block as it is shown. Rendering is prefix-stable, so a cursor taken on
    an unfinished answer stays valid for the finished one.
    """

    source_chars: int = 0
    block_chars: int = 0


class Notice(StrEnum):
    """Why an answer of which a part was offered begins anew."""

    #: The provider took back what it had written.
    CORRECTED = "corrected"
    #: Its process died, and the question was asked again.
    REGENERATED = "regenerated"


class PushEnd(StrEnum):
    """Why nothing more of a turn is pushed."""

    #: All of it was sent.
    DONE = "done"
    #: The quota, but for its last message, is used up: the rest is for pickup.
    QUOTA = "quota"
    #: WeChat sends nothing for this account.
    DENIED = "denied"
    #: The follower cannot be reached.
    NOT_FOLLOWING = "not_following"
    #: One part was in doubt twice.
    DOUBTFUL = "doubtful"
    #: WeChat refused, or could not be reached, however often it was tried.
    REFUSED = "refused"
    #: The turn was cancelled or withdrawn.
    WITHDRAWN = "withdrawn"


class Form(StrEnum):
    """How a question came."""

    TEXT = "text"
    PICTURE = "picture"
    VOICE = "voice"
    PLACE = "place"
    LINK = "link"


class AttachmentKind(StrEnum):
    """What came with a question."""

    PICTURE = "picture"
    VOICE = "voice"


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A picture or a recording that a follower sent: where it can be had, never the bytes."""

    kind: AttachmentKind
    #: PicUrl; "" for a recording.
    url: str = ""
    media_id: str = ""
    #: MediaId16K: the same recording, better.
    fine_media_id: str = ""


class DoubtfulPart(msgspec.Struct, frozen=True, kw_only=True):
    """The part at the cursor whose sending is in doubt."""

    run_no: int
    end: Cursor
    #: None if it was cut from the ended answer: it is cut alike again.
    shown: str | None
    #: How often it was sent already.
    times: int


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """One question, from its acceptance until its answer is handed over."""

    id: int
    conversation_id: int
    account: str
    openid: str
    #: Counts this follower's questions from 1; tap-to-send links carry it.
    number: int
    question: str
    state: State
    #: Goes up with every claim; a write with an older number changes nothing.
    run_no: int
    entered_at: float
    ended_at: float | None = None
    #: The answer as the provider wrote it (Markdown); of a failed turn, what came of it.
    answer: str = ""
    failure: FailureKind | None = None
    #: The provider had lost the conversation, so this answer knows nothing of earlier turns.
    conversation_was_reset: bool = False
    cursor: Cursor = Cursor()
    parts_offered: int = 0
    #: Ended, and something of it has not been offered yet, or its sending is in doubt.
    is_unread: bool = False
    #: When the follower was last told that this answer can be picked up.
    promised_at: float | None = None
    #: When the present run was begun; None while it is queued.
    run_started_at: float | None = None
    #: Goes up whenever the text begins anew: the cursor belongs to this revision of it.
    revision: int = 0
    #: What has to be said with the first part of it.
    notice: Notice | None = None
    #: The follower left or had it erased: nothing of it is shown any more.
    is_withdrawn: bool = False
    #: Its parts are sent by themselves, as they come.
    is_pushed: bool = False
    #: Who was asked last, or is to be asked first.
    provider: str = ""
    form: Form = Form.TEXT
    #: Questions that may come next.
    suggestions: tuple[str, ...] = ()
    #: How many pending turns of the same conversation come before this one.
    ahead: int = 0

    @property
    def is_pending(self) -> bool:
        """Whether something still has to happen to it."""
        return self.state in PENDING

    @property
    def has_something_to_show(self) -> bool:
        """Whether it ended with an answer, or with a failure to tell."""
        return self.state in {State.ANSWERED, State.FAILED}


class FollowerView(msgspec.Struct, frozen=True, kw_only=True):
    """What a follower's next words may refer to. Turns stand in the order they were asked."""

    pending: tuple[Turn, ...] = ()
    unread: tuple[Turn, ...] = ()
    #: The newest of the turns that ended with something to show, whether it was read or not.
    last: Turn | None = None

    @property
    def newest_number(self) -> int:
        """The highest number in view; 0 when nothing is."""
        seen = (*self.pending, *self.unread, *((self.last,) if self.last else ()))
        return max((turn.number for turn in seen), default=0)

    def find(self, number: int) -> Turn | None:
        """The turn with this number, if it is one of those in view."""
        seen = (*self.pending, *self.unread, *((self.last,) if self.last else ()))
        return next((turn for turn in seen if turn.number == number), None)
