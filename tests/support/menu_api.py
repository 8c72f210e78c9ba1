"""WeChat's server API as far as menus and pictures go, without sockets.

Behind the real client: it answers requests as the platform's pages say, and remembers them.
"""

import json
from collections.abc import Callable
from typing import Any

from yingda.clock import Clock
from yingda.errors import ApiUnreachable
from yingda.wechat.api import WechatApi
from yingda.wechat.api_base import ApiAnswer, ApiRequest, TokenVault
from yingda.wechat.api_token import Credentials

_HEADERS = {"content-type": "application/json; charset=utf-8"}


class MenuApi:
    """An `ApiTransport` with a menu behind it; `code` refuses everything but the token."""

    def __init__(self) -> None:
        self.menu: Any = None
        self.code = 0
        self.is_down = False
        #: The last part of every path that was asked for.
        self.calls: list[str] = []
        self.uploads: list[tuple[str, str, bytes]] = []
        self.closed = 0

    async def send(self, request: ApiRequest) -> ApiAnswer:
        call = request.path.removeprefix("/cgi-bin/")
        self.calls.append(call)
        if self.is_down:
            raise ApiUnreachable("nobody answers", was_sent=False, mend="Look at the network.")
        if call == "stable_token":
            return _answer({"access_token": "t" * 136, "expires_in": 7200})
        if self.code:
            return _answer({"errcode": self.code, "errmsg": "refused rid: 12345678-abcdefgh"})
        return _answer(self._result(call, request))

    def _result(self, call: str, request: ApiRequest) -> dict[str, Any]:
        if call == "menu/get":
            no_menu = {"errcode": 46003, "errmsg": "menu no exist"}
            return no_menu if self.menu is None else {"menu": self.menu}
        if call == "menu/create":
            self.menu = json.loads(request.body or b"")
        if call == "menu/delete":
            self.menu = None
        if call == "media/upload" and request.file is not None:
            file = request.file
            self.uploads.append((file.filename, file.content_type, file.content))
            media_id = f"media-{len(self.uploads)}"
            return {"type": "image", "media_id": media_id, "created_at": 1_704_067_200}
        return {"errcode": 0, "errmsg": "ok"}

    async def aclose(self) -> None:
        self.closed += 1

    def client(self, vault: TokenVault, clock: Clock) -> WechatApi:
        """The real client in front of it."""
        return WechatApi(Credentials("wx5823bf96d3bd56c7", "s" * 32), self, vault, clock)

    def connect(self) -> Callable[[object, TokenVault, Clock], WechatApi]:
        """What makes a client for whatever account."""
        return lambda _settings, vault, clock: self.client(vault, clock)


def _answer(values: dict[str, Any]) -> ApiAnswer:
    return ApiAnswer(200, _HEADERS, json.dumps(values, ensure_ascii=False).encode())
