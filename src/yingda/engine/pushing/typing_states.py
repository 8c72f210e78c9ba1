"""The typing state in followers' chats: shown where an answer takes long, and never left on.

Asking for it is also how an account's right to push is probed. In this process only; what WeChat
refuses is logged and nothing depends on it.
"""

from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any

import msgspec
import structlog

from yingda.clock import Clock, Timer
from yingda.engine.accounts.accounts import Account
from yingda.engine.errands import Errands
from yingda.engine.pushing.push_rights import PushRights
from yingda.errors import ApiKind, ApiRefused, StoreError, WechatApiError
from yingda.wechat.api_base import ServiceDesk
from yingda.wechat.limits import TYPING_AFTER_S, TYPING_S

_log = structlog.get_logger()

#: WeChat counts from when the call arrives there. Our choice.
_MARGIN_S = 0.5
#: A call is begun this long at most after it was wanted: later it tells nothing. Our choice.
_WITHIN_S = 2.0


class _State(msgspec.Struct):
    """What was asked for in one chat."""

    #: Ends it, for it ends by itself.
    timer: Timer
    is_shown: bool = True


class TypingStates:
    """Shows and ends the typing state, in the background."""

    def __init__(self, desks: Mapping[str, ServiceDesk], rights: PushRights, clock: Clock) -> None:
        self._desks = desks
        self._rights = rights
        self._clock = clock
        #: Where it was asked for within the time that it lasts; what was refused is among them, so
        #: that it is not asked for again and again.
        self._states: dict[tuple[str, str], _State] = {}
        self._errands = Errands()

    def keep(self, account: Account, openid: str, acted_at: float) -> None:
        """Have it shown, unless it is, or the follower's last action is too long ago."""
        is_late = self._clock.now() - acted_at > TYPING_AFTER_S - _MARGIN_S
        key = (account.name, openid)
        if key in self._states or is_late or account.name not in self._desks:
            return
        # From the request on: two must not be on their way.
        timer = self._clock.call_later(TYPING_S + _MARGIN_S, partial(self._forget, key))
        self._states[key] = _State(timer)
        self._errands.send(self._written(self._show(account, openid)))

    def was_ended(self, account: Account, openid: str) -> None:
        """A message ended it."""
        if state := self._states.pop((account.name, openid), None):
            state.timer.cancel()

    def end(self, account: Account, openid: str) -> None:
        """End it where it is shown."""
        state = self._states.get((account.name, openid))
        if state is not None and state.is_shown:
            self.was_ended(account, openid)
            self._errands.send(self._written(self._hide(account, openid)))

    async def close(self) -> None:
        """Wait for the calls under way."""
        for state in self._states.values():
            state.timer.cancel()
        self._states.clear()
        await self._errands.close()

    def _forget(self, key: tuple[str, str]) -> None:
        self._states.pop(key, None)

    async def _show(self, account: Account, openid: str) -> None:
        if await self._rights.may_push(account) is False:
            self._was_refused(account, openid)
            return
        try:
            await self._desks[account.name].set_typing(openid, on=True, within_s=_WITHIN_S)
        except WechatApiError as error:
            self._was_refused(account, openid)
            self._rights.learn_failed(account, error)
            if isinstance(error, ApiRefused) and error.kind is ApiKind.NOT_ALLOWED:
                await self._rights.learn_denied(account, error)
                return
            raise
        await self._rights.learn_allowed(account)

    def _was_refused(self, account: Account, openid: str) -> None:
        if state := self._states.get((account.name, openid)):
            state.is_shown = False

    async def _hide(self, account: Account, openid: str) -> None:
        await self._desks[account.name].set_typing(openid, on=False, within_s=0)

    async def _written(self, call: Coroutine[Any, Any, None]) -> None:
        try:
            await call
        except WechatApiError as error:
            _log.info("typing_refused", detail=error.detail, mend=error.mend)
        except StoreError:
            _log.warning("typing_not_shown")
