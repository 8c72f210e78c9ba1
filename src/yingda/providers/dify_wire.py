"""Dify's stream events as they stand in the payloads, and how they are read.

Knows which fields matter and which events must not be missed; what they mean stands in
`dify_events`. Source: Dify service API, "The stream".
"""

import msgspec

from yingda.providers.dify_usage import UNREADABLE


class WireEvent(msgspec.Struct, frozen=True, gc=False):
    """The fields of any event that matter; details are left unread until they do."""

    event: str = ""
    answer: str | None = None
    task_id: str | None = None
    conversation_id: str | None = None
    message_id: str | None = None
    workflow_run_id: str | None = None
    code: str | None = None
    message: str | None = None
    status: int | str | None = None
    data: msgspec.Raw = msgspec.Raw()
    metadata: msgspec.Raw = msgspec.Raw()


class _EventName(msgspec.Struct, frozen=True):
    event: str = ""


class RunEnd(msgspec.Struct, frozen=True):
    """The fields of `workflow_finished` that matter."""

    status: str | None = None
    error: str | None = None


#: Raises `msgspec.ValidationError` for a field of the wrong type.
EVENT = msgspec.json.Decoder(WireEvent)
_NAME = msgspec.json.Decoder(_EventName)
_RUN_END = msgspec.json.Decoder(RunEnd)

#: The events that change what a follower reads; one of these that cannot be read is a loss.
TELLING = frozenset(
    {"message", "agent_message", "message_replace", "message_end", "error", "workflow_finished"}
)


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
