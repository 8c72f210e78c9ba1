"""Whether an account may send service messages, as far as WeChat has told.

What was learnt is the store's, so that all replicas share it; it counts for the settings it was
learnt under. What merely does not work just now is each process's own knowledge.
"""

import structlog

from yingda.clock import Clock
from yingda.engine.accounts.accounts import Account, PushMode
from yingda.errors import ApiKind, ApiRefused, ApiUnreachable, StoreError, WechatApiError
from yingda.store.base import Store
from yingda.store.push_base import PushRight

_log = structlog.get_logger()

#: How long a refusal is believed. Design rule: probed again daily, for accounts get verified.
_DENIED_S = 86_400.0
#: The same where the operator says that the account may push. Our choice: long enough for the
#: window in which it was learnt, so that this one question gets a passive reply.
_DENIED_THOUGH_SET_S = 60.0
#: How long no further question is accepted without words once the server API has failed in a way
#: that the next call will meet as well. Our choice: a passive reply is never wrong, and a mended
#: setting is noticed within a minute.
_OUT_OF_ORDER_S = 60.0
_LASTING = frozenset({ApiKind.TOKEN, ApiKind.CONFIGURATION, ApiKind.DAILY_LIMIT})


class PushRights:
    """Knows, learns and forgets rights."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        #: Account → until when, by the monotonic clock, its server API is not relied upon.
        self._out_until_s: dict[str, float] = {}

    async def may_push(self, account: Account) -> bool | None:
        """None where only a probe can tell. Raises StoreError."""
        if account.push_mode is PushMode.PASSIVE:
            return False
        right = await self._store.push_right(account.name)
        if right is not None and right.fingerprint == account.push_fingerprint:
            lasts_s = _DENIED_S if account.push_mode is PushMode.AUTO else _DENIED_THOUGH_SET_S
            is_fresh = self._clock.now() < right.learnt_at + lasts_s
            if right.is_allowed or is_fresh:
                return right.is_allowed
        return True if account.push_mode is PushMode.PUSH else None

    async def learn_allowed(self, account: Account) -> None:
        """WeChat did what was asked."""
        if await self.may_push(account) is not True:
            _log.info("push_allowed", account=account.name)
            await self._keep(account, is_allowed=True)

    async def learn_denied(self, account: Account, refused: ApiRefused) -> None:
        """WeChat said that the account has no such right."""
        _log.warning(
            "push_denied",
            account=account.name,
            mode=account.push_mode.value,
            detail=refused.detail,
            mend=refused.mend,
        )
        await self._keep(account, is_allowed=False)

    async def learn_refused(self, account: Account, error: WechatApiError | StoreError) -> bool:
        """A message was not sent; whether that is because the account may send none."""
        if isinstance(error, ApiRefused) and error.kind is ApiKind.NOT_ALLOWED:
            await self.learn_denied(account, error)
            return True
        if isinstance(error, WechatApiError):
            self.learn_failed(account, error)
        return False

    def learn_failed(self, account: Account, error: WechatApiError) -> None:
        """A call failed; some failures mean that a message would fail as well."""
        is_lasting = isinstance(error, ApiRefused) and error.kind in _LASTING
        if is_lasting or isinstance(error, ApiUnreachable):
            self.rest(account)

    def rest(self, account: Account) -> None:
        """Rely on the account's server API no more for a while."""
        self._out_until_s[account.name] = self._clock.monotonic() + _OUT_OF_ORDER_S

    def is_resting(self, account: Account) -> bool:
        """Whether a message would probably fail now."""
        return self._clock.monotonic() < self._out_until_s.get(account.name, 0.0)

    async def _keep(self, account: Account, *, is_allowed: bool) -> None:
        right = PushRight(
            is_allowed=is_allowed,
            learnt_at=self._clock.now(),
            fingerprint=account.push_fingerprint,
        )
        try:
            await self._store.keep_push_right(account.name, right)
        except StoreError:
            # It is learnt again with the next question.
            _log.warning("push_right_not_kept", account=account.name)
