"""Sends the parts of pushed turns, follower by follower, one after the other.

One task for each follower who has any; it ends when nothing is to be sent. What it does next is
`service_message.next_step`'s decision, and every part is durable before it is sent, so that the
next process goes on where this one ends.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from yingda.clock import Clock
from yingda.delivery.service_message import TELL_BEFORE_S, Leave, Send, Tell, Wait, next_step
from yingda.engine.accounts.accounts import Account, Accounts
from yingda.engine.insist import insist
from yingda.engine.pushing.push_fates import SENT, Fate, fate_by
from yingda.engine.pushing.push_rights import PushRights
from yingda.engine.pushing.push_round import Round
from yingda.engine.pushing.push_seen import Seen
from yingda.engine.pushing.renewing import Renewing
from yingda.engine.pushing.typing_states import TypingStates
from yingda.engine.sharing.board import Board
from yingda.engine.sharing.live import LiveTexts
from yingda.engine.sharing.ownership import Ownership
from yingda.errors import StoreError, WechatApiError
from yingda.store.base import Store
from yingda.store.push_base import NewPart, PartFate
from yingda.turn.lifecycle import State
from yingda.turn.model import PushEnd, Turn
from yingda.wechat.api_base import ServiceDesk
from yingda.wechat.base import Message

_log = structlog.get_logger()

#: How often a turn that runs is looked at. Our choice: a follower notices no second of delay in
#: a part, and a look at text in memory costs some microseconds.
_LOOK_EVERY_S = 1.0
#: Pauses after a part that could not be sent, over the client's own tries; then the rest waits
#: for pickup. Our choice: a follower who waits longer writes again.
_PAUSES_S = (2.0, 5.0, 15.0)
#: How long a stop waits for sends under way. Our choice: one is answered within half a second.
_CLOSE_S = 3.0


class Pusher:
    """Keeps a round going for every follower who is to be sent something."""

    def __init__(
        self,
        *,
        store: Store,
        live: LiveTexts,
        board: Board,
        accounts: Accounts,
        desks: Mapping[str, ServiceDesk],
        rights: PushRights,
        typing: TypingStates,
        handed_over: Callable[[str, str], None],
        ownership: Ownership,
        clock: Clock,
    ) -> None:
        self._store = store
        self._live = live
        self._board = board
        self._accounts = accounts
        self._desks = desks
        self._rights = rights
        self._typing = typing
        #: Told of account and openid whenever a turn of theirs may have been sent whole.
        self._handed_over = handed_over
        self._ownership = ownership
        self._clock = clock
        self._rounds: dict[tuple[str, str], Round] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_draining = False
        self._renewing = Renewing(store, clock, self.look_again)

    def push(self, account: str, openid: str) -> None:
        """A turn of this follower is pushed, and its next part is waited for."""
        own = self._rounds.get((account, openid))
        if own is None:
            own = self._rounds[(account, openid)] = Round(account, openid, self._clock)
            own.is_ending = self._is_draining
            task = asyncio.ensure_future(self._go_round(own))
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        own.is_waited_for = True
        own.wake()

    def look_again(self, account: str, openid: str) -> None:
        """The follower did something: there may be a new quota."""
        if own := self._rounds.get((account, openid)):
            own.wake()

    def renew(self, account: Account, message: Message) -> None:
        """Renew the quota by a push that is entered nowhere; its reply does not wait for that."""
        self._renewing.renew(account, message)

    async def drain(self, timeout_s: float) -> None:
        """Send what can be sent now, and wait for nothing more."""
        self._is_draining = True
        for own in self._rounds.values():
            own.is_ending = True
            own.wake()
        try:
            async with self._clock.timeout(timeout_s):
                while self._tasks:
                    await asyncio.wait(tuple(self._tasks))
        except TimeoutError:
            _log.warning("pushes_interrupted", count=len(self._tasks))

    async def close(self) -> None:
        """End; a part whose sending is cut off is in doubt at the next start."""
        await self.drain(_CLOSE_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._renewing.close()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("push_failed", exc_info=error)

    async def _go_round(self, own: Round) -> None:
        whose = (own.account, own.openid)
        try:
            while await self._ownership.take(*whose):
                own.is_woken = False
                turn_id = await self._next(own)
                goes_on = turn_id is not None and await self._push(own, turn_id)
                self._handed_over(*whose)
                # A wake before the very end is missed by nobody.
                if not goes_on and (self._is_draining or not own.is_woken):
                    await self._ownership.end(*whose)
                    if self._is_draining or not own.is_woken:
                        return
        finally:
            del self._rounds[whose]

    async def _next(self, own: Round) -> int | None:
        return await insist(self._clock, lambda: self._store.next_pushed(own.account, own.openid))

    async def _push(self, own: Round, turn_id: int) -> bool:
        """Send of this turn what can be sent; whether another one is to be looked for.

        Whatever wakes it may have put an older turn before this one.
        """
        account = self._accounts.get(own.account)
        desk = self._desks.get(own.account)
        if account is None or desk is None:
            # It could push once; now its followers fetch what is left.
            await self._end(own, turn_id, PushEnd.DENIED)
            return True
        own.take_on(turn_id)
        with self._board.watch(turn_id, own.wake):
            while True:
                own.is_woken = False
                seen = await insist(self._clock, lambda: self._look(turn_id))
                step = next_step(
                    seen.view(self._clock.now(), is_waited_for=own.is_waited_for), account.style
                )
                if isinstance(step, Leave):
                    self._typing.end(account, own.openid)
                    await self._leave(own, seen.turn, step.end)
                    return True
                if isinstance(step, Tell):
                    await self._tell(own, account, desk, seen)
                elif isinstance(step, Send):
                    if await self._send(own, account, desk, seen.turn, step):
                        return not own.is_ending or not own.failures
                elif self._is_draining:
                    return False
                else:
                    await self._wait(own, account, seen, step)
                    if own.is_woken and not self._is_draining:
                        return True

    async def _look(self, turn_id: int) -> Seen:
        outlook = await self._store.outlook(turn_id)
        look = await self._store.push_look(turn_id)
        is_running = outlook.turn.state is State.RUNNING
        live = await self._live.so_far(turn_id) if is_running else None
        if live is not None and live.run_no != outlook.turn.run_no:
            live = None
        return Seen(outlook, look, live)

    async def _wait(self, own: Round, account: Account, seen: Seen, step: Wait) -> None:
        """Until the turn ends, something new is known of the follower, or enough is written."""
        quota, enough_chars = seen.look.quota, None
        if step.grown_chars is not None:
            enough_chars = (0 if seen.live is None else len(seen.live.text)) + step.grown_chars
        looks_at_s = self._clock.monotonic() + self._board.trusted_s
        while not own.is_woken:
            if quota is not None:
                self._typing.keep(account, own.openid, quota.acted_at)
            await own.pause(_LOOK_EVERY_S)
            if seen.look.others_pushed and await self._next(own) != seen.turn.id:
                own.wake()
                return
            if quota is not None and quota.runs_out_within(TELL_BEFORE_S, self._clock.now()):
                return
            if self._clock.monotonic() >= looks_at_s:
                return
            written = await self._live.so_far(seen.turn.id) if enough_chars is not None else None
            if written is not None and len(written.text) >= (enough_chars or 0):
                return

    async def _send(
        self, own: Round, account: Account, desk: ServiceDesk, turn: Turn, step: Send
    ) -> bool:
        """Send a part; whether to leave the turn, for now or for good."""
        part = step.part
        new = NewPart(
            turn_id=turn.id,
            run_no=turn.run_no,
            revision=turn.revision,
            start=part.start,
            end=part.end,
            completes=part.completes,
            shown=part.shown,
            is_live=turn.is_pending,
            chosen_at=self._clock.now(),
            promises=turn.id if step.is_last_of_quota else None,
        )
        part_id = await insist(self._clock, lambda: self._store.choose_part(new))
        if part_id is None:
            # The turn has moved on, an older one is to be pushed, or another process sends.
            await own.pause(_LOOK_EVERY_S)
            return True
        fate = await self._sent(own, account, desk, part.text)
        await insist(
            self._clock,
            lambda: self._store.settle_part(
                part_id, fate.part, gives_back=fate.gives_back, empties=fate.empties
            ),
        )
        if fate.part is PartFate.SENT:
            own.failures, own.is_waited_for = 0, False
            if step.is_last_of_quota:
                await self._end(own, turn.id, PushEnd.QUOTA)
                return True
            return part.completes and not turn.is_pending
        end = fate.end
        if end is None and own.failures < len(_PAUSES_S):
            pause_s = _PAUSES_S[own.failures]
            own.failures += 1
            await own.sleep(pause_s)
            # The next process tries it again.
            return own.is_ending
        if end is None:
            self._rights.rest(account)
        self._typing.end(account, own.openid)
        await self._end(own, turn.id, end or PushEnd.REFUSED)
        return True

    async def _tell(self, own: Round, account: Account, desk: ServiceDesk, seen: Seen) -> None:
        """Tell of the pickup while that may be told; nothing of the answer hangs on it."""
        now = self._clock.now()
        text = seen.promise(now, account.style)
        if await insist(self._clock, lambda: self._store.tell_instead(seen.turn.id, now)):
            _log.info("push_left", turn=seen.turn.id, account=own.account, reason="quota")
            await self._sent(own, account, desk, text)

    async def _sent(self, own: Round, account: Account, desk: ServiceDesk, text: str) -> Fate:
        try:
            await desk.send_text(own.openid, text)
        except (WechatApiError, StoreError) as error:
            is_denied = await self._rights.learn_refused(account, error)
            if not is_denied and isinstance(error, WechatApiError):
                _log.warning(
                    "part_not_sent", account=account.name, detail=error.detail, mend=error.mend
                )
            return fate_by(error)
        self._typing.was_ended(account, own.openid)
        return SENT

    async def _leave(self, own: Round, turn: Turn, end: PushEnd) -> None:
        if end is PushEnd.DONE and turn.is_unread:
            await insist(self._clock, lambda: self._store.mark_read(turn))
        await self._end(own, turn.id, end)

    async def _end(self, own: Round, turn_id: int, end: PushEnd) -> None:
        own.turn_id = None
        if end not in {PushEnd.DONE, PushEnd.WITHDRAWN}:
            _log.info("push_left", turn=turn_id, account=own.account, reason=end.value)
        if end is PushEnd.NOT_FOLLOWING:
            await insist(self._clock, lambda: self._store.end_pushes(own.account, own.openid, end))
        else:
            await insist(self._clock, lambda: self._store.end_push(turn_id, end))
