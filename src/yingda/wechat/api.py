"""The client of WeChat's server API for one account.

Knows the calls, when one may be repeated, and that a message whose fate is unknown may not.
Refuses to know sockets, who is to be written to, and what is left of a follower's quota. Source of
every call: the official page of its name.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from yingda.clock import Clock
from yingda.errors import ApiKind, ApiRefused, ApiUnreachable, SendInDoubt
from yingda.wechat.api_base import (
    ANSWER_LIMIT_BYTES,
    ApiAnswer,
    ApiRequest,
    ApiTransport,
    Card,
    Downloaded,
    FilePart,
    TokenVault,
    Uploaded,
)
from yingda.wechat.api_errors import JsonObject, values_of
from yingda.wechat.api_files import downloaded_of
from yingda.wechat.api_token import Credentials, TokenKeeper
from yingda.wechat.limits import MEDIA_LIFE_S, MEDIA_LIMIT_BYTES
from yingda.wechat.xml_text import clean_text

#: Seconds before the second, third and fourth try of a call that WeChat was too busy for. Our
#: choice: its busy moments pass in a second or two, and 45011 counts by the minute.
_BACKOFF_S: Final = (0.3, 1.0, 2.5)
#: How long a busy WeChat is asked again where the caller says nothing. Our choice: a follower is
#: looking at the chat.
_WITHIN_S: Final = 5.0
#: "No menu": not a failure of the question whether there is one.
_NO_MENU_CODE: Final = 46003
#: The typing state is shown already: what was asked for is so.
_TYPING_ALREADY_CODE: Final = 45081

T = TypeVar("T")

_SEND: Final = "/cgi-bin/message/custom/send"
_TYPING: Final = "/cgi-bin/message/custom/typing"


class CheckAction(StrEnum):
    """What WeChat looks at on its way to our address."""

    DNS = "dns"
    PING = "ping"
    ALL = "all"


class _Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request that is yet to get its token."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    body: bytes | None = None
    file: FilePart | None = None
    #: Whether a follower would see it twice if it were sent twice.
    is_message: bool = False
    answer_limit_bytes: int = ANSWER_LIMIT_BYTES

    def with_token(self, token: str) -> ApiRequest:
        return ApiRequest(
            method=self.method,
            path=self.path,
            query={"access_token": token, **self.query},
            body=self.body,
            file=self.file,
            answer_limit_bytes=self.answer_limit_bytes,
        )


class WechatApi:
    """One account's calls; safe to use from many tasks of one event loop at once.

    Implements `ServiceDesk`. Every call raises a `WechatApiError`, and StoreError when the vault
    does. `within_s` bounds how long after its beginning a call that WeChat was too busy for is
    begun again; 0 is a single try. A refused token is renewed and tried again once.
    """

    def __init__(
        self, credentials: Credentials, transport: ApiTransport, vault: TokenVault, clock: Clock
    ) -> None:
        self._transport = transport
        self._clock = clock
        self._tokens = TokenKeeper(credentials, transport, vault, clock)

    async def send_text(self, openid: str, text: str, *, within_s: float | None = None) -> None:
        """Send a text of at most `SERVICE_TEXT_LIMIT_BYTES`, without what JSON must escape.

        Raises `SendInDoubt` when nobody knows whether it arrived.
        """
        await self._send(openid, "text", {"content": clean_text(text)}, within_s)

    async def send_image(
        self, openid: str, media_id: str, *, within_s: float | None = None
    ) -> None:
        """Send a picture that was uploaded; raises as `send_text` does."""
        await self._send(openid, "image", {"media_id": media_id}, within_s)

    async def send_voice(
        self, openid: str, media_id: str, *, within_s: float | None = None
    ) -> None:
        """Send a recording that was uploaded; raises as `send_text` does."""
        await self._send(openid, "voice", {"media_id": media_id}, within_s)

    async def send_news(self, openid: str, card: Card, *, within_s: float | None = None) -> None:
        """Send one article; raises as `send_text` does."""
        article = {
            "title": clean_text(card.title),
            "description": clean_text(card.description),
            "url": card.url,
            "picurl": card.picture_url,
        }
        await self._send(openid, "news", {"articles": [article]}, within_s)

    async def set_typing(self, openid: str, *, on: bool, within_s: float | None = None) -> None:
        """Show or end the typing state; showing it while it is shown is well."""
        command = "Typing" if on else "CancelTyping"
        body = msgspec.json.encode({"touser": openid, "command": command})
        try:
            await self._call(_Call(method="POST", path=_TYPING, body=body), within_s)
        except ApiRefused as refused:
            if not on or refused.code != _TYPING_ALREADY_CODE:
                raise

    async def create_menu(self, menu: JsonObject) -> None:
        """Replace the account's menu; `menu` is the call's body, `{"button": [...]}`."""
        body = msgspec.json.encode(menu)
        await self._call(_Call(method="POST", path="/cgi-bin/menu/create", body=body))

    async def menu(self) -> JsonObject | None:
        """The menu as it was made by this API, `{"button": [...]}`; None when there is none."""
        try:
            values = await self._call(_Call(method="GET", path="/cgi-bin/menu/get"))
        except ApiRefused as refused:
            if refused.code == _NO_MENU_CODE:
                return None
            raise
        found = values.get("menu")
        return found if isinstance(found, dict) else None

    async def delete_menu(self) -> None:
        """Take the account's menu away, with all its variants."""
        await self._call(_Call(method="GET", path="/cgi-bin/menu/delete"))

    async def upload_image(self, content: bytes, filename: str, content_type: str) -> Uploaded:
        """Upload a picture for `send_image`; at most `IMAGE_LIMIT_BYTES` are safe."""
        return await self._upload(
            "image",
            FilePart(field="media", filename=filename, content_type=content_type, content=content),
        )

    async def upload_voice(self, content: bytes, filename: str, content_type: str) -> Uploaded:
        """Upload AMR or MP3 for `send_voice`, within `VOICE_LIMIT_BYTES` and `VOICE_LIMIT_S`."""
        return await self._upload(
            "voice",
            FilePart(field="media", filename=filename, content_type=content_type, content=content),
        )

    async def download(self, media_id: str, *, within_s: float | None = None) -> Downloaded:
        """A file that a follower sent, or that was uploaded.

        Raises also `MediaTooLarge`, for a file of over `MEDIA_LIMIT_BYTES`.
        """
        call = _Call(
            method="GET",
            path="/cgi-bin/media/get",
            query={"media_id": media_id},
            answer_limit_bytes=MEDIA_LIMIT_BYTES,
        )
        return await self._called(call, downloaded_of, within_s)

    async def _upload(self, kind: str, file: FilePart) -> Uploaded:
        call = _Call(method="POST", path="/cgi-bin/media/upload", query={"type": kind}, file=file)
        values = await self._call(call)
        media_id = values.get("media_id")
        if not isinstance(media_id, str) or not media_id:
            raise ApiRefused("WeChat's answer names no media_id")
        # Its `created_at` is of another clock: by one that is wrong, what was just uploaded would
        # be gone, and be uploaded without end.
        return Uploaded(media_id, self._clock.now() + MEDIA_LIFE_S)

    async def callback_ips(self) -> tuple[str, ...]:
        """The addresses and networks that pushes come from; not complete, so not to block by."""
        values = await self._call(_Call(method="GET", path="/cgi-bin/getcallbackip"))
        found = values.get("ip_list")
        return tuple(str(ip) for ip in found) if isinstance(found, list) else ()

    async def check_callback(self, action: CheckAction = CheckAction.ALL) -> JsonObject:
        """What WeChat finds on its way to our address: its lists `dns` and `ping`."""
        body = msgspec.json.encode({"action": action, "check_operator": "DEFAULT"})
        return await self._call(_Call(method="POST", path="/cgi-bin/callback/check", body=body))

    async def check_token(self) -> None:
        """Raise a `WechatApiError` unless an access token can be had."""
        await self._tokens.current()

    async def aclose(self) -> None:
        """Close every connection; the vault stays its owner's."""
        await self._tokens.aclose()
        await self._transport.aclose()

    async def _send(
        self, openid: str, kind: str, content: JsonObject, within_s: float | None
    ) -> None:
        body = msgspec.json.encode({"touser": openid, "msgtype": kind, kind: content})
        await self._call(_Call(method="POST", path=_SEND, body=body, is_message=True), within_s)

    async def _call(self, call: _Call, within_s: float | None = None) -> JsonObject:
        return await self._called(call, values_of, within_s)

    async def _called(
        self, call: _Call, read: Callable[[ApiAnswer], T], within_s: float | None
    ) -> T:
        """Carry the call out, again when WeChat was too busy and there is time."""
        last_begin_s = self._clock.monotonic() + (_WITHIN_S if within_s is None else within_s)
        for pause_s in _BACKOFF_S:
            try:
                return await self._with_good_token(call, read)
            except ApiRefused as refused:
                is_late = self._clock.monotonic() + pause_s > last_begin_s
                if refused.kind is not ApiKind.BUSY or is_late:
                    raise
            await self._clock.sleep(pause_s)
        return await self._with_good_token(call, read)

    async def _with_good_token(self, call: _Call, read: Callable[[ApiAnswer], T]) -> T:
        token = await self._tokens.current()
        try:
            return await self._once(call, token, read)
        except ApiRefused as refused:
            if refused.kind is not ApiKind.TOKEN:
                raise
        return await self._once(call, await self._tokens.after(token), read)

    async def _once(self, call: _Call, token: str, read: Callable[[ApiAnswer], T]) -> T:
        try:
            answer = await self._transport.send(call.with_token(token))
        except ApiUnreachable as unreachable:
            if call.is_message and unreachable.was_sent:
                raise SendInDoubt(unreachable.detail, mend=unreachable.mend) from unreachable
            raise
        try:
            return read(answer)
        except ApiRefused as refused:
            # A page of a gateway behind which WeChat may have taken the message.
            if call.is_message and refused.code is None and not 400 <= answer.status < 500:
                raise SendInDoubt(refused.detail, mend=refused.mend) from refused
            raise
