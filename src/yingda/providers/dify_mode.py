"""What kind of app a Dify key opens.

Knows only whether the app can chat; which events come then, the reader takes as they come. An
app has one type for life, so one answer is kept for good. Source: Dify service API, "App types".
"""

import asyncio

import msgspec

from yingda.clock import Clock
from yingda.errors import ProviderError
from yingda.providers.dify_api import DifyApi
from yingda.providers.dify_errors import not_supported
from yingda.providers.dify_settings import AppMode, DifySettings

#: Our choice: how soon to ask again after `GET /info` failed; each time delays one question.
_AGAIN_AFTER_S = 60.0
#: What a refusal with `not_chat_app` leaves open.
_EITHER = "completion or workflow"
_NO_CHAT = frozenset({AppMode.COMPLETION.value, AppMode.WORKFLOW.value, _EITHER})


class _Info(msgspec.Struct, frozen=True):
    mode: str | None = None


class DifyMode:
    """Finds the app's type out once, however many questions wait for it."""

    def __init__(self, api: DifyApi, settings: DifySettings, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._info_s = settings.info_s
        self._mode: str | None = settings.mode.value if settings.mode is not None else None
        self._asking = asyncio.Lock()
        self._ask_from_s = clock.monotonic()

    async def require_chat(self) -> None:
        """Raise `ProviderMisconfigured` if the app is known to be no chat app.

        A type that cannot be found out counts as chat: the run itself will tell.
        """
        if self._mode is None and self._clock.monotonic() >= self._ask_from_s:
            async with self._asking:
                await self._ask()
        if self._mode in _NO_CHAT:
            raise not_supported(self._mode)

    def learn_no_chat(self) -> None:
        """Dify refused a run with `not_chat_app`: the app is one of the other types."""
        self._mode = _EITHER

    async def _ask(self) -> None:
        if self._mode is not None or self._clock.monotonic() < self._ask_from_s:
            return
        try:
            body = await self._api.call("GET", "/info", deadline_s=self._info_s)
            info = msgspec.json.decode(body or b"{}", type=_Info)
        except (ProviderError, msgspec.DecodeError, UnicodeDecodeError):
            self._ask_from_s = self._clock.monotonic() + _AGAIN_AFTER_S
            return
        # Versions before mid-2025 name no mode.
        self._mode = info.mode or AppMode.CHAT.value
