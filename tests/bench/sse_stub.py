"""A provider's side of many streams, with as little work as there can be.

    python -m bench.sse_stub EVENTS_PER_S dify|openai

Answers every request with the event stream of this API, in chunks of one event that carry the
time of their sending. Streams are spread over the time between two events. Says its port.
"""

import asyncio
import sys
import time
from typing import cast

import uvloop

from bench.world import hear, say

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n"
    b"Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"
)
#: Into how many moments the time between two events is divided.
_GROUPS = 10
#: Fields and lengths as Dify writes them (Dify service API reference, "The stream").
_DIFY = (
    'data: {"event": "message", "conversation_id": "45701982-8118-4bc5-8e9b-64562b4555f2", '
    '"message_id": "9da23599-e713-473b-982c-4328d4f5c78a", "created_at": 1705398420, '
    '"task_id": "c3800678-a077-43df-a102-53f23ed20b88", '
    '"id": "9da23599-e713-473b-982c-4328d4f5c78a", "answer": "%020d"}\n\n'
)
#: As OpenAI writes a chunk (OpenAI API reference, "The chat completion chunk object").
_OPENAI = (
    'data: {"id":"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG","object":"chat.completion.chunk",'
    '"created":1741570283,"model":"gpt-4o-mini-2024-07-18","service_tier":"default",'
    '"system_fingerprint":"fp_44709d6fcb","choices":[{"index":0,"delta":{"content":"%020d"},'
    '"logprobs":null,"finish_reason":null}],"usage":null}\n\n'
)
_EVENTS = {"dify": _DIFY, "openai": _OPENAI}


class Stream(asyncio.Protocol):
    """One open stream."""

    def __init__(self, groups: list[list["Stream"]]) -> None:
        self._groups = groups
        self._transport: asyncio.Transport | None = None
        self._group: list[Stream] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._group is None and b"}" in data:
            self._group = min(self._groups, key=len)
            self._group.append(self)
            self.write(_HEAD)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 the protocol's signature
        if self._group is not None:
            self._group.remove(self)

    def write(self, data: bytes) -> None:
        """Send these bytes."""
        assert self._transport is not None
        self._transport.write(data)


async def _beat(groups: list[list[Stream]], events_per_s: float, template: str) -> None:
    due_s = time.monotonic()
    number = 0
    while True:
        event = (template % time.monotonic_ns()).encode()
        chunk = b"%x\r\n%b\r\n" % (len(event), event)
        for stream in groups[number % _GROUPS]:
            stream.write(chunk)
        number += 1
        due_s += 1 / (events_per_s * _GROUPS)
        await asyncio.sleep(due_s - time.monotonic())


async def _serve(events_per_s: float, api: str) -> None:
    groups: list[list[Stream]] = [[] for _ in range(_GROUPS)]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Stream(groups), "127.0.0.1", 0, backlog=4096)
    say(server.sockets[0].getsockname()[1])
    beating = asyncio.ensure_future(_beat(groups, events_per_s, _EVENTS[api]))
    await hear()
    beating.cancel()


if __name__ == "__main__":
    uvloop.run(_serve(float(sys.argv[1]), sys.argv[2]))
