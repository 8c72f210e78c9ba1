"""What a push may mean: the values that `commands` and `taking` find, and the ledger acts on.

Pure. Knows no message and no word.
"""

import msgspec

from yingda.actions import ReplyAction
from yingda.engine.intake.choosing import Choose
from yingda.engine.intake.keeping import Keep
from yingda.engine.intake.ratings import Rate
from yingda.turn.model import Attachment, Form


class Question(msgspec.Struct, frozen=True):
    """Ask the AI: the provider of this name, or the follower's."""

    text: str
    form: Form = Form.TEXT
    provider: str = ""
    attachment: Attachment | None = None


class Pickup(msgspec.Struct, frozen=True):
    """Fetch an answer: that of the turn with this number, or whichever is due.

    `text` is what was written, for it may turn out to be a question after all.
    """

    text: str
    number: int | None


class Told(msgspec.Struct, frozen=True):
    """Reply with the sentence of this key; nothing else happens."""

    key: str


class Show(msgspec.Struct, frozen=True):
    """Reply as the operator set it; nothing else happens."""

    action: ReplyAction
    #: The first words that a new follower reads.
    is_welcome: bool = False


class Clear(msgspec.Struct, frozen=True):
    """Start a new conversation."""


class Stop(msgspec.Struct, frozen=True):
    """Cancel what runs and what waits."""


class Retry(msgspec.Struct, frozen=True):
    """Ask the question with this number once more, or the last one."""

    number: int | None


class Status(msgspec.Struct, frozen=True):
    """Tell how far the follower's questions are."""


class Forget(msgspec.Struct, frozen=True):
    """Ask whether everything is to be erased."""


class Confirm(msgspec.Struct, frozen=True):
    """Erase everything, if that was asked for: by the code, or by a word.

    A word may turn out to mean something else after all.
    """

    code: str | None


class Unfollow(msgspec.Struct, frozen=True):
    """The follower left."""


class Revoke(msgspec.Struct, frozen=True):
    """The follower with this openid took back the right to keep their data."""

    openid: str


class HoldProbe(msgspec.Struct, frozen=True):
    """Leave the request open past WeChat's window, and touch nothing."""


class Ignore(msgspec.Struct, frozen=True):
    """Accept it, and show nothing."""


Intent = (
    Question
    | Keep
    | Pickup
    | Told
    | Show
    | Clear
    | Stop
    | Retry
    | Rate
    | Status
    | Choose
    | Forget
    | Confirm
    | Unfollow
    | Revoke
    | HoldProbe
    | Ignore
)
