"""A Dify that does as it is told, over real HTTP.

Serves the Service API calls that a client of any app makes, keeps conversations and messages, and
misbehaves by script. Delays go by the clock that is passed in. Answers are shaped after the Dify
service API reference; nothing here thinks.
"""

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Self

from aiohttp import web

from yingda.clock import Clock
from yingda.simulator.dify_asking import RUN_PATHS, STOP_PATHS, question_in, wrong_address
from yingda.simulator.dify_extras import REQUEST_LIMIT_BYTES, DifyExtras
from yingda.simulator.dify_records import KeptMessage, Recorded
from yingda.simulator.dify_refusals import REFUSALS, refusal, refused
from yingda.simulator.dify_script import MEMORYLESS, AppMode, DifyScript, Trouble, steered
from yingda.simulator.dify_stream import Cut, RunIds, StreamWriter, outputs_of

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: A sample; it opens nothing but this simulator.
SAMPLE_KEY = "app-simulator"


class DifyServer:
    """Runs on a free port of the loopback address while its context is open.

    `script` is what every question brings unless `on` named another for it; keywords in the
    question change it further (see `dify_script.steered`). `calls` counts the runs per question,
    `requests` keeps every request, `open_streams` says how many runs are being written.
    """

    def __init__(
        self,
        clock: Clock,
        script: DifyScript | None = None,
        *,
        mode: AppMode = AppMode.CHAT,
        names_mode: bool = True,
        api_key: str = SAMPLE_KEY,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.clock = clock
        self.mode = mode
        self.api_key = api_key
        self.base_url = ""
        #: What `GET /parameters` tells besides: `opening_statement`, `file_upload` and so on.
        self.introduction: dict[str, object] = {}
        #: The variable that takes the question of an app without conversations.
        self.input_key = "query"
        self.calls: Counter[str] = Counter()
        self.requests: list[Recorded] = []
        self.stopped: list[str] = []
        self.open_streams = 0
        self.messages: list[KeptMessage] = []
        #: Files, speech, suggestions and ratings.
        self.extras = DifyExtras(mode, self._told, self.messages)
        self._names_mode = names_mode
        self._script = script or DifyScript()
        self._scripts: dict[str, DifyScript] = {}
        self._conversations: dict[str, tuple[str, float]] = {}
        self._writers: dict[str, StreamWriter] = {}
        self._address = (host, port)
        self._runner = web.AppRunner(
            self._app(), handler_cancellation=True, shutdown_timeout=0.05, access_log=None
        )

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._address).start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def on(self, question: str, script: DifyScript) -> None:
        """Let this very question bring `script`."""
        self._scripts[question] = script

    def drop_conversation(self, conversation_id: str) -> None:
        """Delete a conversation as its owner may in the console."""
        self._conversations.pop(conversation_id, None)

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=REQUEST_LIMIT_BYTES)
        app.add_routes(self.extras.routes())
        app.add_routes(
            [
                *(web.post(path, self._run) for path in RUN_PATHS),
                *(web.post(path, self._stop) for path in STOP_PATHS),
                web.get("/v1/messages", self._list_messages),
                web.get("/v1/conversations", self._list_conversations),
                web.delete("/v1/conversations/{id}", self._delete),
                web.get("/v1/workflows/run/{id}", self._workflow_run),
                web.get("/v1/info", self._info),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        values: dict[str, object] = dict(request.query)
        if request.can_read_body and request.content_type == "application/json":
            values = await request.json()
        self.requests.append(Recorded(request.method, request.path, values))
        if request.match_info.http_exception is not None:
            page = "<html><h1>404 Not Found</h1></html>"
            return web.Response(status=404, text=page, content_type="text/html")
        if request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return refusal(401, "unauthorized", "Access token is invalid")
        return await handler(request)

    async def _run(self, request: web.Request) -> web.StreamResponse:
        values = await request.json()
        code = wrong_address(self.mode, request.path)
        if code:
            return refusal(400, code, "Please check if your app mode matches.")
        query, user = question_in(self.mode, values, self.input_key), str(values["user"])
        if query is None:
            return refusal(400, "invalid_param", f"{self.input_key} is required in input form")
        self.calls[query] += 1
        script = steered(self._scripts.get(query, self._script), query)
        trouble = self._trouble(script, query, str(values.get("conversation_id") or ""), user)
        if trouble in REFUSALS:
            return refused(trouble, script)
        if (refused_files := self.extras.refuses_files(values)) is not None:
            return refused_files
        message = self._keep(values, query, user, script, trouble)
        return await self._stream(request, message, script, trouble)

    def _trouble(self, script: DifyScript, query: str, conversation_id: str, user: str) -> Trouble:
        """What goes wrong this time."""
        trouble = script.trouble
        past = script.trouble_times is not None and self.calls[query] > script.trouble_times
        if trouble in _ABOUT_CONVERSATIONS and not conversation_id:
            past = True
        if trouble is not Trouble.NONE and not past:
            return trouble
        if conversation_id and self._conversations.get(conversation_id, ("",))[0] != user:
            return Trouble.CONVERSATION_GONE
        return Trouble.NONE

    def _keep(
        self,
        values: dict[str, object],
        query: str,
        user: str,
        script: DifyScript,
        trouble: Trouble,
    ) -> KeptMessage:
        now_s = self.clock.now()
        ids = RunIds(
            conversation_id=str(values.get("conversation_id") or uuid.uuid4()),
            message_id=str(uuid.uuid4()),
            task_id=str(uuid.uuid4()),
            workflow_run_id=str(uuid.uuid4()),
        )
        message = KeptMessage(
            ids=ids,
            user=user,
            query=query,
            answer=script.text if script.replaced_by is None else script.replaced_by,
            created_at_s=now_s,
            ready_at_s=now_s + script.first_s + script.gap_s * script.pieces,
            failed=trouble in _FAILED,
            outputs=outputs_of(script),
            workflow_status=script.workflow_status,
        )
        if trouble not in _NEVER_KEPT:
            if self.mode not in MEMORYLESS:
                self._conversations.setdefault(ids.conversation_id, (user, now_s))
            self.messages.append(message)
        return message

    async def _stream(
        self, request: web.Request, message: KeptMessage, script: DifyScript, trouble: Trouble
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        writer = StreamWriter(response, self.clock, self.mode, message.ids)
        self._writers[message.ids.task_id] = writer
        self.open_streams += 1
        try:
            await writer.play(script, trouble)
        except Cut as cut:
            await response.write(cut.last_bytes)
            if request.transport is not None:
                request.transport.close()
        except ConnectionResetError:
            # The client closed first, as a client of an event stream does.
            pass
        finally:
            self.open_streams -= 1
            del self._writers[message.ids.task_id]
        return response

    async def _stop(self, request: web.Request) -> web.Response:
        task_id = request.match_info["task_id"]
        self.stopped.append(task_id)
        if task_id in self._writers:
            self._writers[task_id].stopped = True
        return web.json_response({"result": "success"})

    async def _list_messages(self, request: web.Request) -> web.Response:
        conversation_id, user = request.query["conversation_id"], request.query["user"]
        if self._conversations.get(conversation_id, ("",))[0] != user:
            return refusal(404, "not_found", "Conversation Not Exists.")
        rows = [
            message.row(self.clock.now())
            for message in reversed(self.messages)
            if message.ids.conversation_id == conversation_id
        ]
        return web.json_response({"data": rows, "has_more": False, "limit": 20})

    async def _list_conversations(self, request: web.Request) -> web.Response:
        rows = [
            {"id": conversation_id, "status": "normal", "created_at": int(since_s)}
            for conversation_id, (user, since_s) in reversed(self._conversations.items())
            if user == request.query["user"]
        ]
        return web.json_response({"data": rows, "has_more": False, "limit": 20})

    async def _delete(self, request: web.Request) -> web.Response:
        conversation_id = request.match_info["id"]
        user = (await request.json())["user"]
        if self._conversations.get(conversation_id, ("",))[0] != user:
            return refusal(404, "not_found", "Conversation Not Exists.")
        self.drop_conversation(conversation_id)
        return web.Response(status=204)

    async def _workflow_run(self, request: web.Request) -> web.Response:
        for message in self.messages:
            if message.ids.workflow_run_id == request.match_info["id"]:
                return web.json_response(message.record(self.clock.now()))
        return refusal(404, "not_found", "Workflow run not found.")

    async def _info(self, _: web.Request) -> web.Response:
        info = {"name": "simulated", "description": "", "tags": []}
        return web.json_response({**info, "mode": self.mode} if self._names_mode else info)

    def _told(self) -> dict[str, object]:
        if self.mode not in MEMORYLESS:
            return self.introduction
        form = [{"paragraph": {"variable": self.input_key, "required": True}}]
        return {"user_input_form": form} | self.introduction


_ABOUT_CONVERSATIONS = frozenset(
    {
        Trouble.CONVERSATION_COMPLETED,
        Trouble.CONVERSATION_GONE,
        Trouble.CONVERSATION_GONE_PINGS,
    }
)
#: No message is made for these.
_NEVER_KEPT = frozenset({Trouble.CONVERSATION_GONE_PINGS, Trouble.BUSY_EVENT})
_FAILED = frozenset(
    {
        Trouble.ERROR_EVENT,
        Trouble.ERROR_EVENT_LEFT_OPEN,
        Trouble.WORKFLOW_FAILED,
        Trouble.WORKFLOW_STOPPED,
        Trouble.WORKFLOW_PAUSED,
    }
)
