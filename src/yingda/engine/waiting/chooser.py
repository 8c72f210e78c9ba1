"""What a push's reply says, written down before it is sent.

Knows how a decision becomes words and a record; when it is taken is not its business.
"""

import msgspec

from yingda.clock import Clock
from yingda.delivery import passive
from yingda.delivery.passive import Composed, Progress
from yingda.engine.accounts.accounts import Account
from yingda.engine.accounts.sentences import text_reply
from yingda.engine.sharing.live import LiveText, LiveTexts
from yingda.jobs.base import Jobs
from yingda.store.base import ChosenReply, NewOffer, Outlook, Store
from yingda.store.entries import Entered, PushKind
from yingda.turn.lifecycle import State
from yingda.turn.model import Turn
from yingda.wechat.base import Message
from yingda.wechat.replies import SUCCESS


class Attempt(msgspec.Struct, frozen=True):
    """One attempt whose turn is waited for: whose it is, and what it asks."""

    account: Account
    message: Message
    entered: Entered

    @property
    def is_question(self) -> bool:
        """Whether the push asked the question itself."""
        return self.entered.kind is PushKind.QUESTION


class Chooser:
    """Composes replies, and fixes them in the store."""

    def __init__(self, store: Store, live: LiveTexts, jobs: Jobs, clock: Clock) -> None:
        self._store = store
        self._live = live
        self._jobs = jobs
        self._clock = clock

    async def live_part(self, attempt: Attempt, outlook: Outlook) -> Composed | None:
        """The next closed part of the turn while it runs, if there is one to be offered."""
        turn = outlook.turn
        if not attempt.account.first_part or turn.state is not State.RUNNING:
            return None
        live = await self._written(turn)
        if live is None or live.has_replaced:
            return None
        return passive.live_part(
            msgspec.structs.replace(turn, conversation_was_reset=live.conversation_was_reset),
            live.text,
            attempt.account.style,
            names_question=_names_question(attempt, outlook),
            other_unread=outlook.other_unread,
        )

    async def choose(
        self,
        attempt: Attempt,
        outlook: Outlook,
        *,
        part: Composed | None = None,
        gives_back: int | None = None,
    ) -> bytes | None:
        """Fix the reply: the outcome, `part` or a promise.

        None when another reply came first and the choice must be made anew. `gives_back` is a
        hold that this reply makes needless. Raises StoreError.
        """
        turn = outlook.turn
        if turn.is_pending and part is None:
            return await self._promise(attempt, outlook, gives_back)
        # A part in doubt makes an answer unread again; then it is picked up like any other.
        is_again = attempt.entered.kind is PushKind.AGAIN and not (
            turn.is_unread or turn.is_withdrawn
        )
        if part is not None:
            composed: Composed | None = part
        elif is_again:
            composed = passive.again(turn, attempt.account.style)
        else:
            composed = _outcome(attempt, outlook)
        if composed is None:
            return await self._nothing_left(attempt, turn, gives_back)
        offer = NewOffer(
            turn_id=turn.id,
            run_no=turn.run_no,
            start=composed.start,
            end=composed.end,
            completes=composed.completes,
            is_again=is_again,
            revision=turn.revision,
            shown=composed.shown,
        )
        # A part that says how to get the next one promises it.
        promises = None if composed.completes else turn.id
        return await self._fix(attempt, composed.text, gives_back, offer, promises)

    async def acknowledge(
        self, attempt: Attempt, turn: Turn, gives_back: int | None
    ) -> bytes | None:
        """Accept the push, and have the turn's parts sent by themselves; None as in `choose`."""
        accepted = ChosenReply(
            reply=SUCCESS, chosen_at=self._clock.now(), gives_back=gives_back, pushes=turn.id
        )
        return await self._store.choose_reply(attempt.entered.push_id, accepted)

    async def _promise(
        self, attempt: Attempt, outlook: Outlook, gives_back: int | None
    ) -> bytes | None:
        turn = outlook.turn
        text = passive.promise(
            turn,
            attempt.account.style,
            progress=None if attempt.is_question else await self._progress(turn),
            other_unread=outlook.other_unread,
            others_before=await self._jobs.waiting_before(turn.id),
        )
        return await self._fix(attempt, text, gives_back, promises=turn.id)

    async def _nothing_left(
        self, attempt: Attempt, turn: Turn, gives_back: int | None
    ) -> bytes | None:
        if turn.state is State.CANCELLED and not turn.is_withdrawn:
            text = attempt.account.style.texts.say("cancelled")
            return await self._fix(attempt, text, gives_back)
        if attempt.is_question or turn.is_withdrawn or not turn.has_something_to_show:
            accepted = ChosenReply(
                reply=SUCCESS, chosen_at=self._clock.now(), gives_back=gives_back
            )
            return await self._store.choose_reply(attempt.entered.push_id, accepted)
        text = attempt.account.style.texts.say("nothing_more")
        return await self._fix(attempt, text, gives_back)

    async def _fix(
        self,
        attempt: Attempt,
        text: str,
        gives_back: int | None,
        offer: NewOffer | None = None,
        promises: int | None = None,
    ) -> bytes | None:
        now = self._clock.now()
        chosen = ChosenReply(
            reply=text_reply(attempt.message, text, int(now)),
            chosen_at=now,
            offer=offer,
            promises=promises,
            gives_back=gives_back,
        )
        return await self._store.choose_reply(attempt.entered.push_id, chosen)

    async def _progress(self, turn: Turn) -> Progress | None:
        if turn.state is not State.RUNNING or turn.run_started_at is None:
            return None
        live = await self._written(turn)
        chars = 0 if live is None else len(live.text)
        return Progress(chars, seconds=self._clock.now() - turn.run_started_at)

    async def _written(self, turn: Turn) -> LiveText | None:
        live = await self._live.so_far(turn.id)
        return live if live is not None and live.run_no == turn.run_no else None


def _outcome(attempt: Attempt, outlook: Outlook) -> Composed | None:
    return passive.outcome(
        outlook.turn,
        attempt.account.style,
        names_question=_names_question(attempt, outlook),
        other_unread=outlook.other_unread,
    )


def _names_question(attempt: Attempt, outlook: Outlook) -> bool:
    return not attempt.is_question and outlook.turn.number < outlook.newest_number
