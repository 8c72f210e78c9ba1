"""One Dify app's endpoints: what is asked, and whether it was granted.

Knows Dify's addresses and its ways to refuse. Knows nothing of connections, nor of what the
answers mean.
"""

import uuid
from collections.abc import Mapping
from typing import TypeGuard

import aiohttp
import msgspec

from yingda.clock import Clock
from yingda.providers.dify_errors import from_response
from yingda.providers.dify_settings import DifySettings, usable_api_key, usable_base_url
from yingda.providers.failures import Failure, RunFailed
from yingda.providers.http import (
    BODY_LIMIT_BYTES,
    Body,
    HttpTarget,
    JsonBody,
    ProviderHttp,
    RawAnswer,
)


class DifyApi:
    """One app's endpoints; safe to use from many tasks of one event loop at once."""

    def __init__(self, settings: DifySettings, clock: Clock) -> None:
        target = HttpTarget(
            service="Dify",
            base_url=usable_base_url(settings.base_url),
            headers={"Authorization": f"Bearer {usable_api_key(settings.api_key)}"},
            call_s=settings.call_s,
            proxy=settings.proxy,
        )
        self._http = ProviderHttp(target, clock)

    async def open_stream(
        self, path: str, body: JsonBody, *, deadline_s: float, in_conversation: bool
    ) -> aiohttp.ClientResponse:
        """Ask, and return the response once Dify accepted; the caller closes it.

        Raises `RunFailed`.
        """
        response, refusal = await self._http.ask_for_stream(path, body, deadline_s=deadline_s)
        if refusal is None:
            return response
        raise RunFailed(_refused(response, refusal, in_conversation=in_conversation))

    async def ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Body | None = None,
        deadline_s: float | None = None,
    ) -> bytes:
        """The body of an answer, cut off at `BODY_LIMIT_BYTES`.

        Raises `RunFailed`: what a refusal means depends on what was asked for. `deadline_s`
        holds for the head of the answer, and again for its body.
        """
        response = await self._http.open(
            method, path, params=params, body=body, deadline_s=deadline_s
        )
        try:
            answer = await self._http.read(response, BODY_LIMIT_BYTES, deadline_s=deadline_s)
        finally:
            response.release()
        if response.status < 300 and response.content_type != "text/html":
            return answer
        raise RunFailed(_refused(response, answer, in_conversation=False))

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
        response, answer = await self._http.exchange(
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
        return await self._http.look(path)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()


def is_uuid(text: str | None) -> TypeGuard[str]:
    """Whether this can be an id of Dify's; it refuses any other with a 400."""
    try:
        uuid.UUID(text or "")
    except ValueError:
        return False
    return True


def _refused(response: aiohttp.ClientResponse, body: bytes, *, in_conversation: bool) -> Failure:
    retry_after = response.headers.get("Retry-After")
    failure = from_response(
        response.status, body, retry_after=retry_after, in_conversation=in_conversation
    )
    return msgspec.structs.replace(failure, status=response.status)
