"""Where each type of the simulated app is asked, and what a wrong address gets.

Source: Dify service API, "App types".
"""

from collections.abc import Mapping

from yingda.simulator.dify_script import AppMode

RUN_PATHS = ("/v1/chat-messages", "/v1/completion-messages", "/v1/workflows/run")
STOP_PATHS = (
    "/v1/chat-messages/{task_id}/stop",
    "/v1/completion-messages/{task_id}/stop",
    "/v1/workflows/tasks/{task_id}/stop",
)
_CODES = dict(zip(RUN_PATHS, ("not_chat_app", "app_unavailable", "not_workflow_app"), strict=True))
_OWN_PATHS = {AppMode.COMPLETION: RUN_PATHS[1], AppMode.WORKFLOW: RUN_PATHS[2]}


def wrong_address(mode: AppMode, path: str) -> str:
    """The code of the refusal of a run at this address; "" where the app is asked there."""
    return "" if path == _OWN_PATHS.get(mode, RUN_PATHS[0]) else _CODES[path]


def question_in(mode: AppMode, values: Mapping[str, object], input_key: str) -> str | None:
    """What is asked; None where the variable that takes it is missing."""
    if mode not in _OWN_PATHS:
        return str(values["query"])
    inputs = values["inputs"]
    question = inputs.get(input_key) if isinstance(inputs, dict) else None
    return question if isinstance(question, str) and question else None
