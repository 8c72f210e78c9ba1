"""The typing state in followers' chats: shown where an answer takes long, and never left on.

Asking for it is also how an account's right to push is probed. In this process only; what WeChat
refuses is logged and nothing depends on it.
"""

from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any

import structlog

from yingda.clock import Clock, Timer
from yingda.engine.accounts import Account
from yingda.engine.errands import Errands
from yingda.engine.push_rights import PushRights
from yingda.errors import ApiKind, ApiRefused, StoreError, WechatApiError
from yingda.wechat.api_base import ServiceDesk
from yingda.wechat.limits import TYPING_AFTER_S, TYPING_S

_log = structlog.get_logger()

#: WeChat counts from when the call arrives there. Our choice.
_MARGIN_S = 0.5
#: A call is begun this long at most after it was wanted: later it tells nothing. Our choice.
_WITHIN_S = 2.0


class TypingStates:
    """Shows and ends the typing state, in the background."""

    def __init__(self, desks: Mapping[str, ServiceDesk], rights: PushRights, clock: Clock) -> None:
        self._desks = desks
        self._rights = rights
        self._clock = clock
        #: Where it is shown, with the timer of its end.
        self._shown: dict[tuple[str, str], Timer] = {}
        self._errands = Errands()

    def keep(self, account: Account, openid: str, acted_at: float) -> None:
        """Have it shown, unless it is, or the follower's last action is too long ago."""
        is_late = self._clock.now() - acted_at > TYPING_AFTER_S - _MARGIN_S
        if (account.name, openid) in self._shown or is_late or account.name not in self._desks:
            return
        key = (account.name, openid)
        # From the request on: two must not be on their way.
        self._shown[key] = self._clock.call_later(TYPING_S + _MARGIN_S, partial(self._forget, key))
        self._errands.send(self._written(self._show(account, openid)))

    def was_ended(self, account: Account, openid: str) -> None:
        """A message ended it."""
        if timer := self._shown.pop((account.name, openid), None):
            timer.cancel()

    def end(self, account: Account, openid: str) -> None:
        """End it where it is shown."""
        if (account.name, openid) in self._shown:
            self.was_ended(account, openid)
            self._errands.send(self._written(self._hide(account, openid)))

    async def close(self) -> None:
        """Wait for the calls under way."""
        for timer in self._shown.values():
            timer.cancel()
        self._shown.clear()
        await self._errands.close()

    def _forget(self, key: tuple[str, str]) -> None:
        self._shown.pop(key, None)

    async def _show(self, account: Account, openid: str) -> None:
        if await self._rights.may_push(account) is False:
            self.was_ended(account, openid)
            return
        try:
            await self._desks[account.name].set_typing(openid, on=True, within_s=_WITHIN_S)
        except ApiRefused as refused:
            self.was_ended(account, openid)
            if refused.kind is ApiKind.NOT_ALLOWED:
                await self._rights.learn_denied(account, refused)
                return
            raise
        await self._rights.learn_allowed(account)

    async def _hide(self, account: Account, openid: str) -> None:
        await self._desks[account.name].set_typing(openid, on=False, within_s=0)

    async def _written(self, call: Coroutine[Any, Any, None]) -> None:
        try:
            await call
        except WechatApiError as error:
            _log.info("typing_refused", detail=error.detail, mend=error.mend)
        except StoreError:
            _log.warning("typing_not_shown")
