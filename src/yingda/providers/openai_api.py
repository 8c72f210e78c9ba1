"""The endpoints of one OpenAI-compatible server: what is asked, and whether it was granted.

Knows the addresses of the API and its ways to refuse. Knows nothing of connections, nor of what
the answers mean.
"""

import aiohttp

from yingda.clock import Clock
from yingda.providers.failures import RunFailed
from yingda.providers.http import (
    Body,
    HttpTarget,
    ProviderHttp,
    RawAnswer,
)
from yingda.providers.openai_errors import SERVICE, from_response
from yingda.providers.openai_request import Concessions
from yingda.providers.openai_settings import (
    CHAT_PATH,
    OpenAiSettings,
    request_headers,
    usable_openai_url,
)


class OpenAiApi:
    """One server's endpoints; safe to use from many tasks of one event loop at once."""

    def __init__(self, settings: OpenAiSettings, clock: Clock) -> None:
        target = HttpTarget(
            service=SERVICE,
            base_url=usable_openai_url(settings.base_url),
            headers=request_headers(settings),
            call_s=settings.call_s,
            proxy=settings.proxy,
        )
        self._http = ProviderHttp(target, clock)
        self.concessions = Concessions(settings.extra_body)

    async def open_stream(
        self, body: dict[str, object], *, deadline_s: float
    ) -> aiohttp.ClientResponse | None:
        """Ask, and return the response once the server accepted; the caller closes it.

        None when the server refused a field that it need not have: the body is to be made anew.
        Raises `RunFailed`.
        """
        response, refusal = await self._http.ask_for_stream(CHAT_PATH, body, deadline_s=deadline_s)
        if refusal is None:
            return response
        if self.concessions.learn(body, response.status, refusal):
            return None
        retry_after = response.headers.get("Retry-After")
        raise RunFailed(from_response(response.status, refusal, retry_after=retry_after))

    async def call(self, path: str, body: Body, *, deadline_s: float) -> tuple[str, bytes]:
        """The type and the bytes of an answer to a POST.

        Raises a `ProviderError`.
        """
        response, answer = await self._http.exchange("POST", path, body=body, deadline_s=deadline_s)
        if response.status < 300 and response.content_type != "text/html":
            return response.content_type, answer
        retry_after = response.headers.get("Retry-After")
        raise from_response(response.status, answer, retry_after=retry_after).error

    async def list_models(self) -> RawAnswer:
        """What the server lists, also where it refuses.

        Raises a `ProviderError` when no whole answer comes.
        """
        return await self._http.look("/models")

    async def knock(self) -> RawAnswer:
        """What the server says to a question without a model and a message: a refusal.

        Raises a `ProviderError` when no whole answer comes.
        """
        return await self._http.look(CHAT_PATH, body={})

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()
