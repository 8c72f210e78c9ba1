"""How a question is put to a Dify app, and a run stopped: path and body, by the app's type.

Pure. Source: Dify service API, sections "POST /chat-messages", "POST /completion-messages and
POST /workflows/run", "Stop".
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import msgspec

from yingda.providers.base import Prompt
from yingda.providers.dify_features import NOTHING_ATTACHED, Attached
from yingda.providers.dify_settings import AppMode

_CHAT_PATH: Final = "/chat-messages"
_RUN_PATHS: Final = {
    AppMode.COMPLETION: "/completion-messages",
    AppMode.WORKFLOW: "/workflows/run",
}
_STOP_PATHS: Final = {
    AppMode.COMPLETION: "/completion-messages/{}/stop",
    AppMode.WORKFLOW: "/workflows/tasks/{}/stop",
}


class RunRequest(msgspec.Struct, frozen=True):
    """One request for an answer."""

    mode: AppMode
    path: str
    body: Mapping[str, object]
    #: Whether the body names a stored conversation.
    in_conversation: bool = False


def run_request(
    mode: AppMode,
    prompt: Prompt,
    *,
    inputs: Mapping[str, str],
    question_key: str,
    conversation_id: str | None,
    attached: Attached = NOTHING_ATTACHED,
) -> RunRequest:
    """The request for this prompt; always streaming.

    `question_key` is the input variable of an app without conversations that takes the question.
    """
    filled = {**inputs, **attached.inputs}
    body: dict[str, object] = {
        "inputs": filled,
        "response_mode": "streaming",
        "user": prompt.user,
    }
    if attached.files:
        body["files"] = attached.files
    if prompt.trace_id is not None:
        body["trace_id"] = prompt.trace_id
    if mode in _RUN_PATHS:
        # Not as `query` beside it too: Dify would put the question to the model twice.
        body["inputs"] = {**filled, question_key: prompt.text}
        return RunRequest(mode, _RUN_PATHS[mode], body)
    body["query"] = prompt.text
    # A title costs a call of the model, and streams were seen to stay open for it.
    body["auto_generate_name"] = False
    if conversation_id is not None:
        body["conversation_id"] = conversation_id
    return RunRequest(mode, _CHAT_PATH, body, in_conversation=conversation_id is not None)


def stop_path(mode: AppMode, task_id: str) -> str:
    """Where a run is stopped."""
    return _STOP_PATHS.get(mode, _CHAT_PATH + "/{}/stop").format(quote(task_id, safe=""))
