"""What the simulated Dify keeps of its runs, as its small calls show it."""

import msgspec

from yingda.simulator.dify_stream import RunIds


class Recorded(msgspec.Struct, frozen=True):
    """One request as it came; the key is not kept."""

    method: str
    path: str
    values: dict[str, object]


class KeptMessage(msgspec.Struct, kw_only=True):
    """One question and its answer, as `GET /messages` and `GET /workflows/run` show them."""

    ids: RunIds
    user: str
    query: str
    answer: str
    created_at_s: float
    #: Until then the answer is still being made.
    ready_at_s: float
    failed: bool = False
    outputs: dict[str, object] = {}
    #: The status of a workflow's good end.
    workflow_status: str = "succeeded"

    def row(self, now_s: float) -> dict[str, object]:
        """A message of its conversation."""
        return {
            "id": self.ids.message_id,
            "conversation_id": self.ids.conversation_id,
            "query": self.query,
            "answer": self.answer if self._is_ready(now_s) else "",
            "status": "error" if self.failed else "normal",
            "error": "scripted" if self.failed else None,
            "created_at": int(self.created_at_s),
        }

    def record(self, now_s: float) -> dict[str, object]:
        """The record of the workflow's run."""
        ready = self._is_ready(now_s)
        status = "failed" if self.failed else self.workflow_status if ready else "running"
        return {"status": status, "outputs": self.outputs if ready else None}

    def _is_ready(self, now_s: float) -> bool:
        return not self.failed and now_s >= self.ready_at_s
