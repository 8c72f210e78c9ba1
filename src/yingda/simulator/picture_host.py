"""The platform's host of pictures over real HTTP, on a port of the loopback address.

Knows how a PicUrl is answered: to anybody, without a token. What pictures there are, the library
knows.
"""

from typing import Self

from aiohttp import web

from yingda.simulator.library import Library


class PictureHost:
    """While its context is open the library's PicUrls lead here; `base_url` is its origin."""

    def __init__(self, library: Library, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.base_url = ""
        #: Paths in the order in which they were asked for.
        self.asked: list[str] = []
        self._library = library
        self._address = (host, port)
        app = web.Application()
        app.router.add_get("/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.05, access_log=None)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._address).start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = self._library.picture_base = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        picture = self._library.picture_at(request.path)
        if picture is None:
            return web.Response(status=404)
        return web.Response(body=picture.content, content_type=picture.content_type)
