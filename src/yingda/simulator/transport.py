"""How an attempt travels to the server that is tried: over a real socket, or in process.

Knows requests and answers as bytes, and that hanging up is part of the protocol. Refuses to know
what they say, and how long anybody waits.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol, TypeAlias

import aiohttp
import msgspec

from yingda.errors import YingdaError

_log = logging.getLogger(__name__)

AsgiEvent: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [AsgiEvent, Callable[[], Awaitable[AsgiEvent]], Callable[[AsgiEvent], Awaitable[None]]],
    Awaitable[None],
]

#: Pushes are XML (official page on the server configuration).
_CONTENT_TYPE = "text/xml"
#: What a server answers for an application that failed before it began its answer (uvicorn).
_SERVER_ERROR = 500


class Unreachable(YingdaError):
    """No connection, or it ended before the whole answer was read."""


class HttpAnswer(msgspec.Struct, frozen=True):
    """One whole answer."""

    status: int
    body: bytes
    #: Without parameters; "" when the server named none.
    content_type: str


class Transport(Protocol):
    """A way to the server; every attempt is a connection of its own, as WeChat makes them."""

    async def send(
        self, method: str, query: str, body: bytes, *, drops_reply: bool = False
    ) -> HttpAnswer:
        """Send one request and read the whole answer.

        `query` goes out as it is, so encode it before. Cancelling the call closes the
        connection. `drops_reply` closes it as soon as the answer begins and before its body is
        read. Raises Unreachable when there is no whole answer.
        """

    async def aclose(self) -> None:
        """Let go of everything; a server in process ends its requests first."""


class HttpTransport:
    """Real HTTP to `url`."""

    def __init__(self, url: str) -> None:
        self._target = f"{url}{'&' if '?' in url else '?'}"
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, method: str, query: str, body: bytes, *, drops_reply: bool = False
    ) -> HttpAnswer:
        session = self._session = self._session or _new_session()
        try:
            async with session.request(
                method, self._target + query, data=body or None, allow_redirects=False
            ) as response:
                if drops_reply:
                    response.close()
                    raise Unreachable("the reply was lost on the way")
                return HttpAnswer(response.status, await response.read(), response.content_type)
        except aiohttp.ClientError as error:
            # The kind is enough; the error's own text repeats the signed address.
            raise Unreachable(type(error).__name__) from None

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None


def _new_session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        # WeChat repeats on a new connection; its deadline belongs to the platform's clock.
        connector=aiohttp.TCPConnector(force_close=True, limit=0),
        timeout=aiohttp.ClientTimeout(total=None),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"Content-Type": _CONTENT_TYPE},
    )


class AsgiTransport:
    """Calls an ASGI application in process, without sockets, so that it goes by any clock.

    Behaves as uvicorn does: when the caller hangs up, the application reads `http.disconnect`
    and ends by itself, it is never cancelled; what it sends afterwards goes nowhere. An
    application that raises is logged, kept in `crashes`, and answered for with status 500.
    """

    def __init__(self, app: AsgiApp, path: str = "/") -> None:
        self.crashes: list[BaseException] = []
        self._app = app
        self._path = path
        self._requests: set[asyncio.Task[None]] = set()

    async def send(
        self, method: str, query: str, body: bytes, *, drops_reply: bool = False
    ) -> HttpAnswer:
        exchange = _Exchange(body, drops_reply=drops_reply)
        request = asyncio.create_task(self._call(self._scope(method, query, body), exchange))
        self._requests.add(request)
        request.add_done_callback(lambda ended: self._end(ended, exchange))
        try:
            return await exchange.answer
        finally:
            exchange.hang_up()

    async def aclose(self) -> None:
        while self._requests:
            await asyncio.wait(self._requests)

    async def _call(self, scope: AsgiEvent, exchange: "_Exchange") -> None:
        await self._app(scope, exchange.receive, exchange.send)

    def _end(self, request: asyncio.Task[None], exchange: "_Exchange") -> None:
        self._requests.discard(request)
        crash = None if request.cancelled() else request.exception()
        if crash is not None:
            self.crashes.append(crash)
            _log.error("the application raised %s", type(crash).__name__, exc_info=crash)
        exchange.end()

    def _scope(self, method: str, query: str, body: bytes) -> AsgiEvent:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": self._path,
            "raw_path": self._path.encode(),
            "root_path": "",
            "query_string": query.encode("ascii"),
            "headers": [
                (b"host", b"simulator"),
                (b"content-type", _CONTENT_TYPE.encode()),
                (b"content-length", str(len(body)).encode()),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("simulator", 80),
        }


class _Exchange:
    """One request and its answer, between the application and the caller."""

    def __init__(self, body: bytes, *, drops_reply: bool) -> None:
        self.answer: asyncio.Future[HttpAnswer] = asyncio.get_running_loop().create_future()
        self._request_body: bytes | None = body
        self._drops_reply = drops_reply
        self._hung_up = asyncio.Event()
        self._status = 0
        self._content_type = ""
        self._chunks: list[bytes] = []

    def hang_up(self) -> None:
        self._hung_up.set()

    def end(self) -> None:
        """The application has returned or raised; without an answer the caller gets an error."""
        if self.answer.done():
            return
        if self._status:
            self.answer.set_exception(Unreachable("the answer broke off"))
        else:
            self.answer.set_result(HttpAnswer(_SERVER_ERROR, b"Internal Server Error", ""))

    async def receive(self) -> AsgiEvent:
        if self._request_body is not None:
            body, self._request_body = self._request_body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(self, event: AsgiEvent) -> None:
        if self.answer.done() or self._hung_up.is_set():
            return
        if event["type"] == "http.response.start":
            self._start(event)
            if self._drops_reply:
                # One turn of the loop, so that an application that listens can notice.
                await asyncio.sleep(0)
        elif event["type"] == "http.response.body":
            self._chunks.append(event.get("body", b""))
            if not event.get("more_body", False):
                body = b"".join(self._chunks)
                self.answer.set_result(HttpAnswer(self._status, body, self._content_type))

    def _start(self, event: AsgiEvent) -> None:
        self._status = event["status"]
        headers = dict(event.get("headers", ()))
        self._content_type = headers.get(b"content-type", b"").decode("latin-1").split(";")[0]
        if self._drops_reply:
            self.hang_up()
            self.answer.set_exception(Unreachable("the reply was lost on the way"))
