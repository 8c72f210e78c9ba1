"""What kind of app a Dify key opens.

Knows the app's type, by what is set, by `GET /info`, or by what Dify refuses; which events come
then, the reader takes as they come. An app has one type for life, so one answer is kept for
good. Source: Dify service API, "App types".
"""

from typing import Final

import msgspec

from yingda.clock import Clock
from yingda.errors import ProviderUnavailable
from yingda.providers.dify_api import DifyApi
from yingda.providers.dify_once import AskedOnce
from yingda.providers.dify_settings import AppMode, DifySettings
from yingda.providers.payloads import UNREADABLE

#: The types whose runs know nothing of each other: they have no conversations.
MEMORYLESS: Final = frozenset({AppMode.COMPLETION, AppMode.WORKFLOW})
#: What a version that names no type is tried as, in turn. A refused run costs nothing.
_NEXT: Final = {AppMode.CHAT: AppMode.WORKFLOW, AppMode.WORKFLOW: AppMode.COMPLETION}


class _Info(msgspec.Struct, frozen=True):
    mode: str | None = None


class DifyMode:
    """Finds the app's type out once, however many questions wait for it."""

    def __init__(self, api: DifyApi, settings: DifySettings, clock: Clock) -> None:
        self._api = api
        self._info_s = settings.info_s
        self._about = AskedOnce(self._ask, clock)
        self._about.known = settings.mode
        #: Whether the type is sure, not merely what is tried.
        self._is_sure = settings.mode is not None

    @property
    def known(self) -> AppMode | None:
        """The type as far as it is known by now."""
        return self._about.known

    async def find(self) -> AppMode:
        """The type. One that cannot be found out counts as chat: the run itself will tell."""
        return await self._about.value() or AppMode.CHAT

    def refused(self, mode: AppMode) -> bool:
        """Dify refused a run of this type; whether another type is to be tried now."""
        if self._is_sure:
            return False
        if self._about.known in {mode, None}:
            if mode not in _NEXT:
                return False
            self._about.known = _NEXT[mode]
        return True

    async def _ask(self) -> AppMode:
        body = await self._api.call("GET", "/info", deadline_s=self._info_s)
        try:
            info = msgspec.json.decode(body or b"{}", type=_Info)
        except UNREADABLE as error:
            raise ProviderUnavailable("Dify's /info is not as expected") from error
        # Versions before mid-2025 name no mode, later ones may name a type that is not known here.
        known = next((mode for mode in AppMode if mode == info.mode), None)
        self._is_sure = known is not None
        return known or AppMode.CHAT
