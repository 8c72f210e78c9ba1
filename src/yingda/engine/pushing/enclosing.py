"""Sends what follows answers, follower by follower: the text was handed over, and waits for none.

One task for each follower for whom something is due; it ends when nothing is. Every file is kept
before it is sent, and chosen as parts are: the next process goes on where this one ends. Whatever
fails is logged and left, for the answer has the picture's address, and the text of the voice.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol

import structlog

from yingda.clock import Clock
from yingda.engine.accounts.accounts import Account, Accounts, PushMode
from yingda.engine.inputs.media_base import Media
from yingda.engine.insist import insist
from yingda.engine.pushing.enclosure_files import EnclosureFiles, Uploading
from yingda.engine.pushing.enclosure_plan import EnclosurePlan
from yingda.engine.pushing.push_fates import SENT, Fate, fate_by
from yingda.engine.pushing.push_rights import PushRights
from yingda.engine.pushing.typing_states import TypingStates
from yingda.engine.sharing.ownership import Ownership
from yingda.errors import (
    ApiKind,
    ApiRefused,
    MediaError,
    ProviderError,
    StoreError,
    WechatApiError,
)
from yingda.store.base import Store
from yingda.store.enclosure_base import Enclosure, EnclosureKind, KeptFile
from yingda.store.push_base import PartFate

_log = structlog.get_logger()

#: How long a file may take to be made. Our choice: a slow speaker takes a minute by its own
#: deadline, and a picture some seconds; what comes later is of no use.
_MAKE_LIMIT_S = 120.0
#: How many files are made at once. Our choice: each may hold 10 MB until it is converted and
#: uploaded, and after an outage there may be one for every follower.
_MADE_AT_ONCE = 8
#: Pauses after a message that WeChat was too busy for; then it is left. Our choice.
_PAUSES_S = (2.0, 5.0)
#: How long a refused right to upload is taken for refused. Our choice, as for the right to push.
_DENIED_S = 86_400.0
#: How long a stop waits for what is under way. Our choice: a message is answered within half a
#: second, and what is not sent yet is due at the next start.
_CLOSE_S = 2.0


class EnclosureDesk(Uploading, Protocol):
    """The service messages that carry files, as WeChat's client sends them."""

    async def send_image(
        self, openid: str, media_id: str, *, within_s: float | None = None
    ) -> None:
        """Send a picture that was uploaded. Raises as `ServiceDesk` does."""

    async def send_voice(
        self, openid: str, media_id: str, *, within_s: float | None = None
    ) -> None:
        """Send a recording that was uploaded. Raises as `ServiceDesk` does."""


class Enclosing:
    """Sends pictures and recordings behind the answers that they belong to."""

    def __init__(
        self,
        *,
        store: Store,
        accounts: Accounts,
        desks: Mapping[str, EnclosureDesk],
        plan: EnclosurePlan,
        media: Media | None,
        rights: PushRights,
        typing: TypingStates,
        ownership: Ownership,
        clock: Clock,
    ) -> None:
        self._store = store
        self._accounts = accounts
        self._desks = desks
        self._files = EnclosureFiles(plan, media, clock)
        self._rights = rights
        self._typing = typing
        self._ownership = ownership
        self._clock = clock
        self._rounds: dict[tuple[str, str], asyncio.Task[None]] = {}
        #: Where something may have become due since the last look.
        self._woken: set[tuple[str, str]] = set()
        #: Account → until when, by the monotonic clock, it may upload nothing.
        self._denied_until_s: dict[str, float] = {}
        self._is_closing = False
        self._places = asyncio.Semaphore(_MADE_AT_ONCE)

    def handed_over(self, account: str, openid: str, *, was_left: bool = False) -> None:
        """A text reached this follower: what follows it may be due. Returns at once.

        `was_left` says that another process has begun with it and died.
        """
        own = self._accounts.get(account)
        if own is None or own.push_mode is PushMode.PASSIVE or self._is_closing:
            return
        if not (own.sends_pictures or own.speaks_answers) or account not in self._desks:
            return
        key = (account, openid)
        self._woken.add(key)
        if key not in self._rounds:
            task = self._rounds[key] = asyncio.ensure_future(
                self._go_round(own, openid, is_taken=was_left)
            )
            task.add_done_callback(self._ended)

    async def close(self) -> None:
        """End; a message that is cut off is in doubt at the next start."""
        self._is_closing = True
        tasks = tuple(self._rounds.values())
        try:
            async with self._clock.timeout(_CLOSE_S):
                if tasks:
                    await asyncio.wait(tasks)
        except TimeoutError:
            _log.info("enclosures_interrupted", count=len(tasks))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()):
            _log.error("enclosures_failed", exc_info=error)

    async def _go_round(self, account: Account, openid: str, *, is_taken: bool) -> None:
        key, failures = (account.name, openid), 0
        try:
            while not self._is_closing:
                self._woken.discard(key)
                # Most answers have nothing behind them, and need no owner for that.
                if is_taken and not await self._ownership.take(*key):
                    return
                enclosure = await insist(
                    self._clock,
                    lambda: self._store.next_enclosure(*key, self._clock.now()),
                )
                if enclosure is not None and is_taken:
                    failures = await self._follow(account, openid, enclosure, failures)
                if enclosure is not None:
                    is_taken = True
                    continue
                if is_taken:
                    await self._ownership.end(*key)
                    is_taken = False
                # Between this look and the end nothing is awaited, so that no wake is missed.
                if key not in self._woken:
                    return
        finally:
            self._woken.discard(key)
            del self._rounds[key]

    async def _follow(
        self, account: Account, openid: str, enclosure: Enclosure, failures: int
    ) -> int:
        """Take one enclosure a step further; how often it was refused for a passing reason."""
        if reason := await self._hindrance(account, enclosure):
            await self._leave(account, enclosure, reason, is_news=False)
            return 0
        if enclosure.file is None or not self._files.is_kept(enclosure.file):
            await self._make(account, enclosure)
            return 0
        chosen = await insist(
            self._clock,
            lambda: self._store.choose_enclosure(enclosure.id, self._clock.now()),
        )
        if not chosen:
            return 0
        fate = await self._sent(account, openid, enclosure, enclosure.file)
        is_passing = fate.part is PartFate.REFUSED and fate.end is None
        is_due = is_passing and failures < len(_PAUSES_S)
        await insist(
            self._clock,
            lambda: self._store.settle_enclosure(
                enclosure.id,
                fate.part,
                gives_back=fate.gives_back,
                empties=fate.empties,
                is_due=is_due,
            ),
        )
        if not is_due:
            return 0
        await self._clock.sleep(_PAUSES_S[failures])
        return failures + 1

    async def _hindrance(self, account: Account, enclosure: Enclosure) -> str:
        """Why nothing may be sent now; "" when something may."""
        if not enclosure.messages_left:
            return "quota"
        is_denied = self._clock.monotonic() < self._denied_until_s.get(account.name, 0.0)
        may_push = await insist(self._clock, lambda: self._rights.may_push(account))
        if is_denied or may_push is False:
            return "denied"
        return "out_of_order" if self._rights.is_resting(account) else ""

    async def _make(self, account: Account, enclosure: Enclosure) -> None:
        """Have its file at WeChat; the next look finds it there."""
        desk = self._desks[account.name]
        try:
            async with self._places, self._clock.timeout(_MAKE_LIMIT_S):
                files = await self._files.made(account, desk, enclosure)
        except MediaError as error:
            await self._leave(account, enclosure, error.detail)
        except ProviderError as error:
            await self._leave(account, enclosure, error.detail, error.mend)
        except WechatApiError as error:
            self._learn(account, error)
            await self._leave(account, enclosure, error.detail, error.mend)
        except (StoreError, TimeoutError) as error:
            await self._leave(account, enclosure, type(error).__name__)
        # Left due, it would be made again at each look, and nothing behind it ever be sent.
        except Exception as error:  # noqa: BLE001 - whatever a bug raises, the others go on
            _log.exception("enclosure_crashed", turn=enclosure.turn_id)
            await self._leave(account, enclosure, type(error).__name__)
        else:
            if files:
                await insist(self._clock, lambda: self._store.keep_files(enclosure.id, files))
            else:
                await self._leave(account, enclosure, "nothing to say")

    def _learn(self, account: Account, error: WechatApiError) -> None:
        if isinstance(error, ApiRefused) and error.kind is ApiKind.NOT_ALLOWED:
            # Texts may go all the same: only they tell of that right.
            self._denied_until_s[account.name] = self._clock.monotonic() + _DENIED_S
        self._rights.learn_failed(account, error)

    async def _sent(
        self, account: Account, openid: str, enclosure: Enclosure, file: KeptFile
    ) -> Fate:
        desk = self._desks[account.name]
        is_picture = enclosure.kind is EnclosureKind.PICTURE
        send = desk.send_image if is_picture else desk.send_voice
        try:
            await send(openid, file.media_id)
        except (WechatApiError, StoreError) as error:
            await self._rights.learn_refused(account, error)
            _tell_unsent(account, enclosure, error)
            return fate_by(error)
        self._typing.was_ended(account, openid)
        await insist(self._clock, lambda: self._rights.learn_allowed(account))
        return SENT

    async def _leave(
        self,
        account: Account,
        enclosure: Enclosure,
        reason: str,
        mend: str = "",
        *,
        is_news: bool = True,
    ) -> None:
        tell = _log.warning if is_news else _log.info
        tell(
            "enclosure_left",
            account=account.name,
            turn=enclosure.turn_id,
            kind=enclosure.kind.value,
            reason=reason,
            mend=mend,
        )
        await insist(self._clock, lambda: self._store.leave_enclosure(enclosure.id))


def _tell_unsent(
    account: Account, enclosure: Enclosure, error: WechatApiError | StoreError
) -> None:
    detail = error.detail if isinstance(error, WechatApiError) else type(error).__name__
    _log.warning(
        "enclosure_not_sent",
        account=account.name,
        turn=enclosure.turn_id,
        kind=enclosure.kind.value,
        detail=detail,
    )
