"""Erases what is due: texts here, conversations at their providers.

The store says what is still to be done, so a crash at any instant leaves nothing half done for
good. Doing a thing twice does no harm.
"""

import asyncio
from collections.abc import Mapping

import structlog

from yingda.clock import Clock
from yingda.errors import ProviderError
from yingda.providers.base import Provider
from yingda.store.base import Store
from yingda.store.wishes import ProviderDeletion
from yingda.wechat.replies import SUCCESS

_log = structlog.get_logger()

#: A conversation is deleted at its provider no sooner: a run that was cancelled just now is to be
#: stopped first, for which the runner gives 10 s. Our choice.
GRACE_S = 15.0
#: How long a provider is given to delete a conversation. Our choice: as long as a small call.
_DELETE_LIMIT_S = 30.0
#: What was taken on is left to this process for so long. Our choice: above the limit of a call.
_LEASE_S = 120.0
#: Deletions at the same time. Our choice: a provider's own limits are for questions.
_BATCH = 8
#: The first and the longest wait after a deletion that failed, in seconds; each is twice the one
#: before. Our choice: soon after a hiccup, and not for ever busy with a key that was taken away.
_FIRST_RETRY_S = 60.0
_LONGEST_RETRY_S = 86_400.0


class Erasing:
    """The chore that carries out erasures."""

    def __init__(self, store: Store, providers: Mapping[str, Provider], clock: Clock) -> None:
        self._store = store
        self._providers = providers
        self._clock = clock

    async def run(self) -> float | None:
        """Do what is due; when the next is due, in Unix seconds. Raises StoreError."""
        await self._erase_here()
        await self._erase_at_providers()
        await self._store.sweep(self._clock.now())
        return await self._store.next_erasure_at()

    async def _erase_here(self) -> None:
        while True:
            at = self._clock.now()
            step = await self._store.erase(at, accepting=SUCCESS, provider_at=at + GRACE_S)
            if step is None:
                return
            _log.info(
                "erased",
                account=step.account,
                erasure=step.erasure_id,
                turns=step.turns,
                is_done=step.is_done,
            )

    async def _erase_at_providers(self) -> None:
        while True:
            at = self._clock.now()
            due = await self._store.claim_deletions(at, lease_until=at + _LEASE_S, limit=_BATCH)
            if not due:
                return
            await asyncio.gather(*(self._delete(deletion) for deletion in due))

    async def _delete(self, deletion: ProviderDeletion) -> None:
        reason = await self._reason_against(deletion)
        if reason is None:
            await self._store.settle_deletion(deletion.id, retry_at=None)
            return
        pause_s = min(_FIRST_RETRY_S * 2.0 ** min(deletion.tries - 1, 30), _LONGEST_RETRY_S)
        _log.warning(
            "deletion_put_off",
            provider=deletion.provider,
            deletion=deletion.id,
            tries=deletion.tries,
            again_in_s=pause_s,
            reason=reason,
        )
        await self._store.settle_deletion(deletion.id, retry_at=self._clock.now() + pause_s)

    async def _reason_against(self, deletion: ProviderDeletion) -> str | None:
        """Why the conversation could not be deleted now; None once it is."""
        provider = self._providers.get(deletion.provider)
        if provider is None:
            return "no provider has this name any more"
        try:
            async with self._clock.timeout(_DELETE_LIMIT_S):
                await provider.forget(deletion.provider_conversation_id, deletion.user)
        except ProviderError as error:
            return error.detail
        except TimeoutError:
            return f"it took over {_DELETE_LIMIT_S:.0f} s"
        return None
