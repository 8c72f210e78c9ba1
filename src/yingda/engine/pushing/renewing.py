"""Renews followers' quotas by pushes that are entered nowhere else: no reply waits for that."""

from collections.abc import Callable

import structlog

from yingda.clock import Clock
from yingda.engine.accounts.accounts import Account, PushMode
from yingda.engine.errands import Errands
from yingda.engine.pushing.grants import grant_of
from yingda.errors import StoreError
from yingda.store.push_base import Grant, PushStore
from yingda.wechat.base import Message

_log = structlog.get_logger()


class Renewing:
    """Renews in the background; `then` is called with account and openid after each."""

    def __init__(self, store: PushStore, clock: Clock, then: Callable[[str, str], None]) -> None:
        self._store = store
        self._clock = clock
        self._then = then
        self._errands = Errands()

    def renew(self, account: Account, message: Message) -> None:
        """Keep what this push opens, if the account may push."""
        if account.push_mode is not PushMode.PASSIVE:
            grant = grant_of(account.name, message, self._clock.now())
            if grant is not None:
                self._errands.send(self._grant(grant))

    async def close(self) -> None:
        """Wait for what was begun."""
        await self._errands.close()

    async def _grant(self, grant: Grant) -> None:
        try:
            await self._store.grant_quota(grant)
        except StoreError:
            # Fewer messages are sent than could be.
            _log.warning("quota_not_renewed", account=grant.account)
        self._then(grant.account, grant.openid)
