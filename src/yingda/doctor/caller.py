"""WeChat's requests to one address, one at a time, with everything that came back.

The simulator makes and judges the requests; this keeps what it throws away: headers, time, and
how a connection ended. Nothing is repeated, and no body leaves this room.
"""

import secrets
import ssl
from urllib.parse import urlsplit

import aiohttp
import msgspec

from yingda.clock import Clock
from yingda.simulator.platform import Mode, Outcome, Platform, SimulatedAccount
from yingda.simulator.pushes import Sent
from yingda.simulator.transport import HttpAnswer, Transport, Unreachable
from yingda.wechat.limits import WINDOW_S
from yingda.wechat.signature import parse_query

#: Our choice: an answer of ours has a few bytes, and of a foreign page the beginning tells enough.
_BODY_LIMIT_BYTES = 64 * 1024
#: Our choice: enough to name a product.
_SERVER_LIMIT_CHARS = 40
#: Who the requests say that they come from; no follower of WeChat's is called so.
_OPENID = "o_yingda_doctor"


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request and what became of it."""

    #: The echostr that was sent; empty on a push.
    echo: bytes = b""
    #: 0 when no whole answer came.
    status: int = 0
    body: bytes = b""
    is_html: bool = False
    #: Where a redirect leads, without its query.
    target: str = ""
    #: ` (nginx)`, or empty.
    server: str = ""
    elapsed_s: float = 0.0
    #: The kind of error that ended the connection; empty when it was answered or timed out.
    broken_by: str = ""

    @property
    def is_late(self) -> bool:
        """Whether the time was up before a whole answer came."""
        return not self.status and not self.broken_by


class Caller:
    """Calls the address of one account; `tls` is another trust than the system's."""

    def __init__(
        self,
        url: str,
        account: SimulatedAccount,
        clock: Clock,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._url = url
        self._account = account
        self._clock = clock
        self._tls = tls

    @property
    def mode(self) -> Mode:
        """The mode that pushes come in."""
        return self._account.mode

    async def shake_hands(self, *, is_forged: bool = False, limit_s: float = WINDOW_S) -> Exchange:
        """The GET that the console sends when the address is saved."""
        account = self._account
        if is_forged:
            account = msgspec.structs.replace(account, token=secrets.token_hex(16))
        platform, line = self._platform(account, limit_s)
        await platform.handshake()
        return line.exchange

    async def push(self, sent: Sent, *, limit_s: float = WINDOW_S) -> tuple[Exchange, bool]:
        """One attempt of a push, and whether it was accepted in silence."""
        platform, line = self._platform(self._account, limit_s)
        first = (await platform.deliver(sent, _OPENID)).attempts[0]
        return line.exchange, first.outcome is Outcome.ACCEPTED

    def _platform(self, account: SimulatedAccount, limit_s: float) -> tuple[Platform, "_Line"]:
        line = _Line(self._url, self._clock, self._tls)
        seed = secrets.randbits(64)
        return Platform(account, line, self._clock, seed=seed, window_s=limit_s), line


class _Line(Transport):
    """Takes one request to the server and refuses its repeats: one answer tells all."""

    def __init__(self, url: str, clock: Clock, tls: ssl.SSLContext | None) -> None:
        self._url = url
        self._clock = clock
        self._tls = tls
        self._is_used = False
        self.exchange = Exchange()

    async def send(
        self, method: str, query: str, body: bytes, *, drops_reply: bool = False
    ) -> HttpAnswer:
        if self._is_used or drops_reply:
            raise Unreachable("one whole answer tells enough")
        self._is_used = True
        began_s = self._clock.monotonic()
        echo = parse_query(query.encode()).echostr.encode()
        self.exchange = Exchange(echo=echo)
        try:
            answer = await self._ask(method, query, body)
        except aiohttp.ClientError as error:
            # The error's own text repeats the signed address.
            answer = Exchange(broken_by=type(error).__name__)
        elapsed_s = self._clock.monotonic() - began_s
        self.exchange = msgspec.structs.replace(answer, echo=echo, elapsed_s=elapsed_s)
        if answer.broken_by:
            raise Unreachable(answer.broken_by)
        return HttpAnswer(answer.status, answer.body, "text/html" if answer.is_html else "")

    async def aclose(self) -> None:
        """Every request closes its own connection."""

    async def _ask(self, method: str, query: str, body: bytes) -> Exchange:
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"Content-Type": "text/xml"},
            ) as session,
            session.request(
                method,
                f"{self._url}?{query}",
                data=body or None,
                allow_redirects=False,
                ssl=self._tls or True,
            ) as response,
        ):
            return Exchange(
                status=response.status,
                body=await _beginning(response),
                is_html=response.content_type == "text/html",
                target=_target(response.headers.get("Location", "")),
                server=_server(response.headers.get("Server", "")),
            )


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    while len(body) < _BODY_LIMIT_BYTES:
        chunk = await response.content.readany()
        if not chunk:
            break
        body += chunk
    return bytes(body)


def _target(location: str) -> str:
    """Where a redirect leads; its query would repeat the signature."""
    parts = urlsplit(location)
    shown = f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path
    return shown if shown.isprintable() else ""


def _server(header: str) -> str:
    shown = "".join(each for each in header if each.isprintable())[:_SERVER_LIMIT_CHARS]
    return f" ({shown})" if shown else ""
