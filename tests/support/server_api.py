"""Real clients of WeChat's server API and the simulated one they talk to, joined for one test.

`in-process` goes by a virtual clock, `http` over real sockets and in real time.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from yingda.clock import Clock, SystemClock, VirtualClock
from yingda.simulator import pushes
from yingda.simulator.followers import Followers
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import SAMPLE_APP_ID, SAMPLE_SECRET, ApiAccount
from yingda.simulator.server_api_http import ServerApiFront
from yingda.simulator.server_api_transport import InProcessApi
from yingda.store.base import Store
from yingda.store.sqlite import open_sqlite
from yingda.wechat.api import WechatApi
from yingda.wechat.api_base import ApiTransport
from yingda.wechat.api_http import HttpApiTransport, HttpSettings
from yingda.wechat.api_token import Credentials

T = TypeVar("T")

ANN = "o_ann"
IN_PROCESS, HTTP = "in-process", "http"
STABLE_TOKEN = "/cgi-bin/stable_token"
SEND = "/cgi-bin/message/custom/send"
TYPING = "/cgi-bin/message/custom/typing"
#: Seconds after which an answer is given up: ample for a busy machine, and for a silent server.
_ANSWER_S = 10.0
SHORT_S = 0.3


class Line:
    """One account's simulated server API, a store, and as many clients as are asked for."""

    def __init__(
        self,
        clock: Clock,
        server: ServerApi,
        store: Store,
        transport: Callable[[float], ApiTransport],
    ) -> None:
        self.clock = clock
        self.server = server
        self.followers = server.followers
        self.store = store
        self._transport = transport
        self._clients: list[WechatApi] = []
        self.api = self.client()

    def client(self, secret: str = SAMPLE_SECRET, *, answer_s: float = _ANSWER_S) -> WechatApi:
        """Another process's client, on the same store."""
        credentials = Credentials(SAMPLE_APP_ID, secret)
        client = WechatApi(credentials, self._transport(answer_s), self.store, self.clock)
        self._clients.append(client)
        return client

    def says(self, openid: str = ANN) -> str:
        """A follower writes, which opens a window of five messages."""
        self.followers.saw(pushes.text("你好"), openid)
        return openid

    def shown(self, openid: str = ANN) -> list[str]:
        """The service messages on the follower's phone."""
        return [received.text for received in self.followers.received(openid)]

    @property
    def fetches(self) -> int:
        """How often a token was asked for."""
        return self.server.calls[STABLE_TOKEN]

    async def run(self, work: Awaitable[T]) -> T:
        """Do this, by the clock of the line."""
        return await self.clock.run(work) if isinstance(self.clock, VirtualClock) else await work

    async def pass_s(self, seconds: float) -> None:
        """Let virtual time pass."""
        await self.run(self.clock.sleep(seconds))

    async def aclose(self) -> None:
        for client in self._clients:
            await self.run(client.aclose())


@asynccontextmanager
async def open_line(
    folder: Path,
    kind: str = IN_PROCESS,
    account: ApiAccount | None = None,
    *,
    token_life_s: float = 7200.0,
) -> AsyncIterator[Line]:
    """A line of this kind, ready to be used."""
    clock: Clock = VirtualClock() if kind == IN_PROCESS else SystemClock()
    server = ServerApi(Followers(clock), clock, account, token_life_s=token_life_s)
    async with AsyncExitStack() as stack:
        store = await open_sqlite(folder / "line.sqlite3")
        stack.push_async_callback(store.close)
        if isinstance(clock, VirtualClock):
            clock.while_busy(lambda: store.is_busy)
            line = Line(
                clock,
                server,
                store,
                lambda answer_s: InProcessApi(server, clock, answer_s=answer_s),
            )
        else:
            front = await stack.enter_async_context(ServerApiFront(server))

            def connected(answer_s: float) -> ApiTransport:
                settings = HttpSettings(
                    base_url=front.base_url, connect_s=_ANSWER_S, answer_s=answer_s
                )
                return HttpApiTransport(settings, clock)

            line = Line(clock, server, store, connected)
        stack.push_async_callback(line.aclose)
        yield line
