"""Attempts of accounts that may push: the typing state, and whether `success` may be replied."""

from functools import partial

from yingda.clock import Clock, Timer
from yingda.delivery.service_message import SENDS_LIMIT
from yingda.engine.accounts.accounts import PushMode
from yingda.engine.pushing.push_rights import PushRights
from yingda.engine.pushing.pusher import Pusher
from yingda.engine.pushing.typing_states import TypingStates
from yingda.engine.waiting.chooser import Attempt
from yingda.store.base import Store

#: From this age of its window on, the follower is shown that an answer is being written. Our
#: choice: a quick answer needs no such sign, and a probe has 3.5 s until it is needed.
_TYPING_AFTER_S = 1.0


class Acknowledging:
    """What an attempt does towards service messages."""

    def __init__(
        self,
        *,
        store: Store,
        rights: PushRights,
        typing: TypingStates,
        pusher: Pusher,
        clock: Clock,
    ) -> None:
        self._store = store
        self._rights = rights
        self._typing = typing
        self._pusher = pusher
        self._clock = clock

    def begin(self, attempt: Attempt) -> Timer | None:
        """Have the typing state shown soon; cancel the timer when the attempt ends."""
        account = attempt.account
        if account.push_mode is PushMode.PASSIVE:
            return None
        acted_at = self._clock.now()
        show = partial(self._typing.keep, account, attempt.message.openid, acted_at)
        return self._clock.call_later(_TYPING_AFTER_S, show)

    async def can_push(self, attempt: Attempt, turn_id: int) -> bool:
        """Whether the next part of the turn may be sent as a message. Raises StoreError."""
        account = attempt.account
        if self._rights.is_resting(account) or await self._rights.may_push(account) is not True:
            return False
        quota = await self._store.quota(account.name, attempt.message.openid)
        if quota is None or quota.left_at(self._clock.now()) <= 0:
            return False
        look = await self._store.push_look(turn_id)
        if quota.left_at(self._clock.now()) <= look.others_pushed:
            # Each of those before it is to have a message.
            return False
        return look.in_doubt is None or look.in_doubt.times < SENDS_LIMIT

    def acknowledged(self, attempt: Attempt) -> None:
        """The turn is pushed from now on."""
        self._pusher.push(attempt.account.name, attempt.message.openid)

    def replied(self, attempt: Attempt) -> None:
        """The reply itself shows what is to be shown."""
        self._typing.end(attempt.account, attempt.message.openid)
