"""A push on its way in: what it carries, why a question is not taken, and where the push stands.

Values of the store seam; its operations on them stand in `base`.
"""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from yingda.store.cost_base import Allowance
from yingda.store.push_base import Grant
from yingda.turn.model import Attachment, Form, Turn


class PushKind(StrEnum):
    """What a push wants of the turn it belongs to."""

    #: It is the turn's question.
    QUESTION = "question"
    #: It asks for what of the turn's answer is still to be offered.
    PICKUP = "pickup"
    #: It asks for an answer that was read already, from its start.
    AGAIN = "again"
    #: It belongs to no turn.
    OTHER = "other"


class NewPush(msgspec.Struct, frozen=True, kw_only=True):
    """A push as it first meets the store; account, openid and key together are its identity."""

    account: str
    openid: str
    key: str
    kind: PushKind
    created_at: float
    received_at: float
    #: What it opens, for an account that may push; None leaves the quota alone.
    grant: Grant | None = None


class Bound(StrEnum):
    """Why a question is not taken."""

    #: The account has spent all that it may in a month.
    BUDGET = "budget"
    #: Too many of the follower's turns are open.
    QUEUE = "queue"
    #: The follower asked too often within a minute.
    RATE = "rate"
    #: The follower has asked all that one day allows.
    DAY = "day"
    #: Too many turns of all followers are open.
    OPEN_TURNS = "open_turns"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A question that is not taken, and why."""

    bound: Bound
    #: The follower's open turns, for `QUEUE`.
    open_turns: int = 0
    #: When the next question is taken, for `BUDGET` and `RATE`.
    until: float = 0.0


class NewQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """A question that a push carries. A bound that is None does not bind."""

    text: str
    form: Form = Form.TEXT
    #: The picture or the recording that it is.
    attachment: Attachment | None = None
    #: Pictures that wait and were received since then belong to it; None takes none.
    pictures_since: float | None = None
    #: The pseudonym a new conversation shows its provider.
    user: str
    provider: str
    #: The providers that the follower may have chosen; whose choice is one of these is asked there.
    choices: frozenset[str] = frozenset()
    #: How many turns may wait behind the follower's running one.
    queue_limit: int
    #: A conversation in which nothing happened for so long is left, and a new one begun.
    idle_s: float | None = None
    #: Writes the reply that says the question was not taken.
    refuse: Callable[[Refusal], bytes]
    #: How many turns may be open in the whole database.
    max_open_turns: int | None = None
    #: How many questions of the follower are taken in any minute.
    rate_per_minute: int | None = None
    #: How many questions of the follower are taken in a day, and when the present day began.
    daily_questions: int | None = None
    day_began_at: float = 0.0
    #: What the account may spend this month.
    allowance: Allowance | None = None


class Effect(StrEnum):
    """What a push does besides being answered."""

    NONE = "none"
    #: The next question starts a new conversation, without a picture that waited; the record stays.
    CLEAR = "clear"


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """Where a push stands once it is durable."""

    push_id: int
    kind: PushKind
    is_new: bool
    #: When the first attempt of this push was received.
    first_seen_at: float
    #: How many attempts of this push reached us, this one included.
    attempts: int = 1
    turn: Turn | None = None
    #: The reply that was chosen for this push, as clear bytes; every repeat gets it.
    reply: bytes | None = None
    #: A turn that is now first in its conversation and must be run.
    to_run: int | None = None
    #: Turns that this push cancelled.
    cancelled: tuple[int, ...] = ()
