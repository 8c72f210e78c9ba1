"""Asks for questions that may come next, once an answer has ended, and shows them where it may.

They are kept with the turn, and whatever reply shows the end of the answer later shows them too.
Where that was shown already and the account may push, they go out in a message of their own; a
follower who has asked on is not bothered with them.
"""

from collections.abc import Coroutine, Mapping
from typing import Any

import structlog

from yingda.clock import Clock
from yingda.delivery.extras import suggestions_message
from yingda.engine.accounts.accounts import Account, Accounts
from yingda.engine.intake.commands import interpret
from yingda.engine.intake.intents import Question, Show
from yingda.engine.pushing.push_fates import SENT, Fate, fate_by
from yingda.engine.pushing.push_rights import PushRights
from yingda.errors import ApiKind, ApiRefused, StoreError, WechatApiError
from yingda.providers.base import Provider
from yingda.providers.capabilities import Suggester
from yingda.store.base import Store
from yingda.store.runs import Claim, Ended
from yingda.turn.lifecycle import State
from yingda.turn.model import Turn
from yingda.wechat.api_base import ServiceDesk
from yingda.wechat.messages import TextMessage

_log = structlog.get_logger()

#: Our choice: more would push the answer off the screen.
SUGGESTIONS_LIMIT = 3
#: So long after an answer nobody expects them any more. Our choice.
_SHOWN_WITHIN_S = 30.0
#: Messages that are left to the follower after this one. Our choice: the next answer may take two,
#: and its last is kept for what is left of it.
_KEPT_MESSAGES = 2
#: How often a turn that is still pushed is looked at. Our choice: as its pusher does.
_LOOK_EVERY_S = 1.0


class Suggesting:
    """Asks, keeps and shows."""

    def __init__(
        self,
        *,
        store: Store,
        providers: Mapping[str, Provider],
        accounts: Accounts,
        desks: Mapping[str, ServiceDesk],
        rights: PushRights,
        clock: Clock,
    ) -> None:
        self._store = store
        self._providers = providers
        self._accounts = accounts
        self._desks = desks
        self._rights = rights
        self._clock = clock

    def after(self, claim: Claim, ended: Ended) -> Coroutine[Any, Any, None] | None:
        """Do so for a turn that was answered; implements `afterwards.Afterward`."""
        turn = ended.turn
        account = self._accounts.get(turn.account)
        suggester = self._suggester(turn.provider or claim.provider)
        if (
            account is None
            or not account.suggestions
            or suggester is None
            or ended.message_id is None
            or turn.state is not State.ANSWERED
        ):
            return None
        return self._suggest(account, turn, suggester, message_id=ended.message_id, user=claim.user)

    async def _suggest(
        self, account: Account, turn: Turn, suggester: Suggester, *, message_id: str, user: str
    ) -> None:
        told = await suggester.suggest(message_id, user)
        questions = tuple(each for each in told if _asks(account, each))[:SUGGESTIONS_LIMIT]
        if not questions:
            return
        kept = await self._store.keep_suggestions(turn.id, turn.run_no, questions)
        if kept is not None and (desk := self._desks.get(account.name)):
            await self._show(account, desk, kept)

    def _suggester(self, provider_name: str) -> Suggester | None:
        provider = self._providers.get(provider_name)
        return None if provider is None else provider.capabilities.suggester

    async def _show(self, account: Account, desk: ServiceDesk, turn: Turn) -> None:
        """Send them, unless a reply that is yet to come will carry them."""
        until = (turn.ended_at or 0.0) + _SHOWN_WITHIN_S
        while turn.is_pushed and self._clock.now() < until:
            # Its last part is to come first, and says nothing of them.
            await self._clock.sleep(_LOOK_EVERY_S)
            turn = (await self._store.outlook(turn.id)).turn
        text = suggestions_message(turn, account.style)
        if turn.is_unread or turn.is_pushed or not text or self._clock.now() > until:
            return
        if self._rights.is_resting(account) or await self._rights.may_push(account) is False:
            return
        at = self._clock.now()
        if await self._store.spend_on_suggestions(turn.id, at, keeps=_KEPT_MESSAGES):
            fate = await self._sent(account, desk, turn, text)
            await self._store.settle_message(
                turn.account,
                turn.openid,
                spent_at=at,
                gives_back=fate.gives_back,
                empties=fate.empties,
            )

    async def _sent(self, account: Account, desk: ServiceDesk, turn: Turn, text: str) -> Fate:
        try:
            await desk.send_text(turn.openid, text)
        except (WechatApiError, StoreError) as error:
            if isinstance(error, ApiRefused) and error.kind is ApiKind.NOT_ALLOWED:
                await self._rights.learn_denied(account, error)
            elif isinstance(error, WechatApiError):
                self._rights.learn_failed(account, error)
            _log.warning("suggestions_not_sent", turn=turn.id, account=account.name)
            return fate_by(error)
        await self._rights.learn_allowed(account)
        _log.info("suggestions_sent", turn=turn.id, account=account.name)
        return SENT


def _asks(account: Account, text: str) -> bool:
    """Whether a tap that sends this text asks something; a model may think of any word."""
    meant = interpret(
        TextMessage("", "", 0, "", content=text),
        pickup_word=account.style.pickup_word,
        words=account.command_words,
        duties=account.duties,
        models=account.models,
    )
    return isinstance(meant, Question | Show)
