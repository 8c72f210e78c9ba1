"""What the back ends write, event by event: Dify's three kinds of apps, and chat completions.

Bytes as the vendors' pages show them, made apart from the simulators, so that both have to be
right. Knows no connection and no time.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from support.odd_server import Head, Play

#: What every scripted answer says before it goes wrong, and behind that.
PART = "这是回答的前半句。"
REST = "这是后半句。"
_CONVERSATION = "0f1f0a5e-6f0e-4a57-9a8b-3a2b6f7c1d10"
_RUN = {"task_id": "t-1", "workflow_run_id": "r-1"}


class Refusal(StrEnum):
    """Why a back end refuses or gives up, in the words of this table."""

    KEY = "key"
    FORBIDDEN = "forbidden"
    UNPUBLISHED = "unpublished"
    BUSY = "busy"
    QUOTA = "quota"
    INPUT = "input"
    FAILED = "failed"
    CONTENT = "content"
    TOO_LONG = "too long"
    PICTURE = "picture"
    SPEECH = "speech"
    RECORDING = "recording"
    CONVERSATION = "conversation"
    COMPLETED = "completed"


class Wire:
    """One kind of back end."""

    #: Refusal → HTTP status, and what the body says of it.
    refusals: ClassVar[Mapping[Refusal, tuple[int, dict[str, object]]]]

    def opened(self) -> bytes:
        """The first event: accepted, and no text yet."""
        raise NotImplementedError

    def text(self, piece: str) -> bytes:
        """A piece of the answer."""
        raise NotImplementedError

    def end(self, whole: str) -> bytes:
        """What closes a good answer."""
        raise NotImplementedError

    def error(self, why: Refusal) -> bytes:
        """The run is given up in the stream."""
        raise NotImplementedError

    def refused(self, why: Refusal, *headers: tuple[str, str]) -> Play:
        """A refusal instead of a stream."""
        status, told = self.refusals[why]
        head = Head(status=status, content_type="application/json", headers=headers)
        return (head, json.dumps(told).encode())

    def answer(self, *pieces: str) -> Play:
        """A good answer."""
        return (
            Head(),
            self.opened(),
            *(self.text(piece) for piece in pieces),
            self.end("".join(pieces)),
        )


def event(**fields: object) -> bytes:
    """One event on its line."""
    return b"data: " + json.dumps(fields, ensure_ascii=False).encode() + b"\n\n"


def _dify(status: int, code: str, message: str = "scripted") -> tuple[int, dict[str, object]]:
    return status, {"code": code, "message": message, "status": status}


class DifyWire(Wire):
    """What every kind of app has in common (Dify service API, "Errors", "The stream")."""

    refusals: ClassVar = {
        Refusal.KEY: _dify(401, "unauthorized", "Access token is invalid"),
        Refusal.FORBIDDEN: _dify(403, "forbidden", "The app's API service has been disabled."),
        Refusal.UNPUBLISHED: _dify(400, "app_unavailable"),
        Refusal.BUSY: _dify(429, "too_many_requests"),
        Refusal.QUOTA: _dify(429, "rate_limit_error"),
        Refusal.INPUT: _dify(400, "invalid_param", "topic is required in input form"),
        Refusal.FAILED: _dify(500, "internal_server_error"),
        Refusal.PICTURE: _dify(415, "unsupported_file_type"),
        Refusal.SPEECH: _dify(400, "speech_to_text_disabled"),
        Refusal.RECORDING: _dify(415, "unsupported_audio_type"),
        Refusal.CONVERSATION: _dify(404, "not_found", "Conversation Not Exists."),
        Refusal.COMPLETED: _dify(400, "conversation_completed"),
    }

    def error(self, why: Refusal) -> bytes:
        status, told = self.refusals[why]
        return event(event="error", **_RUN, **(told | {"status": status}))


class DifyChat(DifyWire):
    """A Chatflow: it has a conversation and a workflow."""

    ids: ClassVar[Mapping[str, object]] = {"message_id": "m-1", "conversation_id": _CONVERSATION}

    def opened(self) -> bytes:
        return event(event="workflow_started", **_RUN, **self.ids, data={"id": "r-1"})

    def text(self, piece: str) -> bytes:
        return event(event="message", task_id="t-1", **self.ids, answer=piece)

    def end(self, whole: str) -> bytes:
        done = {"id": "r-1", "status": "succeeded", "outputs": {"answer": whole}}
        closing = event(event="message_end", task_id="t-1", **self.ids, metadata={})
        return closing + event(event="workflow_finished", **_RUN, **self.ids, data=done)


class DifyCompletion(DifyChat):
    """A Text Generator: messages without a conversation."""

    ids: ClassVar = {"message_id": "m-1"}

    def opened(self) -> bytes:
        return self.text("")

    def end(self, whole: str) -> bytes:  # noqa: ARG002 every wire's
        return event(event="message_end", task_id="t-1", **self.ids, metadata={})


class DifyWorkflow(DifyWire):
    """A Workflow: chunks of text, and outputs at its end."""

    def opened(self) -> bytes:
        return event(event="workflow_started", **_RUN, data={"id": "r-1"})

    def text(self, piece: str) -> bytes:
        return event(event="text_chunk", **_RUN, data={"text": piece})

    def end(self, whole: str) -> bytes:
        done = {"id": "r-1", "status": "succeeded", "outputs": {"text": whole}}
        return event(event="workflow_finished", **_RUN, data=done)


def workflow_end(status: str) -> bytes:
    """A workflow or Chatflow ended in this state."""
    data = {"id": "r-1", "status": status, "outputs": {"text": PART}, "error": "scripted"}
    return event(event="workflow_finished", **_RUN, data=data)


def paused() -> bytes:
    """A Human Input node waits."""
    form = event(event="human_input_required", **_RUN, data={"node_title": "主管审批"})
    return form + event(event="workflow_paused", **_RUN, data={"paused_nodes": ["n"]})


def _openai(
    status: int, code: str | None, message: str = "scripted", kind: str = "scripted"
) -> tuple[int, dict[str, object]]:
    return status, {"error": {"message": message, "type": kind, "code": code}}


class OpenAi(Wire):
    """Chat completions (OpenAI API reference; the codes of OpenAI and DeepSeek)."""

    refusals: ClassVar = {
        Refusal.KEY: _openai(401, "invalid_api_key", "Incorrect API key provided."),
        Refusal.FORBIDDEN: _openai(403, None, kind="permission_error"),
        Refusal.UNPUBLISHED: _openai(404, "model_not_found", "The model does not exist."),
        Refusal.BUSY: _openai(429, "rate_limit_exceeded"),
        Refusal.QUOTA: _openai(429, "insufficient_quota"),
        Refusal.INPUT: _openai(400, None, "temperature is out of range", "invalid_request_error"),
        Refusal.FAILED: _openai(500, None, kind="server_error"),
        Refusal.CONTENT: _openai(400, "content_filter"),
        Refusal.TOO_LONG: _openai(400, "context_length_exceeded"),
        Refusal.PICTURE: _openai(400, "invalid_image_url"),
    }

    def chunk(self, delta: Mapping[str, object], reason: str | None = None) -> bytes:
        """A piece of the completion."""
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        return event(id="c-1", object="chat.completion.chunk", choices=[choice])

    def opened(self) -> bytes:
        return self.chunk({"role": "assistant", "content": ""})

    def text(self, piece: str) -> bytes:
        return self.chunk({"content": piece})

    def end(self, whole: str) -> bytes:  # noqa: ARG002 every wire's
        return self.ends("stop")

    def ends(self, reason: str) -> bytes:
        """The completion ends for this reason."""
        return self.chunk({}, reason) + b"data: [DONE]\n\n"

    def error(self, why: Refusal) -> bytes:
        return event(**self.refusals[why][1])
