"""A model server of no length, or of as much as the question says; it tells when it was asked.

    python -m bench.many.ai

Speaks the OpenAI-compatible API with as little work as there can be. A question is `KEY SECONDS`;
`inf` waits until it is released. Says its port; a line `figures` has it tell what it saw since, and
`release` ends what waits.
"""

import asyncio
import math
import time
from typing import cast

import msgspec
import uvloop

from bench.followers import ANSWER
from bench.world import hear, say

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class _Message(msgspec.Struct):
    content: str


class _Body(msgspec.Struct):
    messages: list[_Message]


_decode = msgspec.json.Decoder(_Body).decode


def _chunk(choices: list[dict[str, object]], **more: object) -> bytes:
    completion = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    event = b"data: %b\n\n" % msgspec.json.encode(completion | {"choices": choices} | more)
    return b"%x\r\n%b\r\n" % (len(event), event)


def _choice(delta: dict[str, str], reason: str | None = None) -> dict[str, object]:
    return {"index": 0, "delta": delta, "finish_reason": reason}


_BEGIN = _HEAD + _chunk([_choice({"role": "assistant", "content": ANSWER[:100]})])
_END = (
    _chunk([_choice({"content": ANSWER[100:]})])
    + _chunk([_choice({}, "stop")])
    + _chunk([], usage={"prompt_tokens": 3, "completion_tokens": 6, "total_tokens": 9})
    + b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"
)


class Seen(msgspec.Struct):
    """What the server saw, by the question's key; monotonic seconds."""

    asked_s: dict[str, float] = msgspec.field(default_factory=dict)
    ended_s: dict[str, float] = msgspec.field(default_factory=dict)
    #: Questions that were asked more than once.
    again: int = 0


class Server:
    """All connections."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.held: set[Call] = set()

    def told(self) -> Seen:
        """What was seen since the last time."""
        seen, self.seen = self.seen, Seen()
        return seen

    def release(self) -> None:
        """End everything that waits for that."""
        for call in tuple(self.held):
            call.end()


class Call(asyncio.Protocol):
    """One connection; its requests follow each other."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._got = b""
        self._key = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 the protocol's signature
        self._server.held.discard(self)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self._got = b""
        if not head.startswith(b"POST") or b"/chat/completions" not in head:
            self._write(_NOT_FOUND)
            return
        self._begin(_decode(body).messages[-1].content)

    def _begin(self, question: str) -> None:
        now_s, seen = time.monotonic(), self._server.seen
        self._key, _, span = question.partition(" ")
        seen.again += self._key in seen.asked_s
        seen.asked_s[self._key] = now_s
        self._write(_BEGIN)
        span_s = float(span or 0)
        if math.isinf(span_s):
            self._server.held.add(self)
        elif span_s:
            asyncio.get_running_loop().call_later(span_s, self.end)
        else:
            self.end()

    def end(self) -> None:
        """The answer is whole."""
        self._server.held.discard(self)
        self._server.seen.ended_s[self._key] = time.monotonic()
        self._write(_END)

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


async def _serve() -> None:
    server = Server()
    listening = await asyncio.get_running_loop().create_server(
        lambda: Call(server), "127.0.0.1", 0, backlog=4096
    )
    say(listening.sockets[0].getsockname()[1])
    while asked := (await hear()).strip():
        if asked == "release":
            server.release()
        else:
            say(server.told())


if __name__ == "__main__":
    uvloop.run(_serve())
