"""WeChat's server API as one account sees it: rights, tokens, messages, menus, files.

Knows what each call needs and answers, and misbehaves by script. Refuses to know how requests
arrive: `server_api_http` brings them over sockets, `server_api_transport` without. Limits and
codes: official pages on the server API and its error codes.
"""

import asyncio
import itertools
import re
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from yingda.clock import Clock
from yingda.simulator.followers import Followers
from yingda.simulator.library import Library
from yingda.simulator.server_api_base import AccountKind, ApiAccount, ApiCall, ApiReply, Fault
from yingda.simulator.server_api_content import Values, shown
from yingda.simulator.server_api_menu import menu_refusal
from yingda.simulator.server_api_tokens import Tokens

_JSON: Final = "application/json; encoding=utf-8"
_PAGE: Final = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
_MESSAGES: Final[Mapping[int, str]] = {0: "ok", -1: "system error", 40001: "invalid credential"}
#: A `\\uXXXX` escape can reach the follower as it is, and is refused at times; here always.
_ESCAPE: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")

_VERIFIED: Final = frozenset(
    {AccountKind.VERIFIED_SUBSCRIPTION, AccountKind.VERIFIED_SERVICE, AccountKind.TEST}
)
_WITH_MENU: Final = _VERIFIED | {AccountKind.SERVICE}

_Done: TypeAlias = Mapping[str, object] | int | str | ApiReply
_Handler = Callable[[ApiCall], Mapping[str, object] | int | ApiReply]


class ServerApi:
    """Answers one account's calls. `account` may be replaced, as its owner may change things.

    `calls` counts by path, `tokens` can be revoked, `followers` and `library` are the platform's.
    """

    def __init__(
        self,
        followers: Followers,
        clock: Clock,
        account: ApiAccount | None = None,
        *,
        token_life_s: float = 7200.0,
        library: Library | None = None,
    ) -> None:
        self.account = account or ApiAccount()
        self.followers = followers
        self.clock = clock
        self.tokens = Tokens(clock, life_s=token_life_s)
        self.calls: Counter[str] = Counter()
        self.menu: Mapping[str, object] | None = None
        self.library = library or Library(clock)
        self._faults: deque[Fault] = deque()
        self._rids = itertools.count(1)
        self._handlers: Mapping[str, tuple[str, _Handler]] = {
            "/cgi-bin/token": ("GET", self._token),
            "/cgi-bin/stable_token": ("POST", self._stable_token),
            "/cgi-bin/message/custom/send": ("POST", self._send),
            "/cgi-bin/message/custom/typing": ("POST", self._typing),
            "/cgi-bin/media/upload": ("POST", self._upload),
            "/cgi-bin/media/get": ("GET", self._download),
            "/cgi-bin/menu/create": ("POST", self._create_menu),
            "/cgi-bin/menu/get": ("GET", self._get_menu),
            "/cgi-bin/menu/delete": ("GET", self._delete_menu),
            "/cgi-bin/getcallbackip": ("GET", self._addresses),
            "/cgi-bin/callback/check": ("POST", self._check),
        }

    def script(self, fault: Fault, times: int = 1) -> None:
        """Let the next calls that the fault is about go wrong, after those scripted before."""
        self._faults.extend([fault] * times)

    async def answer(self, call: ApiCall) -> ApiReply:
        """Carry the call out; never returns where the script says so."""
        self.calls[call.path] += 1
        fault = self._fault(call.path)
        if fault.is_page:
            return ApiReply(502, "text/html", _PAGE)
        reply = self._reply(fault.code or self._done(call))
        if fault.is_silent:
            await asyncio.Event().wait()
        if fault.delay_s:
            await self.clock.sleep(fault.delay_s)
        return reply

    def _fault(self, path: str) -> Fault:
        for fault in self._faults:
            if fault.path in {"", path}:
                self._faults.remove(fault)
                return fault
        return Fault()

    def _done(self, call: ApiCall) -> _Done:
        method, handler = self._handlers.get(call.path, ("", None))
        if handler is None:
            return 40066
        if call.method != method:
            return 43001 if method == "GET" else 43002
        is_for_token = call.path in {"/cgi-bin/token", "/cgi-bin/stable_token"}
        if is_for_token and not self._is_listed(call):
            ip = call.caller_ip
            return f"invalid ip {ip} ipv6 ::ffff:{ip}, not in whitelist"
        if not is_for_token:
            refusal = self.tokens.refusal(call.query.get("access_token", ""))
            if refusal:
                return refusal
        if _ESCAPE.search(call.body):
            return 40033
        try:
            return handler(call)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return 47001

    def _is_listed(self, call: ApiCall) -> bool:
        listed = self.account.ip_list
        return listed is None or call.caller_ip in listed

    def _reply(self, done: _Done) -> ApiReply:
        if isinstance(done, ApiReply):
            return done
        if isinstance(done, Mapping):
            return ApiReply(200, _JSON, msgspec.json.encode(done))
        code, message = (40164, done) if isinstance(done, str) else (done, "")
        message = message or _MESSAGES.get(code, f"simulated error {code}")
        if code:
            message += f" rid: {next(self._rids):08x}-0a1b2c3d-4e5f6071"
        return ApiReply(200, _JSON, msgspec.json.encode({"errcode": code, "errmsg": message}))

    # Tokens

    def _token(self, call: ApiCall) -> Mapping[str, object] | int:
        refusal = self._credentials_refusal(call.query)
        return refusal or _token_values(self.tokens.plain())

    def _stable_token(self, call: ApiCall) -> Mapping[str, object] | int:
        values = _values(call)
        refusal = self._credentials_refusal(values)
        if refusal:
            return refusal
        made = self.tokens.forced() if values.get("force_refresh") else self.tokens.stable()
        return made if isinstance(made, int) else _token_values(made)

    def _credentials_refusal(self, values: Values) -> int:
        if values.get("grant_type") != "client_credential":
            return 40002
        if values.get("appid") != self.account.app_id:
            return 40013
        if values.get("secret") != self.account.app_secret:
            return 40125
        return 40243 if self.account.is_secret_frozen else 0

    # Messages

    def _send(self, call: ApiCall) -> int:
        if self.account.kind not in _VERIFIED:
            return 48001
        values = _values(call)
        if not values.get("touser"):
            return 41009
        seen = shown(values, self.library)
        return seen if isinstance(seen, int) else self.followers.send(values["touser"], seen)

    def _typing(self, call: ApiCall) -> int:
        if self.account.kind not in _VERIFIED:
            return 40200
        values = _values(call)
        command = values.get("command")
        if command not in {"Typing", "CancelTyping"}:
            return 45072
        return self.followers.show_typing(str(values.get("touser")), on=command == "Typing")

    # Files, menus, addresses

    def _upload(self, call: ApiCall) -> Mapping[str, object] | int:
        if self.account.kind not in _VERIFIED:
            return 48001
        kind = call.query.get("type")
        added = self.library.upload(kind, call.files.get("media"))
        if isinstance(added, int):
            return added
        return {"type": kind, "media_id": added, "created_at": int(self.clock.now())}

    def _download(self, call: ApiCall) -> Mapping[str, object] | int | ApiReply:
        if self.account.kind not in _VERIFIED:
            return 48001
        media_id = call.query.get("media_id", "")
        file = self.library.find(media_id)
        if file is None:
            return 40007 if media_id else 41006
        if file.kind == "video":
            return {"video_url": f"http://video.simulated.example/{media_id}"}
        return ApiReply(200, file.content_type, file.content, f"{media_id}.bin")

    def _create_menu(self, call: ApiCall) -> int:
        if self.account.kind not in _WITH_MENU:
            return 48001
        menu = _values(call)
        refusal = menu_refusal(menu)
        if not refusal:
            self.menu = menu
        return refusal

    def _get_menu(self, _: ApiCall) -> Mapping[str, object] | int:
        if self.account.kind not in _WITH_MENU:
            return 48001
        return 46003 if self.menu is None else {"menu": self.menu}

    def _delete_menu(self, _: ApiCall) -> int:
        if self.account.kind not in _WITH_MENU:
            return 48001
        self.menu = None
        return 0

    def _addresses(self, _: ApiCall) -> Mapping[str, object]:
        return {"ip_list": ["101.226.103.0/25", "127.0.0.1"]}

    def _check(self, call: ApiCall) -> Mapping[str, object] | int:
        values = _values(call)
        if values.get("action") not in {"dns", "ping", "all"}:
            return 40202
        if values.get("check_operator") not in {"DEFAULT", "CHINANET", "UNICOM", "CAP"}:
            return 40203
        if not self.account.has_callback:
            return 40201
        found = {"ip": "127.0.0.1", "from_operator": "CAP", "package_loss": "0%", "time": "1ms"}
        return {"dns": [{"ip": "127.0.0.1", "real_operator": "CAP"}], "ping": [found]}


def _values(call: ApiCall) -> dict[str, Any]:
    return msgspec.json.decode(call.body, type=dict[str, Any])


def _token_values(made: tuple[str, int]) -> Mapping[str, object]:
    return {"access_token": made[0], "expires_in": made[1]}
