"""The accounts seam: an account's settings as one frozen value."""

import datetime as dt
from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from yingda.delivery.style import ReplyStyle
from yingda.engine.accounts.budgeting import Budget
from yingda.engine.accounts.duties import Duties
from yingda.wechat.envelope import Envelope
from yingda.wechat.limits import FRESHNESS_S
from yingda.words import Command, words_to_commands, words_to_show

#: Where there are no models, there is none to choose.
_NOTHING_TO_CHOOSE = (Command.MODEL,)


def _built_in_words() -> Mapping[str, Command]:
    return words_to_commands({}, _NOTHING_TO_CHOOSE)


def _built_in_shown() -> Mapping[Command, str]:
    return words_to_show({}, _NOTHING_TO_CHOOSE)


class PushMode(StrEnum):
    """How an account's answers may reach followers."""

    #: As service messages too, if WeChat lets it; a probe tells.
    AUTO = "auto"
    #: By replies alone.
    PASSIVE = "passive"
    #: As service messages too; that is taken for granted.
    PUSH = "push"


class PictureMode(StrEnum):
    """What becomes of a picture without words."""

    #: It is asked about at once.
    ASK = "ask"
    #: It waits for the follower's next question.
    WAIT = "wait"
    #: It gets the courteous sentence.
    OFF = "off"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One Official Account as the engine sees it."""

    #: As the callback's address names it.
    name: str
    token: str
    envelope: Envelope
    style: ReplyStyle
    #: The name of the provider that answers.
    provider: str
    #: Shown name → provider, for followers to choose from.
    models: Mapping[str, str] = {}
    #: Provider → its share of the followers who have not chosen; empty is no split.
    split: Mapping[str, int] = {}
    #: Deliberate time-outs in any five minutes; None is without limit.
    patience: int | None = 20
    #: Whether a closed part of an unfinished answer is offered at the last chance.
    first_part: bool = True
    #: Whether the provider is asked for questions that may come next.
    suggestions: bool = False
    #: Turns that may wait behind a follower's running one. Our choice: who waits
    #: for more has forgotten what was asked first.
    queue_limit: int = 3
    #: Questions that are taken of one follower in any minute, and in a day of `time_zone`; None is
    #: without limit.
    rate_per_minute: int | None = None
    daily_questions: int | None = None
    #: What answers may cost in a month; None is without limit.
    budget: Budget | None = None
    time_zone: dt.tzinfo = ZoneInfo("Asia/Shanghai")
    #: Followers who are not answered, and whether they are told so.
    blocked: frozenset[str] = frozenset()
    is_blocked_told: bool = True
    #: The only followers who are answered; None is everybody.
    allowed: frozenset[str] | None = None
    freshness_s: float = FRESHNESS_S
    push_mode: PushMode = PushMode.PASSIVE
    #: Tells the settings that the right to push depends on; holds no secret.
    push_fingerprint: str = ""
    #: Every word that means a command, normalised.
    command_words: Mapping[str, Command] = msgspec.field(default_factory=_built_in_words)
    #: The word by which replies name a command, of those that have one.
    shown_words: Mapping[Command, str] = msgspec.field(default_factory=_built_in_shown)
    #: After so long without a question, the next one begins a new conversation.
    idle_s: float | None = None
    #: How long after a follower left their texts are erased.
    erase_after_unsubscribe_h: float = 24.0
    #: Pictures are taken where a provider looks at them.
    pictures: PictureMode = PictureMode.WAIT
    #: How long one waits for words.
    picture_wait_s: float = 600.0
    #: Recordings are taken where they can be had and somebody listens.
    hears_voice: bool = True
    #: The provider that listens; None is the one that answers.
    transcriber: str | None = None
    #: Pictures that an answer names follow it, where the account may push.
    sends_pictures: bool = True
    #: An answer to a recording is read aloud, where the account may push and somebody speaks.
    speaks_answers: bool = False
    #: The provider that speaks; None is the one that answers.
    speaker: str | None = None
    #: Rules, menu, welcome and scenes.
    duties: Duties = msgspec.field(default_factory=Duties)


class Accounts(Protocol):
    """Where accounts come from."""

    def get(self, name: str) -> Account | None:
        """The account's settings as they are now; None when there is no such account."""


class FixedAccounts:
    """Accounts that were read once, at start."""

    def __init__(self, accounts: tuple[Account, ...]) -> None:
        self._accounts = {account.name: account for account in accounts}

    def get(self, name: str) -> Account | None:
        return self._accounts.get(name)
