"""The limit of the callback on its own server: signature, XML and reply as a raw ASGI handler.

Standard library only, no account, no store, no caps: what is left out is what we are measured by.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
import uvloop

from bench.limit_work import answer, handshake

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def application(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """Answer one request."""
    if scope["method"] == "POST":
        body = answer(scope["query_string"], (await receive())["body"])
    else:
        body = handshake(scope["query_string"])
    headers = [
        (b"content-type", b"application/xml; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _serve(port: int) -> None:
    # The gateway's own settings, see `yingda.cli.server`.
    config = uvicorn.Config(
        application,
        host="127.0.0.1",
        port=port,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=4096,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    try:
        uvloop.run(_serve(int(sys.argv[1])))
    except asyncio.CancelledError:
        sys.exit(0)
