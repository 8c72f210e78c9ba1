"""The simulated server API without sockets, so that a real client goes by any clock.

Implements the client's transport seam. Behaves as a connection does: a call that is carried out
and never answered ends at the deadline, and nobody knows what became of it.
"""

from yingda.clock import Clock
from yingda.errors import ApiUnreachable
from yingda.simulator.library import UploadedFile
from yingda.simulator.server_api import ServerApi
from yingda.simulator.server_api_base import ApiCall
from yingda.wechat.api_base import ApiAnswer, ApiRequest


class InProcessApi:
    """A way to a `ServerApi`; `is_down` refuses connections, `answer_s` is the deadline."""

    def __init__(
        self, api: ServerApi, clock: Clock, *, answer_s: float = 10.0, latency_s: float = 0.0
    ) -> None:
        self.is_down = False
        self._api = api
        self._clock = clock
        self._answer_s = answer_s
        self._latency_s = latency_s

    async def send(self, request: ApiRequest) -> ApiAnswer:
        if self.is_down:
            raise ApiUnreachable("nobody listens", was_sent=False)
        try:
            async with self._clock.timeout(self._answer_s):
                if self._latency_s:
                    await self._clock.sleep(self._latency_s)
                reply = await self._api.answer(_call(request))
        except TimeoutError:
            raise ApiUnreachable("no answer in time", was_sent=True) from None
        limit_bytes = request.answer_limit_bytes
        is_cut = len(reply.body) > limit_bytes
        headers = {"content-type": reply.content_type}
        return ApiAnswer(reply.status, headers, reply.body[:limit_bytes], is_cut)

    async def aclose(self) -> None:
        """Nothing is held."""


def _call(request: ApiRequest) -> ApiCall:
    file = request.file
    files = {}
    if file is not None:
        files[file.field] = UploadedFile(file.filename, file.content_type, file.content)
    return ApiCall(
        method=request.method,
        path=request.path,
        query=request.query,
        body=request.body or b"",
        files=files,
    )
