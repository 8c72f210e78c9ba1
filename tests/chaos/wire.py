"""WeChat's side of a chaos run: what goes over the wire is kept, and a dead server waited for.

Knows requests, whole replies and MsgIds. Account in plain mode, so that what is kept is what the
gateway wrote, byte by byte.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from contextvars import ContextVar

from yingda.simulator.platform import Attempt, Outcome, Platform, Way
from yingda.simulator.transport import HttpAnswer, HttpTransport

_MESSAGE_ID = re.compile(rb"<MsgId>(\d+)</MsgId>")
#: How long the platform waits before it comes again to a server that was not there. Our choice:
#: about as long as a process needs to be back.
_BACK_AFTER_S = 1.5

#: The keys of the pushes that the present task has sent.
sent_keys: ContextVar[list[str]] = ContextVar("sent_keys")


class Wire(HttpTransport):
    """Keeps the request and every whole reply, by the key that the gateway gives a push."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.requests: dict[str, tuple[str, bytes]] = {}
        self.replies: defaultdict[str, list[bytes]] = defaultdict(list)

    async def send(
        self, method: str, query: str, body: bytes, *, drops_reply: bool = False
    ) -> HttpAnswer:
        match = _MESSAGE_ID.search(body)
        assert match is not None, "followers here send nothing but texts"
        key = f"m:{match[1].decode()}"
        self.requests[key] = query, body
        sent_keys.get().append(key)
        answer = await super().send(method, query, body, drops_reply=drops_reply)
        # An empty body is no reply: the gateway has let the attempt go.
        if answer.body:
            self.replies[key].append(answer.body)
        return answer

    async def repeat(self, key: str, by: HttpTransport) -> None:
        """Bring a push once more, by another way; the reply is kept as any other."""
        query, body = self.requests[key]
        answer = await by.send("POST", query, body)
        assert answer.status == 200
        if answer.body:
            self.replies[key].append(answer.body)


class PausingPlatform(Platform):
    """Comes again to a server that was not there only after a pause."""

    async def _attempt(
        self, number: int, request: object, way: Way, opened: Callable[[int], None]
    ) -> Attempt:
        attempt = await super()._attempt(number, request, way, opened)  # type: ignore[arg-type]
        if attempt.outcome is Outcome.UNREACHABLE:
            await self.clock.sleep(_BACK_AFTER_S)
        return attempt
