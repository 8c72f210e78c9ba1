"""What the simulated Dify does with a question: a script, or keywords in the question itself.

Pure. The scripts cover what Dify and the proxies in front of it were seen to do; sources are
the issues and pages that the Dify service API reference names.
"""

import re
from collections.abc import Callable
from enum import StrEnum

import msgspec


class AppMode(StrEnum):
    """The types of the simulated app, as `GET /info` names them."""

    CHAT = "chat"
    AGENT_CHAT = "agent-chat"
    AGENT = "agent"
    ADVANCED_CHAT = "advanced-chat"
    COMPLETION = "completion"
    WORKFLOW = "workflow"


#: The types that have no conversations.
MEMORYLESS = frozenset({AppMode.COMPLETION, AppMode.WORKFLOW})


class Trouble(StrEnum):
    """What goes wrong; the value is the keyword that a question may carry after `#`."""

    NONE = "none"
    BUSY = "busy"
    QUOTA = "quota"
    SERVER_ERROR = "500"
    HTML_ERROR = "502"
    GATEWAY_TIMEOUT = "504"
    WRONG_KEY = "401"
    APP_UNAVAILABLE = "unavailable"
    CONVERSATION_COMPLETED = "completed"
    CONVERSATION_GONE = "gone"
    CONVERSATION_GONE_PINGS = "gone-pings"
    PINGS_ONLY = "pings"
    ERROR_EVENT = "error"
    ERROR_EVENT_LEFT_OPEN = "error-open"
    BUSY_EVENT = "busy-event"
    CUT = "cut"
    CUT_IN_CHARACTER = "cut-character"
    SILENT_END = "silent-end"
    STALL = "stall"
    WORKFLOW_FAILED = "failed"
    WORKFLOW_STOPPED = "stopped"
    WORKFLOW_PAUSED = "paused"


class Ending(StrEnum):
    """How a Chatflow ends; all were seen."""

    MESSAGE_END_FIRST = "message-end-first"
    WORKFLOW_FIRST = "workflow-first"
    NO_MESSAGE_END = "no-message-end"
    NO_WORKFLOW_FINISHED = "no-workflow-finished"


class DifyScript(msgspec.Struct, frozen=True, kw_only=True):
    """What one question brings; spans in seconds of the server's clock."""

    text: str = "你好，我是模拟的应用。这是一个完整的回答。"
    #: How many events the text is spread over.
    pieces: int = 5
    first_s: float = 0.0
    #: Between pieces.
    gap_s: float = 0.0
    trouble: Trouble = Trouble.NONE
    #: The trouble passes after so many calls of the same question; None means never.
    trouble_times: int | None = None
    #: Pieces sent before a trouble that strikes in mid-stream.
    trouble_after_pieces: int = 2
    retry_after: str | None = None
    ending: Ending = Ending.MESSAGE_END_FIRST
    #: The status of `workflow_finished` in a good end.
    workflow_status: str = "succeeded"
    #: A workflow's outputs; None is the text alone, as `answer`.
    outputs: dict[str, object] | None = None
    #: Whether a Workflow app tells its text while it is made.
    has_chunks: bool = True
    #: Files that the run made, and documents that it retrieved, as Dify describes them.
    files: tuple[dict[str, object], ...] = ()
    resources: tuple[dict[str, object], ...] = ()
    #: Sent as `message_replace` after the text.
    replaced_by: str | None = None
    #: New Agent's closing `message`; None repeats the text.
    closing: str | None = None
    #: The size of a `node_finished` event's outputs.
    node_bytes: int = 0
    #: Leave the connection open after the last event, as some versions do.
    left_open: bool = False


THINKING = "<think>\n先想一想，再回答。\n</think>\n\n"
FOLDED_THINKING = (
    '<details style="color:gray;background-color: #f8f8f8;padding: 8px;border-radius: 4px;" open>'
    " <summary> Thinking... </summary>\n先想一想，再回答。\n</details>\n\n"
)

_KEYWORD = re.compile(r"#([a-z0-9-]+)(?:=(\d{1,6}(?:\.\d{1,3})?))?")


def steered(script: DifyScript, query: str) -> DifyScript:
    """The script with what the question's keywords change.

    `#busy`, `#cut` and so on name a trouble, and `#busy=1` lets it pass after one call.
    `#slow=12` spreads the text over 12 s, `#long=3000` makes it that many characters, `#empty`
    sends none, `#think` and `#details` put reasoning in front, `#node=100000` adds a huge event,
    and an ending's name (`#workflow-first`) chooses the order.
    """
    for word, number in _KEYWORD.findall(query):
        script = _with_keyword(script, word, number)
    return script


def pieces_of(text: str, count: int) -> list[str]:
    """The text in at most `count` pieces of nearly equal length."""
    size = max(1, -(-len(text) // max(1, count)))
    return [text[begin : begin + size] for begin in range(0, len(text), size)]


def _with_keyword(script: DifyScript, word: str, number: str) -> DifyScript:
    replace = msgspec.structs.replace
    if word in _TROUBLES:
        times = int(float(number)) if number else None
        return replace(script, trouble=Trouble(word), trouble_times=times)
    if word in _ENDINGS:
        return replace(script, ending=Ending(word))
    if word == "slow":
        gap_s = float(number or 10) / (script.pieces + 1)
        return replace(script, first_s=gap_s, gap_s=gap_s)
    if word == "long":
        length_chars = int(float(number or 3000))
        repeats = length_chars // max(1, len(script.text)) + 1
        return replace(script, text=(script.text * repeats)[:length_chars])
    if word == "node":
        return replace(script, node_bytes=int(float(number or 100_000)))
    return replace(script, text=_TEXTS[word](script.text)) if word in _TEXTS else script


_TROUBLES = frozenset(Trouble)
_ENDINGS = frozenset(Ending)
_TEXTS: dict[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "think": lambda text: THINKING + text,
    "details": lambda text: FOLDED_THINKING + text,
}
