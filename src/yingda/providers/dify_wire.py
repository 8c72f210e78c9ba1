"""Dify's stream events as they stand in the payloads, and how they are read.

Knows which fields matter and which events must not be missed; what they mean stands in
`dify_events`. Source: Dify service API, "The stream".
"""

import msgspec

from yingda.providers.base import Usage
from yingda.providers.dify_usage import WireUsage, read_usage
from yingda.providers.payloads import UNREADABLE


class WireEvent(msgspec.Struct, frozen=True, gc=False):
    """The fields of any event that matter; details are left unread until they do."""

    event: str = ""
    answer: str | None = None
    task_id: str | None = None
    conversation_id: str | None = None
    message_id: str | None = None
    workflow_run_id: str | None = None
    code: str | int | None = None
    message: str | None = None
    status: int | str | None = None
    data: msgspec.Raw = msgspec.Raw()
    metadata: msgspec.Raw = msgspec.Raw()
    files: msgspec.Raw = msgspec.Raw()

    @property
    def code_text(self) -> str | None:
        """The code of an error; some write a number."""
        return None if self.code is None else str(self.code)


class _EventName(msgspec.Struct, frozen=True):
    event: str = ""


class RunEnd(msgspec.Struct, frozen=True):
    """The fields of `workflow_finished` that matter."""

    status: str | None = None
    error: str | None = None
    outputs: msgspec.Raw = msgspec.Raw()
    files: msgspec.Raw = msgspec.Raw()
    total_tokens: object = None

    @property
    def usage(self) -> Usage | None:
        """The tokens of the whole run; None where Dify does not tell."""
        return read_usage(WireUsage(total_tokens=self.total_tokens))


class _Chunk(msgspec.Struct, frozen=True):
    text: str | None = None


class _Form(msgspec.Struct, frozen=True):
    node_title: str | None = None


#: Raises `msgspec.ValidationError` for a field of the wrong type.
EVENT = msgspec.json.Decoder(WireEvent)
_NAME = msgspec.json.Decoder(_EventName)
_RUN_END = msgspec.json.Decoder(RunEnd)
_CHUNK = msgspec.json.Decoder(_Chunk)
_FORM = msgspec.json.Decoder(_Form)

#: The events that change what a follower reads; one of these that cannot be read is a loss.
TELLING = frozenset(
    {
        "message",
        "agent_message",
        "message_replace",
        "message_end",
        "text_chunk",
        "text_replace",
        "error",
        "workflow_finished",
    }
)
#: Events that are neither text nor in `TELLING`, and end a run all the same.
PAUSES = frozenset({"human_input_required", "workflow_paused"})
#: The states in which a workflow has its answer; a failed node that had an error branch makes it
#: the second.
GOOD_ENDS = frozenset({"succeeded", "partial-succeeded"})


#: As Dify writes them, name first (Dify service API, "The stream"); one who writes them otherwise
#: has his text read at once.
_TEXT_BEGINS = (
    b'data: {"event": "message", ',
    b'data: {"event": "agent_message", ',
    b'data: {"event": "text_chunk", ',
)


def is_text_alone(packet: bytes) -> bool:
    """Whether these bytes are one piece of text, which changes nothing but the text."""
    return packet.startswith(_TEXT_BEGINS) and packet.find(b"\n") == len(packet) - 2


def name_of(payload: bytes) -> str | None:
    """What the event is, though its other fields cannot be read; None when that cannot be."""
    try:
        return _NAME.decode(payload).event
    except UNREADABLE:
        return None


def status_of(status: int | str | None) -> int:
    """Some versions write the status as text; without one the run failed inside Dify."""
    text = str(status)
    return int(text) if text.isascii() and text.isdigit() and len(text) == 3 else 500


def run_end(data: msgspec.Raw) -> RunEnd:
    """How a workflow ended; nothing of it where that cannot be read."""
    try:
        return _RUN_END.decode(data)
    except UNREADABLE:
        return RunEnd()


def chunk_text(data: msgspec.Raw) -> str | None:
    """The text of a `text_chunk` or `text_replace`; None where that cannot be read."""
    try:
        return _CHUNK.decode(data).text or ""
    except UNREADABLE:
        return None


def form_title(data: msgspec.Raw) -> str:
    """What the app's owner called the form that a person has to fill in; "" if nothing."""
    try:
        return _FORM.decode(data).node_title or ""
    except UNREADABLE:
        return ""
