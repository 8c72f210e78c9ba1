"""What a rule, a menu button, a scan or a new follower brings about: a small closed set.

Frozen values without I/O. Refuses to know how settings spell them and how they are done: `config`
reads them, the engine does them in one place.
"""

from enum import StrEnum

import msgspec

from yingda.words import Command


class TextAction(msgspec.Struct, frozen=True):
    """Reply with this text."""

    text: str


class PictureAction(msgspec.Struct, frozen=True, kw_only=True):
    """Reply with a picture.

    Only an uploaded picture is one in the chat. Where there is none, a card with the picture's
    address stands in, or a link.
    """

    #: An upload that the operator made, without end.
    media_id: str = ""
    #: A file of this machine, to be uploaded where the account may.
    file: str = ""
    #: Where everybody can see the picture.
    url: str = ""
    title: str = ""
    description: str = ""
    #: What the card or link that stands in opens; "" opens the picture.
    link: str = ""


class CardAction(msgspec.Struct, frozen=True, kw_only=True):
    """Reply with a card of one article."""

    title: str
    url: str
    description: str = ""
    picture_url: str = ""


class CommandAction(msgspec.Struct, frozen=True):
    """Do what this command does."""

    command: Command


class QuestionAction(msgspec.Struct, frozen=True):
    """Ask the AI this."""

    text: str
    #: Who is asked, whatever the follower chose; "" leaves it to that.
    provider: str = ""


class AskAction(msgspec.Struct, frozen=True):
    """Ask the AI what the follower wrote; of a text that was met by its beginning, the rest."""

    provider: str = ""


class OpeningAction(msgspec.Struct, frozen=True):
    """Reply as the AI app introduces itself, with the questions that it suggests."""


class AgentAction(msgspec.Struct, frozen=True):
    """Hand the chat to the human-agent client; `agent` "" leaves the choice to WeChat."""

    agent: str = ""


class NothingAction(msgspec.Struct, frozen=True):
    """Accept it, and show nothing."""


#: What is done by replying alone.
ReplyAction = TextAction | PictureAction | CardAction | OpeningAction | AgentAction
Action = ReplyAction | CommandAction | QuestionAction | NothingAction


class Match(StrEnum):
    """How a rule compares what was written with its words."""

    #: The whole text, as words are compared: width, case and blanks make no difference.
    EXACT = "exact"
    #: Its beginning, compared in the same way.
    PREFIX = "prefix"
    #: Any part of it, compared in the same way.
    KEYWORD = "keyword"
    #: A pattern; see `yingda.patterns`.
    REGEX = "regex"


class Rule(msgspec.Struct, frozen=True):
    """If one of these words matches, do this."""

    match: Match
    words: tuple[str, ...]
    action: Action | AskAction
