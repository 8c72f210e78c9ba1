"""A server of an OpenAI-compatible API that does as it is told, over real HTTP.

Serves chat completions, the list of models and the two calls for speech, and misbehaves by
script. Delays go by the clock that is passed in. Nothing here thinks.
"""

import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from typing import Self

import msgspec
from aiohttp import web

from yingda.clock import Clock
from yingda.simulator.openai_script import ChatScript, Refusal
from yingda.simulator.openai_stream import Broken, ChatRun, ChatWriter

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: A sample; it opens nothing but this simulator.
SAMPLE_KEY = "sk-simulator"
MODEL = "simulated-1"
#: The head of a WAV file without sound (RIFF, as Microsoft and IBM describe it).
SOUND = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00" + bytes(16)


class Asked(msgspec.Struct, frozen=True):
    """One request as it came; the key is not kept."""

    method: str
    path: str
    values: dict[str, object]
    #: Without those that every request has.
    headers: dict[str, str]


class OpenAiServer:
    """Runs on a free port of the loopback address while its context is open.

    `script` is what every question brings unless `on` named another for it. `calls` counts the
    requests per question, `requests` keeps every request, `open_streams` says how many answers
    are being written. `refuses` names fields of a request that are not taken, as older servers
    do. `audio_refusal` is what the calls for speech bring instead.
    """

    def __init__(
        self,
        clock: Clock,
        script: ChatScript | None = None,
        *,
        api_key: str = SAMPLE_KEY,
        refuses: Collection[str] = (),
        lists_models: bool = True,
    ) -> None:
        self.clock = clock
        self.api_key = api_key
        self.base_url = ""
        self.calls: Counter[str] = Counter()
        self.requests: list[Asked] = []
        self.open_streams = 0
        self.transcript = "今天天气怎么样"
        self.sound = SOUND
        self.audio_refusal: Refusal | None = None
        self._refuses = refuses
        self._lists_models = lists_models
        self._script = script or ChatScript()
        self._scripts: dict[str, ChatScript] = {}
        self._runner = web.AppRunner(
            self._app(), handler_cancellation=True, shutdown_timeout=0.05, access_log=None
        )

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def on(self, question: str, script: ChatScript) -> None:
        """Let this very question bring `script`."""
        self._scripts[question] = script

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=64 * 1024 * 1024)
        app.add_routes(
            [
                web.post("/v1/chat/completions", self._complete),
                web.get("/v1/models", self._models),
                web.post("/v1/audio/transcriptions", self._transcribe),
                web.post("/v1/audio/speech", self._speak),
            ]
        )
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        own = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in {"authorization", "host", "accept", "user-agent"}
        }
        is_json = request.content_type == "application/json"
        values = await request.json() if is_json else {}
        self.requests.append(Asked(request.method, request.path, values, own))
        if request.match_info.http_exception is not None:
            return web.Response(status=404, text="<html>404</html>", content_type="text/html")
        if self.api_key and request.headers.get("Authorization") != f"Bearer {self.api_key}":
            return _error(401, "Incorrect API key provided.", code="invalid_api_key")
        return await handler(request)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        values = await request.json()
        if not values.get("messages") or not values.get("model"):
            return _error(400, "you must provide a model and messages")
        for field in self._refuses:
            if field in values:
                message = f"Unsupported parameter: '{field}'; max_completion_tokens may be meant"
                return _error(400, message, param=field)
        question = _question(values)
        self.calls[question] += 1
        script = self._scripts.get(question, self._script)
        refusal = script.refusal
        if refusal is not None and _still(refusal, self.calls[question]):
            return _refused(refusal)
        options = values.get("stream_options") or {}
        run = ChatRun(
            id=f"chatcmpl-{uuid.uuid4().hex}",
            model=str(values["model"]),
            wants_usage=bool(options.get("include_usage")),
        )
        if script.whole:
            return web.json_response(run.whole(script))
        return await self._stream(request, run, script)

    async def _stream(
        self, request: web.Request, run: ChatRun, script: ChatScript
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        self.open_streams += 1
        try:
            await ChatWriter(response, self.clock, run).play(script)
        except Broken:
            if request.transport is not None:
                request.transport.close()
        except ConnectionResetError:
            # The client closed first, as a client of an event stream does.
            pass
        finally:
            self.open_streams -= 1
        return response

    async def _models(self, _: web.Request) -> web.Response:
        if not self._lists_models:
            return web.json_response({"detail": "Not Found"}, status=404)
        return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    async def _transcribe(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        told = {"model": str(form["model"]), "name": file.filename, "type": file.content_type}
        self.requests.append(Asked("FORM", request.path, dict(told), {}))
        if self.audio_refusal is not None:
            return _refused(self.audio_refusal)
        return web.json_response({"text": self.transcript})

    async def _speak(self, _: web.Request) -> web.Response:
        if self.audio_refusal is not None:
            return _refused(self.audio_refusal)
        return web.Response(body=self.sound, content_type="audio/mpeg")


def _still(refusal: Refusal, calls: int) -> bool:
    return refusal.times is None or calls <= refusal.times


def _refused(refusal: Refusal) -> web.Response:
    headers = dict(refusal.headers)
    if isinstance(refusal.body, str):
        return web.Response(
            status=refusal.status, text=refusal.body, content_type="text/html", headers=headers
        )
    return web.json_response(dict(refusal.body), status=refusal.status, headers=headers)


def _error(status: int, message: str, **more: str) -> web.Response:
    body = {"message": message, "type": "invalid_request_error", **more}
    return web.json_response({"error": body}, status=status)


def _question(values: dict[str, object]) -> str:
    """The text of the last message."""
    messages = values["messages"]
    assert isinstance(messages, list)
    content = messages[-1]["content"]
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)
