"""The simulated Dify's event stream: a script, written out as Dify writes it.

Knows the events and their orders for each app type. Writes to one response, by the clock it is
given; keeps no conversations.
"""

import json
from collections.abc import AsyncIterator

import msgspec
from aiohttp import web

from yingda.clock import Clock
from yingda.simulator.dify_script import MEMORYLESS, AppMode, DifyScript, Ending, Trouble, pieces_of

#: Dify service API, "The stream": about every 10 s.
PING_EVERY_S = 10.0
#: What the simulated app's owner called its form.
FORM_TITLE = "主管审批"


class RunIds(msgspec.Struct, frozen=True, kw_only=True):
    """The ids of one run."""

    conversation_id: str
    message_id: str
    task_id: str
    workflow_run_id: str


class Cut(Exception):
    """The connection is to break off here, after `last_bytes`."""

    def __init__(self, last_bytes: bytes = b"") -> None:
        super().__init__("cut")
        self.last_bytes = last_bytes


class StreamWriter:
    """Writes one run to its response."""

    def __init__(
        self, response: web.StreamResponse, clock: Clock, mode: AppMode, ids: RunIds
    ) -> None:
        self._response = response
        self._clock = clock
        self._mode = mode
        self._ids = ids
        self.stopped = False

    async def play(self, script: DifyScript, trouble: Trouble) -> None:
        """Write the run. Raises `Cut` where the connection is to break."""
        if trouble in {Trouble.PINGS_ONLY, Trouble.CONVERSATION_GONE_PINGS}:
            await self._ping_for_ever()
        if trouble is Trouble.BUSY_EVENT:
            await self._error("too_many_requests", 429)
            return
        async for event in self._body(script, trouble):
            await self._send(event)
            if self.stopped:
                break
        if self.stopped and self._mode is AppMode.WORKFLOW:
            # The reference tells this of workflows alone; a chat ends here as if it were whole.
            await self._end_badly(Trouble.WORKFLOW_STOPPED)
        elif trouble in _MIDWAY and not self.stopped:
            await self._strike(trouble)
        else:
            await self._end(script)

    async def _body(self, script: DifyScript, trouble: Trouble) -> AsyncIterator[dict[str, object]]:
        """Everything up to the ending, in the app type's order."""
        if self._mode in _WORKFLOWS:
            yield self._workflow("workflow_started", {"inputs": {}})
            yield self._workflow("node_finished", {"outputs": {"text": "x" * script.node_bytes}})
        if self._mode is AppMode.AGENT_CHAT:
            yield self._message("agent_thought", thought=script.text, position=1, observation="")
        await self._wait(script.first_s)
        pieces = pieces_of(script.text, script.pieces)
        last = script.trouble_after_pieces if trouble in _MIDWAY else len(pieces)
        for piece in pieces[:last]:
            if self._mode is not AppMode.WORKFLOW or script.has_chunks:
                yield self._piece(piece)
            await self._wait(script.gap_s)
        if trouble in _MIDWAY:
            return
        if self._mode is AppMode.AGENT:
            closing = script.text if script.closing is None else script.closing
            yield self._message("message", answer=closing)
        if script.replaced_by is not None:
            yield self._message("message_replace", answer=script.replaced_by, reason="moderation")

    def _piece(self, text: str) -> dict[str, object]:
        if self._mode is AppMode.WORKFLOW:
            selector = ["llm", "text"]
            return self._workflow("text_chunk", {"text": text, "from_variable_selector": selector})
        name = "agent_message" if self._mode in _AGENTS else "message"
        return self._message(name, answer=text)

    async def _end(self, script: DifyScript) -> None:
        usage = {"prompt_tokens": 3, "completion_tokens": 6, "total_tokens": 9}
        usage_and_price = {**usage, "total_price": "0.0012", "currency": "USD", "latency": 0.1}
        resources, files = list(script.resources) or None, list(script.files) or None
        metadata = {"usage": usage_and_price, "retriever_resources": resources}
        closing = self._message("message_end", metadata=metadata, files=files)
        end: dict[str, object] = {
            "status": script.workflow_status,
            "outputs": outputs_of(script),
            "error": None,
            "files": list(script.files),
            "total_tokens": 9,
        }
        finished = self._workflow("workflow_finished", end)
        orders = {
            Ending.MESSAGE_END_FIRST: [closing, finished],
            Ending.WORKFLOW_FIRST: [finished, closing],
            Ending.NO_MESSAGE_END: [finished],
            Ending.NO_WORKFLOW_FINISHED: [closing],
        }
        if self._mode is AppMode.WORKFLOW:
            events = [finished]
        else:
            events = orders[script.ending] if self._mode in _WORKFLOWS else [closing]
        for event in events:
            await self._send(event)
        if script.left_open:
            await self._ping_for_ever()

    async def _strike(self, trouble: Trouble) -> None:
        """A trouble in mid-stream."""
        if trouble is Trouble.CUT:
            raise Cut
        if trouble is Trouble.CUT_IN_CHARACTER:
            line = _line(self._piece("断"))
            raise Cut(line[: line.index("断".encode()) + 1])
        if trouble in {Trouble.ERROR_EVENT, Trouble.ERROR_EVENT_LEFT_OPEN}:
            await self._error("completion_request_error", 400)
        if trouble in _WORKFLOW_STATUS:
            await self._end_badly(trouble)
        if trouble is Trouble.ERROR_EVENT_LEFT_OPEN:
            await self._ping_for_ever()
        if trouble is Trouble.STALL:
            await self._clock.sleep(1e9)

    async def _end_badly(self, trouble: Trouble) -> None:
        if trouble is Trouble.WORKFLOW_PAUSED:
            form: dict[str, object] = {
                "form_id": "f1",
                "node_title": FORM_TITLE,
                "form_token": None,
            }
            await self._send(self._workflow("human_input_required", form))
            await self._send(self._workflow("workflow_paused", {"paused_nodes": ["n1"]}))
            return
        status = _WORKFLOW_STATUS[trouble]
        data: dict[str, object] = {"status": status, "outputs": None, "error": "a node failed"}
        await self._send(self._workflow("workflow_finished", data))
        if trouble is Trouble.WORKFLOW_FAILED:
            await self._error("provider_quota_exceeded", 400)

    async def _wait(self, delay_s: float) -> None:
        """Let time pass, with Dify's pings in it."""
        while delay_s > PING_EVERY_S:
            await self._clock.sleep(PING_EVERY_S)
            await self._response.write(b"event: ping\n\n")
            delay_s -= PING_EVERY_S
        if delay_s > 0:
            await self._clock.sleep(delay_s)

    async def _ping_for_ever(self) -> None:
        while True:
            await self._response.write(b"event: ping\n\n")
            await self._clock.sleep(PING_EVERY_S)

    async def _error(self, code: str, status: int) -> None:
        event = {"event": "error", "code": code, "status": status, "message": "scripted"}
        await self._send(event)

    async def _send(self, event: dict[str, object]) -> None:
        await self._response.write(_line(event))

    def _message(self, name: str, **fields: object) -> dict[str, object]:
        ids = self._ids
        event: dict[str, object] = {"event": name, "task_id": ids.task_id}
        if self._mode is not AppMode.WORKFLOW:
            event |= {"message_id": ids.message_id, "id": ids.message_id}
        if self._mode not in MEMORYLESS:
            event["conversation_id"] = ids.conversation_id
        return {**event, "created_at": int(self._clock.now()), **fields}

    def _workflow(self, name: str, data: dict[str, object]) -> dict[str, object]:
        run_id = self._ids.workflow_run_id
        return self._message(name, workflow_run_id=run_id, data={"id": run_id, **data})


def _line(event: dict[str, object]) -> bytes:
    return b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n"


def outputs_of(script: DifyScript) -> dict[str, object]:
    """The outputs of a workflow's good end."""
    return {"answer": script.text} if script.outputs is None else script.outputs


_WORKFLOWS = frozenset({AppMode.ADVANCED_CHAT, AppMode.WORKFLOW})
_AGENTS = frozenset({AppMode.AGENT_CHAT, AppMode.AGENT})
_WORKFLOW_STATUS = {
    Trouble.WORKFLOW_FAILED: "failed",
    Trouble.WORKFLOW_STOPPED: "stopped",
    Trouble.WORKFLOW_PAUSED: "paused",
}
_MIDWAY = frozenset(
    {
        Trouble.CUT,
        Trouble.CUT_IN_CHARACTER,
        Trouble.ERROR_EVENT,
        Trouble.ERROR_EVENT_LEFT_OPEN,
        Trouble.SILENT_END,
        Trouble.STALL,
        *_WORKFLOW_STATUS,
    }
)
