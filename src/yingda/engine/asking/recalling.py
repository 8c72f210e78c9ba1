"""Recalls a conversation for a provider that keeps none, and has it put in short.

Knows who is told what and when; what fits is decided in `memory`.
"""

from collections.abc import Coroutine, Mapping
from typing import Any

import msgspec
import structlog

from yingda.clock import Clock
from yingda.engine.accounts.accounts import Accounts
from yingda.engine.asking.memory import (
    bounded_summary,
    exchange_of,
    limit_chars,
    to_summarise,
    window,
)
from yingda.engine.insist import insist
from yingda.providers.base import Exchange, Provider
from yingda.providers.capabilities import Capabilities, Memory, MemoryBounds, Summariser
from yingda.store.base import Store
from yingda.store.memory_base import PastTurn, Remembered
from yingda.store.runs import Claim, Ended
from yingda.texts import Texts
from yingda.turn.model import Turn

_log = structlog.get_logger()

#: How many times what goes with a question is looked at for a summary. Our choice: what fell out
#: since the last one is half of it, and one summary may have failed.
_LOOK_BACK = 2


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """What a prompt tells of the conversation."""

    history: tuple[Exchange, ...] = ()
    summary: str = ""


class Recalling:
    """Recalls what was said, provider by provider."""

    def __init__(
        self, *, store: Store, providers: Mapping[str, Provider], accounts: Accounts, clock: Clock
    ) -> None:
        self._store = store
        self._providers = providers
        self._accounts = accounts
        self._clock = clock

    async def recall(self, turn: Turn, provider_name: str) -> Recalled:
        """What this provider is to be told beside the turn's question."""
        capabilities = _capabilities(self._providers, provider_name)
        bounds = capabilities.memory_bounds
        if capabilities.memory is not Memory.HERE or not bounds.turns:
            return Recalled()
        remembered = await insist(self._clock, lambda: self._remembered(turn, bounds))
        told = window(remembered, turn.question, bounds).told
        texts = _texts(self._accounts, turn.account)
        return Recalled(
            history=tuple(exchange_of(each, texts) for each in told), summary=remembered.summary
        )

    async def _remembered(self, turn: Turn, bounds: MemoryBounds) -> Remembered:
        return await self._store.remembered(
            turn, limit_turns=bounds.turns, limit_chars=limit_chars(bounds)
        )


class Summarising:
    """Has put in short, once a turn has ended, what will not be told any more."""

    def __init__(
        self, *, store: Store, providers: Mapping[str, Provider], accounts: Accounts
    ) -> None:
        self._store = store
        self._providers = providers
        self._accounts = accounts
        #: Conversations whose summary is being written: the end of a later turn waits for none.
        self._busy: set[int] = set()

    def after(self, claim: Claim, ended: Ended) -> Coroutine[Any, Any, None] | None:
        """Ask for a summary where one may be due; implements `afterwards.Afterward`."""
        turn = ended.turn
        capabilities = _capabilities(self._providers, turn.provider or claim.provider)
        summariser = capabilities.summariser
        if (
            summariser is None
            or capabilities.memory is not Memory.HERE
            or turn.conversation_id in self._busy
        ):
            return None
        return self._alone(turn, summariser, capabilities.memory_bounds, claim.user)

    async def _alone(
        self, turn: Turn, summariser: Summariser, bounds: MemoryBounds, user: str
    ) -> None:
        self._busy.add(turn.conversation_id)
        try:
            await self._summarise(turn, summariser, bounds, user)
        finally:
            self._busy.discard(turn.conversation_id)

    async def _summarise(
        self, turn: Turn, summariser: Summariser, bounds: MemoryBounds, user: str
    ) -> None:
        remembered = await self._store.remembered(
            turn,
            with_itself=True,
            limit_turns=bounds.turns * _LOOK_BACK,
            limit_chars=limit_chars(bounds) * _LOOK_BACK,
        )
        due = to_summarise(remembered, bounds)
        if not due:
            return
        answer = await summariser.summarise(remembered.summary, self._exchanges(turn, due), user)
        summary = bounded_summary(answer, bounds)
        if not summary:
            _log.warning("summary_empty", turn=turn.id)
            return
        through = due[-1].number
        is_kept = await self._store.keep_summary(turn.conversation_id, summary, through)
        _log.info("conversation_summarised", turn=turn.id, exchanges=len(due), is_kept=is_kept)

    def _exchanges(self, turn: Turn, due: tuple[PastTurn, ...]) -> tuple[Exchange, ...]:
        texts = _texts(self._accounts, turn.account)
        return tuple(exchange_of(each, texts) for each in due)


def _capabilities(providers: Mapping[str, Provider], name: str) -> Capabilities:
    provider = providers.get(name)
    return Capabilities() if provider is None else provider.capabilities


def _texts(accounts: Accounts, name: str) -> Texts:
    account = accounts.get(name)
    return Texts() if account is None else account.style.texts
