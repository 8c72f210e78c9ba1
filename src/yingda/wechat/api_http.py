"""Real HTTP to WeChat's server API, with a second host for when the first cannot be reached.

The only file of the room that knows aiohttp. Refuses to know what requests and answers say. The
second host is tried only while nothing was sent: a message that may have arrived is not repeated.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from types import SimpleNamespace

import aiohttp
import msgspec
from yarl import URL

from yingda.clock import Clock, Timer
from yingda.errors import ApiUnreachable
from yingda.proxies import proxy_for
from yingda.wechat.api_base import ApiAnswer, ApiRequest

#: Official page on the interface domains.
API_BASE = "https://api.weixin.qq.com"
FAIL_OVER_BASE = "https://api2.weixin.qq.com"

_NO_WAY = "See whether this machine reaches api.weixin.qq.com, by name and by port 443."
_NO_ANSWER = "See whether the connection to WeChat, or a proxy on the way, loses answers."


class HttpSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where the server API is, and how long to wait for it; spans in seconds."""

    base_url: str = API_BASE
    #: "" is none. Left alone, only WeChat's own host has one: another base is somebody's proxy.
    fail_over_url: str | None = None
    #: Until a request is on its way. Our choice: a handshake across the world takes half a second,
    #: and two hosts are to be tried before a follower's window ends.
    connect_s: float = 2.0
    #: From then on until the whole answer. Our choice: WeChat itself gives others 5 s.
    answer_s: float = 10.0
    #: Our choice: one account sends some hundred messages a second at the most.
    connections: int = 32
    #: Idle connections are let go before the other side may do so, for a message that is sent
    #: into a closing one is in doubt. Our choice; common servers keep them for a minute.
    idle_s: float = 10.0

    @property
    def base_urls(self) -> tuple[str, ...]:
        """The hosts in the order in which they are tried."""
        base_url = self.base_url.rstrip("/")
        second = self.fail_over_url
        if second is None:
            second = FAIL_OVER_BASE if base_url == API_BASE else ""
        return (base_url, second.rstrip("/")) if second else (base_url,)


class HttpApiTransport:
    """Implements `ApiTransport`; safe to use from many tasks of one event loop at once.

    The session is made at the first request, in the loop that runs then. aiohttp's own time-outs
    are off: deadlines go by the clock that is passed in.
    """

    def __init__(self, settings: HttpSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: ApiRequest) -> ApiAnswer:
        *first, last = self._settings.base_urls
        for base_url in first:
            try:
                return await self._exchange(base_url, request)
            except ApiUnreachable as unreachable:
                if unreachable.was_sent:
                    raise
        return await self._exchange(last, request)

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _exchange(self, base_url: str, request: ApiRequest) -> ApiAnswer:
        way = _Way(self._clock, self._settings)
        session = self._session = self._session or self._new_session()
        try:
            async with (
                way.deadlines(),
                session.request(
                    request.method,
                    URL(base_url + request.path, encoded=True).with_query(dict(request.query)),
                    data=_body_of(request),
                    headers=_headers_of(request),
                    # A redirected POST would arrive as a GET; and the token stays with WeChat.
                    allow_redirects=False,
                    trace_request_ctx=way,
                ) as response,
            ):
                body, is_cut = await _read(response, request.answer_limit_bytes)
                return ApiAnswer(response.status, _lower(response), body, is_cut)
        except aiohttp.ClientError as error:
            # The kind is enough; the error's own text may repeat an address with its token.
            raise _unreachable(type(error).__name__, was_sent=way.is_sent) from None
        except TimeoutError:
            raise _unreachable("time-out", was_sent=way.is_sent) from None

    def _new_session(self) -> aiohttp.ClientSession:
        settings = self._settings
        trace = aiohttp.TraceConfig()
        trace.on_request_headers_sent.append(_note_sent)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=settings.connections, keepalive_timeout=settings.idle_s
            ),
            timeout=aiohttp.ClientTimeout(),
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[trace],
            proxy=proxy_for(settings.base_url),
        )


class _Way:
    """One request's way: whether it was sent, and when to give it up."""

    def __init__(self, clock: Clock, settings: HttpSettings) -> None:
        self.is_sent = False
        self._clock = clock
        self._settings = settings
        self._scope = asyncio.timeout(None)
        self._timer: Timer | None = None

    @asynccontextmanager
    async def deadlines(self) -> AsyncIterator[None]:
        """Raise TimeoutError when it is not sent in time, or not answered from then on."""
        async with self._scope:
            self._give_up_after(self._settings.connect_s)
            try:
                yield
            finally:
                self._cancel()

    def note_sent(self) -> None:
        self.is_sent = True
        self._cancel()
        self._give_up_after(self._settings.answer_s)

    def _give_up_after(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._timer = self._clock.call_later(seconds, lambda: self._scope.reschedule(loop.time()))

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


async def _note_sent(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    context.trace_request_ctx.note_sent()


def _body_of(request: ApiRequest) -> bytes | aiohttp.FormData | None:
    file = request.file
    if file is None:
        return request.body
    form = aiohttp.FormData()
    # Bytes of over a megabyte would be written at one go, and aiohttp warns of it.
    content = BytesIO(file.content)
    form.add_field(file.field, content, filename=file.filename, content_type=file.content_type)
    return form


def _headers_of(request: ApiRequest) -> dict[str, str] | None:
    if request.body is None:
        return None
    return {"Content-Type": "application/json; charset=utf-8"}


def _lower(response: aiohttp.ClientResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


async def _read(response: aiohttp.ClientResponse, limit_bytes: int) -> tuple[bytes, bool]:
    """The body, cut off at the limit, and whether it was."""
    body = bytearray()
    while len(body) <= limit_bytes and (chunk := await response.content.readany()):
        body += chunk
    return bytes(body[:limit_bytes]), len(body) > limit_bytes


def _unreachable(reason: str, *, was_sent: bool) -> ApiUnreachable:
    if was_sent:
        return ApiUnreachable(f"no answer from WeChat ({reason})", was_sent=True, mend=_NO_ANSWER)
    return ApiUnreachable(f"no connection to WeChat ({reason})", was_sent=False, mend=_NO_WAY)
