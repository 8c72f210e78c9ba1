"""What a row of the failure matrix says: how a back end misbehaves, and what comes of it.

The rows stand in `failure_rows`. Nothing here asks anybody.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from support.odd_server import Play
from support.vendor_wire import DifyChat, DifyCompletion, DifyWorkflow, OpenAi, Wire
from yingda.errors import FailureKind

CHAT, COMPLETION, WORKFLOW, OPENAI = "dify-chat", "dify-completion", "dify-workflow", "openai"
WIRES: Mapping[str, Any] = {
    CHAT: DifyChat(),
    COMPLETION: DifyCompletion(),
    WORKFLOW: DifyWorkflow(),
    OPENAI: OpenAi(),
}
EVERYBODY = tuple(WIRES)
DIFY = (CHAT, COMPLETION, WORKFLOW)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What comes of a misbehaviour."""

    #: The key of the sentence that the follower reads; None when all is well.
    reads: str | None = None
    #: Whether the follower reads a part of the answer; of a good one, all of it.
    part: bool = False
    #: Whether what is read has a link to ask again.
    retry: bool = False
    #: What the log calls it; None where it tells of nothing.
    logged: FailureKind | None = None
    #: How often the provider is asked.
    asked: int = 1
    #: Whether a stand-in is asked.
    falls_back: bool = False
    #: Whether it counts towards leaving the provider alone.
    counts: bool = False


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, as the operator's pages tell it; the rows of one story end alike."""

    en: str
    zh: str
    outcome: Outcome
    rows: "tuple[Row, ...]"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a back end misbehaves."""

    name: str
    play: Callable[[Any], Play] = lambda wire: wire.answer("")
    of: tuple[str, ...] = EVERYBODY
    #: Where the provider is looked for; `{port}` is the scripted server's.
    address: str = "http://127.0.0.1:{port}/v1"
    #: A good answer comes first, so that there is a conversation.
    in_conversation: bool = False
    #: A good answer comes after so many requests.
    passes_after: int | None = None
    #: What the follower sends: "text", "picture" or "voice".
    sends: str = "text"
    #: What `GET /parameters` tells of an app; None is nothing.
    parameters: Mapping[str, object] | None = None
    #: Whether the server speaks TLS, with a certificate that nobody knows.
    has_tls: bool = False
    #: Other settings of the provider, where its kind has them.
    settings: Mapping[str, object] = {}


def cases(stories: tuple[Story, ...]) -> list[tuple[str, Story, Row]]:
    """Every row with every provider that it is about."""
    return [(name, story, row) for story in stories for row in story.rows for name in row.of]


def wire_of(name: str) -> Wire:
    """What this kind of back end writes."""
    wire: Wire = WIRES[name]
    return wire


_K = FailureKind

# Outcomes that more than one story has
WHOLE = Outcome(part=True)
DOWN = Outcome(
    reads="failed_unavailable",
    logged=_K.UNAVAILABLE,
    retry=True,
    falls_back=True,
    counts=True,
)
DOWN_AGAIN = msgspec.structs.replace(DOWN, asked=3)
SETTINGS = Outcome(reads="failed_configuration", logged=_K.CONFIGURATION, falls_back=True)
QUOTA = Outcome(reads="failed_quota", logged=_K.QUOTA, falls_back=True, counts=True)
LATE = Outcome(reads="failed_timeout", logged=_K.TIMEOUT, retry=True, falls_back=True, counts=True)
CUT = Outcome(
    reads="failed_before_text",
    logged=_K.INCOMPLETE,
    retry=True,
    falls_back=True,
    counts=True,
)
CUT_PART = Outcome(
    reads="failed_incomplete", logged=_K.INCOMPLETE, part=True, retry=True, counts=True
)
EMPTY = Outcome(reads="failed_empty", logged=_K.EMPTY, retry=True, falls_back=True)
REFUSED = Outcome(reads="failed_refused", logged=_K.REFUSED)
PICTURE = Outcome(reads="failed_picture", logged=_K.PICTURE)
PERSON = Outcome(reads="failed_person", logged=_K.PERSON)
BUSY = Outcome(reads="failed_busy", logged=_K.BUSY, retry=True, asked=3, falls_back=True)
