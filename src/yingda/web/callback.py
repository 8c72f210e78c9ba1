"""WeChat's door: `/wechat/{account}` as a raw ASGI application, with health beside it.

A refused request costs no body; an attempt that is left to WeChat's cut gets no bytes at all.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog

from yingda.clock import Clock
from yingda.engine.health import Health
from yingda.engine.route import Answer, Route
from yingda.errors import BodyTooLarge, RequestRejected
from yingda.web.bodies import Bodies
from yingda.web.refusals import Refusals

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_log = structlog.get_logger()

_PREFIX = "/wechat/"
_XML = b"application/xml; charset=utf-8"
_TEXT = b"text/plain; charset=utf-8"
_CLOSES = ((b"connection", b"close"),)


class _Connection:
    """One attempt's connection, behind `engine.window.Connection`."""

    def __init__(self, receive: Receive, bodies: Bodies) -> None:
        self._receive = receive
        self._bodies = bodies
        self._gone: asyncio.Future[None] | None = None

    async def body(self, limit_bytes: int) -> bytes:
        return await self._bodies.whole(self._read(limit_bytes))

    async def _read(self, limit_bytes: int) -> bytes:
        chunks: list[bytes] = []
        size_bytes = 0
        more = True
        while more:
            event = await self._receive()
            if event["type"] == "http.disconnect":
                raise _GoneBeforeBody
            chunk = event.get("body", b"")
            size_bytes += len(chunk)
            if size_bytes > limit_bytes:
                raise BodyTooLarge(f"the body has more than {limit_bytes} bytes")
            chunks.append(chunk)
            more = event.get("more_body", False)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def gone(self) -> "asyncio.Future[None]":
        if self._gone is None:
            self._gone = asyncio.ensure_future(self._wait_until_gone())
        return self._gone

    def close(self) -> None:
        if self._gone is not None:
            self._gone.cancel()

    async def _wait_until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


class _GoneBeforeBody(Exception):
    """The other side closed in the middle of its request; there is nobody to answer."""


class Callback:
    """The ASGI application that WeChat and health checks talk to."""

    def __init__(self, route: Route, health: Health, clock: Clock) -> None:
        self._route = route
        self._health = health
        self._bodies = Bodies(clock)
        self._refusals = Refusals(clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        path: str = scope["path"]
        if path.startswith(_PREFIX):
            await self._wechat(path[len(_PREFIX) :], scope, receive, send)
        elif path == "/healthz":
            await _respond(send, 200, b"ok", _TEXT)
        elif path == "/readyz":
            problem = await self._health.problem()
            status, body = (200, b"ready") if problem is None else (503, problem.encode())
            await _respond(send, status, body, _TEXT)
        else:
            await _respond(send, 404, b"not found", _TEXT)

    async def _wechat(self, account: str, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._route.knows(account):
            await _respond(send, 404, b"no such account", _TEXT)
            return
        try:
            if scope["method"] == "POST":
                await self._attempt(account, scope, receive, send)
            elif scope["method"] in {"GET", "HEAD"}:
                echo = self._route.shake_hands(account, scope["query_string"])
                await _respond(send, 200, echo, _TEXT)
            else:
                await _respond(send, 405, b"GET or POST", _TEXT)
        except RequestRejected as rejected:
            client = scope.get("client")
            self._refusals.write(account, client[0] if client else None, rejected)
            # A body that was not read would keep the connection; it is of no more use.
            await _respond(send, rejected.http_status, b"refused", _TEXT, closes=True)
        except _GoneBeforeBody:
            _log.debug("gone_before_body", account=account)

    async def _attempt(self, account: str, scope: Scope, receive: Receive, send: Send) -> None:
        connection = _Connection(receive, self._bodies)
        try:
            answer = await self._answer(account, scope["query_string"], connection)
            if answer is None:
                # WeChat has cut the connection, or will not read what comes now.
                await _respond(send, 200, b"", _TEXT)
                return
            # Asking costs a task, a fifth of a cheap reply (measured); most have nothing to settle.
            gone = None if answer.push_id is None else connection.gone()
            if gone is not None:
                # Lets the question be asked; a connection that is gone answers at once.
                await asyncio.sleep(0)
            content_type = _XML if answer.body.startswith(b"<") else _TEXT
            await _begin(send, 200, answer.body, content_type)
            # Afterwards a server tells every connection to be gone, also one that took it all.
            was_gone = gone is not None and gone.done()
            await _end(send, answer.body)
            self._route.settle(answer, was_sent=not was_gone)
        finally:
            connection.close()

    async def _answer(self, account: str, query: bytes, connection: _Connection) -> Answer | None:
        try:
            return await self._route.answer(account, query, connection)
        except (RequestRejected, _GoneBeforeBody):
            raise
        # The callback's edge: whatever a bug raises, the platform gets an accepting answer
        # instead of a 500, which it would show the follower as a failure line.
        except Exception:  # noqa: BLE001
            _log.exception("attempt_crashed", account=account)
            return Answer(body=b"success")


async def _respond(
    send: Send, status: int, body: bytes, content_type: bytes, *, closes: bool = False
) -> None:
    await _begin(send, status, body, content_type, *(_CLOSES if closes else ()))
    await _end(send, body)


async def _begin(
    send: Send, status: int, body: bytes, content_type: bytes, *more: tuple[bytes, bytes]
) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", content_type),
                (b"content-length", str(len(body)).encode()),
                *more,
            ],
        }
    )


async def _end(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body})
