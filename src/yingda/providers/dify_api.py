"""HTTP to one Dify app: requests out, responses or failures back.

The only file of the Dify provider that knows aiohttp. Translates the library's errors into ours
in one place. Knows nothing of what the answers mean.
"""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypeGuard

import aiohttp
import msgspec
from yarl import URL

from yingda.clock import Clock
from yingda.errors import ProviderMisconfigured, ProviderTimeout, ProviderUnavailable
from yingda.providers.dify_errors import Failure, RunFailed, from_response
from yingda.providers.dify_settings import DifySettings, usable_api_key, usable_base_url
from yingda.proxies import proxy_for

#: Our choice: an error's envelope is short, and of a proxy's page nothing is read.
_ERROR_LIMIT_BYTES = 64 * 1024
#: Our choice: twenty messages with their citations.
_BODY_LIMIT_BYTES = 16 * 1024 * 1024

JsonBody = Mapping[str, object]


class RawAnswer(msgspec.Struct, frozen=True):
    """An answer as it came, whatever its status."""

    status: int
    body: bytes
    is_html: bool


class DifyApi:
    """One app's endpoints; safe to use from many tasks of one event loop at once.

    The session is made at the first request, in the loop that runs then. aiohttp's own
    time-outs are off: deadlines go by the clock that is passed in.
    """

    def __init__(self, settings: DifySettings, clock: Clock) -> None:
        self._base_url = usable_base_url(settings.base_url)
        self._authorization = f"Bearer {usable_api_key(settings.api_key)}"
        self._call_s = settings.call_s
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None

    async def open_stream(
        self, body: JsonBody, *, deadline_s: float, in_conversation: bool
    ) -> aiohttp.ClientResponse:
        """Ask, and return the response once Dify accepted; the caller closes it.

        Raises `RunFailed`.
        """
        with _translated():
            async with self._clock.timeout(deadline_s):
                response = await self._send("POST", "/chat-messages", body=body)
        if response.status == 200 and response.content_type != "text/html":
            return response
        try:
            refusal = await self._read(response, _ERROR_LIMIT_BYTES)
        finally:
            response.close()
        raise RunFailed(_refused(response, refusal, in_conversation=in_conversation))

    async def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: JsonBody | None = None,
        deadline_s: float | None = None,
    ) -> bytes | None:
        """The body of a small call's answer; None when Dify does not know the thing asked for.

        Raises a `ProviderError`.
        """
        response, answer = await self._exchange(
            method, path, params=params, body=body, deadline_s=deadline_s
        )
        if response.status < 300 and response.content_type != "text/html":
            return answer
        failure = _refused(response, answer, in_conversation=True)
        if failure.conversation_lost:
            return None
        raise failure.error

    async def look(self, path: str) -> RawAnswer:
        """What a GET brings, also where Dify refuses, for a diagnosis.

        Raises a `ProviderError` when no whole answer comes.
        """
        response, answer = await self._exchange("GET", path)
        return RawAnswer(response.status, answer, response.content_type == "text/html")

    async def aclose(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def _exchange(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: JsonBody | None = None,
        deadline_s: float | None = None,
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        try:
            with _translated():
                async with self._clock.timeout(deadline_s or self._call_s):
                    response = await self._send(method, path, params=params, body=body)
            try:
                return response, await self._read(response, _BODY_LIMIT_BYTES)
            finally:
                response.release()
        except RunFailed as failed:
            raise failed.failure.error from failed.__cause__

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: JsonBody | None = None,
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            self._session = self._new_session()
        return await self._session.request(
            method,
            URL(self._base_url + path, encoded=True),
            params=params,
            data=None if body is None else msgspec.json.encode(body),
            headers=None if body is None else {"Content-Type": "application/json"},
            # A redirected POST would arrive as a GET; the mend is a better base URL.
            allow_redirects=False,
        )

    async def _read(self, response: aiohttp.ClientResponse, limit_bytes: int) -> bytes:
        """The body, within the deadline of a small call, cut off at `limit_bytes`."""
        body = bytearray()
        with _translated():
            async with self._clock.timeout(self._call_s):
                while len(body) < limit_bytes:
                    chunk = await response.content.readany()
                    if not chunk:
                        break
                    body += chunk
        return bytes(body[:limit_bytes])

    def _new_session(self) -> aiohttp.ClientSession:
        proxy, proxy_auth = proxy_for(self._base_url)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Compressed events would wait in a proxy's buffer until a block is full.
            headers={"Authorization": self._authorization, "Accept-Encoding": "identity"},
            proxy=proxy,
            proxy_auth=proxy_auth,
        )


def is_uuid(text: str | None) -> TypeGuard[str]:
    """Whether this can be an id of Dify's; it refuses any other with a 400."""
    try:
        uuid.UUID(text or "")
    except ValueError:
        return False
    return True


def broken_off(cause: BaseException) -> str:
    """What to tell the operator of a connection that broke, without addresses or content."""
    return f"the connection to Dify broke ({type(cause).__name__})"


@contextmanager
def _translated() -> Iterator[None]:
    """Turn aiohttp's errors into `RunFailed`, most specific first.

    Only a connection that never stood is safe to try again: after that Dify may have begun.
    """
    try:
        yield
    except (aiohttp.ClientSSLError, aiohttp.InvalidURL) as cause:
        mend = "Check the base URL and the server's certificate."
        detail = f"no connection to Dify is possible ({type(cause).__name__})"
        failure = Failure(error=ProviderMisconfigured(detail, mend=mend))
        raise RunFailed(failure) from cause
    except aiohttp.ClientConnectorError as cause:
        mend = "Check that Dify runs and that this machine reaches its address."
        error = ProviderUnavailable(f"no connection to Dify ({type(cause).__name__})", mend=mend)
        raise RunFailed(Failure(error=error, repeatable=True)) from cause
    except aiohttp.ClientError as cause:
        mend = "Look at the Dify server and at the proxy in front of it."
        error = ProviderUnavailable(broken_off(cause), mend=mend)
        raise RunFailed(Failure(error=error)) from cause
    except TimeoutError as cause:
        mend = "Look at the load of the Dify server, or raise the deadline."
        failure = Failure(error=ProviderTimeout("Dify did not answer in time", mend=mend))
        raise RunFailed(failure) from cause


def _refused(response: aiohttp.ClientResponse, body: bytes, *, in_conversation: bool) -> Failure:
    retry_after = response.headers.get("Retry-After")
    return from_response(
        response.status, body, retry_after=retry_after, in_conversation=in_conversation
    )
