"""A small scripted server behind the simulated platform: it replies what a test tells it to."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl

from yingda.clock import Clock, VirtualClock
from yingda.simulator import pushes
from yingda.simulator.deliveries import Delivered
from yingda.simulator.platform import Platform
from yingda.simulator.pushes import Sent
from yingda.simulator.transport import AsgiTransport
from yingda.simulator.verdict import Mode, Outcome, SimulatedAccount
from yingda.wechat.messages import Message, decode
from yingda.wechat.replies import Reply, TextReply, to_xml

APP_ID = "wx0123456789abcdef"
ENCODING_AES_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
OPENID = "o_follower"
HELLO = pushes.text("你好")

T = TypeVar("T")

_Receive: TypeAlias = Callable[[], Awaitable[Any]]
_Send: TypeAlias = Callable[[Any], Awaitable[None]]


def account(mode: Mode = Mode.PLAIN) -> SimulatedAccount:
    """An account that has a key, whatever its mode."""
    return SimulatedAccount(mode=mode, app_id=APP_ID, encoding_aes_key=ENCODING_AES_KEY)


def text_reply(content: str, *, openid: str = OPENID) -> bytes:
    """A legal text reply to a follower of `account()`."""
    return reply(TextReply(content), openid=openid)


def reply(content: Reply, *, openid: str = OPENID) -> bytes:
    """A legal reply to a follower of `account()`."""
    return to_xml(
        content,
        to_openid=openid,
        from_account_id=account().account_id,
        created_at_s=1_704_067_200,
    )


class Step:
    """What one request brings: an answer after a delay, or a raised error."""

    def __init__(
        self,
        body: bytes = b"success",
        *,
        after_s: float = 0.0,
        status: int = 200,
        crash: Exception | None = None,
    ) -> None:
        self.body = body
        self.after_s = after_s
        self.status = status
        self.crash = crash


class ScriptedServer:
    """An ASGI application; the last step serves all further requests.

    `hang_ups` counts the requests in which it read a disconnect before it had answered.
    """

    def __init__(self, clock: Clock, *steps: Step) -> None:
        self.clock = clock
        self.steps = list(steps)
        self.queries: list[dict[str, str]] = []
        self.raw_queries: list[bytes] = []
        self.bodies: list[bytes] = []
        self.methods: list[str] = []
        self.hang_ups = 0
        self.finished = 0

    async def __call__(self, scope: Any, receive: _Receive, send: _Send) -> None:
        event = await receive()
        self.methods.append(scope["method"])
        self.raw_queries.append(scope["query_string"])
        self.queries.append(dict(parse_qsl(scope["query_string"].decode())))
        self.bodies.append(event["body"])
        step = self.steps[min(len(self.bodies), len(self.steps)) - 1]
        if step.crash is not None:
            raise step.crash
        await self.serve(step, receive, send)
        self.finished += 1

    async def serve(self, step: Step, receive: _Receive, send: _Send) -> None:
        """Answer after the step's delay, or notice that nobody waits any longer."""
        if step.after_s:
            try:
                async with self.clock.timeout(step.after_s):
                    assert (await receive())["type"] == "http.disconnect"
                self.hang_ups += 1
            except TimeoutError:
                pass
        await send({"type": "http.response.start", "status": step.status, "headers": []})
        await send({"type": "http.response.body", "body": step.body})

    def message(self, number: int = 0) -> Message:
        """The plain push of one request, decoded."""
        return decode(self.bodies[number])


class Pair:
    """A scripted server and the platform that pushes to it, on a virtual clock."""

    def __init__(self, *steps: Step, mode: Mode = Mode.PLAIN, clock_offset_s: float = 0.0) -> None:
        self.clock = VirtualClock()
        self.server = ScriptedServer(self.clock, *(steps or (Step(),)))
        self.transport = AsgiTransport(self.server, "/wechat")
        self.platform = Platform(
            account(mode), self.transport, self.clock, clock_offset_s=clock_offset_s
        )

    async def run(self, work: Awaitable[T]) -> T:
        async def whole() -> T:
            result = await work
            await self.transport.aclose()
            return result

        return await self.clock.run(whole())

    async def deliver(self, sent: Sent = HELLO, **options: Any) -> Delivered:
        return await self.run(self.platform.deliver(sent, OPENID, **options))


def outcomes(delivered: Delivered) -> list[Outcome]:
    """How each attempt ended, in their order."""
    return [attempt.outcome for attempt in delivered.attempts]
