"""What the simulated model server does with a question: a script.

Pure. The scripts cover what OpenAI, the vendors that call themselves compatible and the gateways
in front of them were seen to do.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

_ERROR = {"message": "scripted", "type": "server_error", "code": 500}


class ChatEnding(StrEnum):
    """How an answer ends, well or badly."""

    STOP = "stop"
    LENGTH = "length"
    FILTER = "content_filter"
    TOOLS = "tool_calls"
    #: The mark of the end alone, without a reason.
    MARK_ONLY = "mark-only"
    #: A reason, and the body ends without the mark.
    REASON_ONLY = "reason-only"
    #: A reason, and the connection stays open.
    LEFT_OPEN = "left-open"
    #: Neither: the body just ends.
    SILENT = "silent"
    #: The connection breaks.
    CUT = "cut"
    #: An error in the stream, `ChatScript.error`.
    ERROR = "error"
    #: Nothing more, for ever.
    STALL = "stall"


class UsagePlace(StrEnum):
    """Where the usage stands."""

    #: In a chunk of its own without choices, if it was asked for (OpenAI).
    OWN_CHUNK = "own-chunk"
    #: In the last chunk with a choice (DeepSeek).
    LAST_CHUNK = "last-chunk"
    #: In the last choice (Moonshot).
    CHOICE = "choice"
    NOWHERE = "nowhere"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """An answer instead of a completion."""

    status: int
    body: Mapping[str, object] | str
    headers: Mapping[str, str] = {}
    #: Passes after so many calls of the same question; None means never.
    times: int | None = None


class ChatScript(msgspec.Struct, frozen=True, kw_only=True):
    """What one question brings; spans in seconds of the server's clock."""

    text: str = "你好，我是模拟的模型。这是一个完整的回答。"
    #: How many chunks the text is spread over.
    pieces: int = 5
    #: Comes before the text, in `reasoning_field`.
    reasoning: str = ""
    reasoning_field: str = "reasoning_content"
    first_s: float = 0.0
    #: Between chunks.
    gap_s: float = 0.0
    refusal: Refusal | None = None
    ending: ChatEnding = ChatEnding.STOP
    #: Pieces sent before an ending that strikes in mid-stream.
    ending_after_pieces: int = 2
    error: Mapping[str, object] = msgspec.field(default_factory=lambda: dict(_ERROR))
    usage: UsagePlace = UsagePlace.OWN_CHUNK
    #: Answer in one go, though a stream was asked for.
    whole: bool = False
    line_end: str = "\n"
    #: Comments before the first chunk, as keep-alives are.
    comments: int = 0
