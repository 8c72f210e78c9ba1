"""The simulated server API over real HTTP, on a port of the loopback address.

Knows how requests and answers stand on the wire; what they mean, `server_api` knows.
"""

from typing import Self

from aiohttp import BodyPartReader, web

from yingda.simulator.library import UploadedFile
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import ApiCall

#: Twice what the platform takes of a picture, so that it is the simulation that refuses it.
_BODY_LIMIT_BYTES = 20 << 20


class ServerApiFront:
    """Serves `api` at `base_url` while its context is open."""

    def __init__(self, api: ServerApi, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.api = api
        self.base_url = ""
        self._address = (host, port)
        app = web.Application(client_max_size=_BODY_LIMIT_BYTES)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(
            app, handler_cancellation=True, shutdown_timeout=0.05, access_log=None
        )

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._address).start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        is_form = request.content_type == "multipart/form-data"
        call = ApiCall(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            body=b"" if is_form else await request.read(),
            files=await _files(request) if is_form else {},
            caller_ip=request.remote or "",
        )
        reply = await self.api.answer(call)
        headers = {"Content-Type": reply.content_type}
        if reply.filename:
            headers["Content-Disposition"] = f'attachment; filename="{reply.filename}"'
        return web.Response(status=reply.status, headers=headers, body=reply.body)


async def _files(request: web.Request) -> dict[str, UploadedFile]:
    found: dict[str, UploadedFile] = {}
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.name and part.filename:
            kind = part.headers.get("Content-Type", "")
            found[part.name] = UploadedFile(part.filename, kind, bytes(await part.read()))
    return found
