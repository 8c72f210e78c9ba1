"""HTTP to one provider: requests out, responses or failures back.

The only file of the providers that opens connections with aiohttp. Translates the library's
errors into ours in one place. Knows nothing of what the answers mean.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import aiohttp
import msgspec
from yarl import URL

from yingda.clock import Clock
from yingda.errors import ProviderMisconfigured, ProviderTimeout, ProviderUnavailable
from yingda.providers.failures import Failure, RunFailed
from yingda.providers.head_first import HeadFirstConnector, let_on
from yingda.proxies import proxy_for

#: Our choice: an error's envelope is short, and of a proxy's page nothing is read.
ERROR_LIMIT_BYTES = 64 * 1024
#: Our choice: twenty messages with their citations.
BODY_LIMIT_BYTES = 16 * 1024 * 1024

#: Our choice: what is shorter is a number or a word, which may stand anywhere.
_SECRET_CHARS = 8

JsonBody = Mapping[str, object]
#: What a request carries: an object as JSON, or fields and files as multipart form data.
Body = JsonBody | aiohttp.FormData


class RawAnswer(msgspec.Struct, frozen=True):
    """An answer as it came, whatever its status."""

    status: int
    body: bytes
    is_html: bool


class HttpTarget(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to call, and how."""

    #: What an error's detail calls it.
    service: str
    #: Without a slash at its end; paths are put behind it.
    base_url: str
    #: Sent with every request; they may hold secrets.
    headers: Mapping[str, str] = {}
    #: Seconds for a small call, and for the body of a refusal.
    call_s: float
    #: As `yingda.proxies` writes it, perhaps with a login; None takes the machine's.
    proxy: str | None = None

    def __repr__(self) -> str:
        return f"HttpTarget({self.service}, {self.base_url!r})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        """What rich shows: as little as `repr`."""
        return [("service", self.service), ("base_url", self.base_url)]


class ProviderHttp:
    """One provider's server; safe to use from many tasks of one event loop at once.

    The session is made at the first request, in the loop that runs then. aiohttp's own
    time-outs are off: deadlines go by the clock that is passed in.
    """

    def __init__(self, target: HttpTarget, clock: Clock) -> None:
        self._target = target
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        words = (value.split()[-1] for value in target.headers.values() if value.strip())
        self._secrets = tuple(word.encode() for word in words if len(word) >= _SECRET_CHARS)

    async def open(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Body | None = None,
        deadline_s: float | None = None,
        is_tapped: bool = False,
    ) -> aiohttp.ClientResponse:
        """The response once its head is here; the caller closes it. Raises `RunFailed`.

        A body that `is_tapped` is for a `BodyTap`; for anybody else, `let_on` has to come first.
        """
        with self._translated():
            async with self._clock.timeout(self._span_s(deadline_s)):
                response = await self._send(method, path, params=params, body=body)
        if not is_tapped:
            let_on(response)
        return response

    async def ask_for_stream(
        self, path: str, body: Body, *, deadline_s: float
    ) -> tuple[aiohttp.ClientResponse, bytes | None]:
        """The response to a POST, and None once it is granted: then the caller closes it.

        What is granted is read by a `BodyTap`.

        Otherwise it is closed already, and what was said instead is given, cut off at
        `ERROR_LIMIT_BYTES`. Raises `RunFailed`.
        """
        response = await self.open("POST", path, body=body, deadline_s=deadline_s, is_tapped=True)
        # A page is what a proxy or a wrong address says.
        if response.status == 200 and response.content_type != "text/html":
            return response, None
        let_on(response)
        try:
            return response, await self.read(response, ERROR_LIMIT_BYTES)
        finally:
            response.close()

    async def exchange(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Body | None = None,
        deadline_s: float | None = None,
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        """A call that is answered in one go: the response and its body.

        `deadline_s` is meant for the head, and for the body once more. Raises a `ProviderError`.
        """
        try:
            response = await self.open(
                method, path, params=params, body=body, deadline_s=deadline_s
            )
            try:
                return response, await self.read(response, BODY_LIMIT_BYTES, deadline_s=deadline_s)
            finally:
                response.release()
        except RunFailed as failed:
            raise failed.failure.error from failed.__cause__

    async def look(self, path: str, *, body: Body | None = None) -> RawAnswer:
        """What a GET brings, or a POST of this body, also where the provider refuses.

        For a diagnosis. Raises a `ProviderError` when no whole answer comes.
        """
        method = "GET" if body is None else "POST"
        response, answer = await self.exchange(method, path, body=body)
        return RawAnswer(response.status, answer, response.content_type == "text/html")

    async def read(
        self,
        response: aiohttp.ClientResponse,
        limit_bytes: int,
        *,
        deadline_s: float | None = None,
    ) -> bytes:
        """The body, by default within the deadline of a small call, cut off at `limit_bytes`.

        A refusal may quote the key that was sent: it is left out. Raises `RunFailed`.
        """
        body = bytearray()
        with self._translated():
            async with self._clock.timeout(self._span_s(deadline_s)):
                while len(body) < limit_bytes:
                    chunk = await response.content.readany()
                    if not chunk:
                        break
                    body += chunk
        whole = bytes(body[:limit_bytes])
        return whole if response.status < 400 else self._without_secrets(whole)

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    def _span_s(self, deadline_s: float | None) -> float:
        # Nothing may be left of a run's time: 0 does not stand for a call's own deadline.
        return self._target.call_s if deadline_s is None else deadline_s

    def _without_secrets(self, refusal: bytes) -> bytes:
        for secret in self._secrets:
            refusal = refusal.replace(secret, b"[key]")
        return refusal

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Body | None = None,
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = self._new_session()
        is_json = body is not None and not isinstance(body, aiohttp.FormData)
        return await self._session.request(
            method,
            URL(self._target.base_url + path, encoded=True),
            params=params,
            data=msgspec.json.encode(body) if is_json else body,
            headers={"Content-Type": "application/json"} if is_json else None,
            # A redirected POST would arrive as a GET; the mend is a better base URL.
            allow_redirects=False,
        )

    def _new_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=HeadFirstConnector(limit=0),
            timeout=aiohttp.ClientTimeout(),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Compressed events would wait in a proxy's buffer until a block is full.
            headers={"Accept-Encoding": "identity", **self._target.headers},
            proxy=proxy_for(self._target.base_url, self._target.proxy),
        )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn aiohttp's errors into `RunFailed`, most specific first.

        Only a connection that never stood is safe to try again: after that the provider may
        have begun.
        """
        service = self._target.service
        try:
            yield
        except (aiohttp.ClientSSLError, aiohttp.InvalidURL) as cause:
            mend = "Check the base URL and the server's certificate."
            detail = f"no connection to {service} is possible ({type(cause).__name__})"
            failure = Failure(error=ProviderMisconfigured(detail, mend=mend))
            raise RunFailed(failure) from cause
        except aiohttp.ClientConnectorError as cause:
            mend = f"Check that {service} runs and that this machine reaches its address."
            detail = f"no connection to {service} ({type(cause).__name__})"
            error = ProviderUnavailable(detail, mend=mend)
            raise RunFailed(Failure(error=error, repeatable=True)) from cause
        except aiohttp.ClientError as cause:
            mend = f"Look at the server of {service} and at the proxy in front of it."
            error = ProviderUnavailable(broken_off(service, cause), mend=mend)
            raise RunFailed(Failure(error=error)) from cause
        except TimeoutError as cause:
            mend = f"Look at the load of {service}, or raise the deadline."
            failure = Failure(error=ProviderTimeout(f"{service} did not answer in time", mend=mend))
            raise RunFailed(failure) from cause


def broken_off(service: str, cause: BaseException) -> str:
    """What to tell the operator of a connection that broke, without addresses or content."""
    return f"the connection to {service} broke ({type(cause).__name__})"
