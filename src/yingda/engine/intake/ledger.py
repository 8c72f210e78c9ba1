"""Is this push new, a repeat, or no question at all? Written down before anything else happens.

The one truth about repeats: everything a push does happens inside the store's transaction that
first knows it.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from yingda.clock import Clock
from yingda.engine.accounts.accounts import Account, PictureMode, PushMode
from yingda.engine.accounts.budgeting import allowance_at
from yingda.engine.accounts.sentences import sentence, to_clear
from yingda.engine.inputs.senses import Senses
from yingda.engine.intake.admission import Door, day_began_at, door, listed, refusal_sentence
from yingda.engine.intake.aiming import Aim, aim
from yingda.engine.intake.choosing import Choose, default_of
from yingda.engine.intake.intents import (
    Clear,
    Confirm,
    Forget,
    HoldProbe,
    Ignore,
    Intent,
    Pickup,
    Question,
    Retry,
    Revoke,
    Show,
    Status,
    Stop,
    Told,
    Unfollow,
)
from yingda.engine.intake.keeping import Keep
from yingda.engine.intake.ratings import Rate
from yingda.engine.intake.reception import Reception, Said
from yingda.engine.intake.taking import meaning
from yingda.engine.intake.wishes import Wishes
from yingda.engine.pushing.grants import grant_of
from yingda.engine.waiting.push_age import PushAges
from yingda.store.base import Store
from yingda.store.entries import Effect, Entered, NewPush, NewQuestion, PushKind, Refusal
from yingda.store.push_base import Grant
from yingda.turn.lifecycle import State
from yingda.turn.model import Attachment, FollowerView
from yingda.wechat.base import Message
from yingda.wechat.messages import TextMessage, VoiceMessage
from yingda.wechat.replies import SUCCESS


def _refused(account: Account, message: Message, refusal: Refusal) -> bytes:
    key, values = refusal_sentence(account, refusal)
    return sentence(account, message, key, **values)


def _turned_away(account: Account, message: Message, closed: Door) -> bytes:
    if closed is Door.BLOCKED and not account.is_blocked_told:
        return SUCCESS
    return sentence(account, message, closed.value)


#: Gives the reply that stands, or the turn to wait for.
Entering = Callable[[], Awaitable[Entered]]


class Ledger:
    """Enters pushes."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        ages: PushAges,
        pseudonym_key: bytes,
        reception: Reception,
        *,
        senses: Senses,
        on_due: Callable[[], None],
        max_open_turns: int | None = None,
    ) -> None:
        self._max_open_turns = max_open_turns
        self._store = store
        self._wishes = Wishes(store, on_due)
        self._clock = clock
        self._ages = ages
        self._pseudonym_key = pseudonym_key
        self._reception = reception
        self._senses = senses

    def enter(self, account: Account, message: Message) -> Entering | bytes | HoldProbe:
        """What makes the push durable, with whatever it does, once it is called.

        Clear reply bytes for what needs no record, and a hold probe as it is: it does nothing.
        The call raises StoreError.
        """
        intent = meaning(account, message, self._senses)
        closed = door(account, message, intent)
        if closed is not Door.OPEN:
            return _turned_away(account, message, closed)
        return self._entering(account, message, intent)

    def _entering(
        self, account: Account, message: Message, intent: Intent
    ) -> Entering | bytes | HoldProbe:
        if isinstance(intent, Choose) and not account.models:
            intent = Told("help")
        match intent:
            case Question() as question:
                return partial(self._question, account, message, question)
            case Keep(picture):
                return partial(self._keep, account, message, picture)
            case Pickup() as pickup:
                return partial(self._pickup, account, message, pickup)
            case Clear():
                reply = sentence(account, message, "cleared")
                return partial(self._effect, account, message, reply, Effect.CLEAR)
            case Told() | Show():
                return self._said(account, message, intent)
            case HoldProbe() as probe:
                return probe
            case Ignore():
                return SUCCESS
            case _:
                return partial(self._wish, account, message, intent)

    async def _wish(
        self,
        account: Account,
        message: Message,
        intent: Stop | Retry | Rate | Status | Choose | Forget | Confirm | Unfollow | Revoke,
    ) -> Entered:
        asks = isinstance(intent, Retry)
        push = self._new_push(account, message, PushKind.QUESTION if asks else PushKind.OTHER)
        question = self._new_question(account, message, Question(""), push.received_at)
        entered = await self._wishes.enter(account, message, push, intent, question)
        if entered is None:
            return await self._unconfirmed(account, message)
        return self._learnt(push, entered)

    async def _unconfirmed(self, account: Account, message: Message) -> Entered:
        """A confirming word with nothing to confirm: a text like any other, of who may write."""
        closed = listed(account, message)
        if closed is not Door.OPEN:
            reply = _turned_away(account, message, closed)
            return await self._effect(account, message, reply, Effect.NONE)
        intent = meaning(account, message, self._senses, confirms=False)
        meant = self._entering(account, message, intent)
        assert not isinstance(meant, HoldProbe), "no text is one"
        if isinstance(meant, bytes):
            return await self._effect(account, message, meant, Effect.NONE)
        return await meant()

    def _said(self, account: Account, message: Message, intent: Told | Show) -> Entering | bytes:
        said = self._said_of(account, intent)
        reply = to_clear(message, said.reply, message.created_at_s)
        if said.is_lasting:
            return reply
        return partial(self._effect, account, message, reply, Effect.NONE)

    def _said_of(self, account: Account, intent: Told | Show) -> Said:
        if isinstance(intent, Told):
            return self._reception.told(account, intent.key)
        return self._reception.shown(account, intent.action, is_welcome=intent.is_welcome)

    async def _question(self, account: Account, message: Message, asked: Question) -> Entered:
        push = self._new_push(account, message, PushKind.QUESTION)
        question = self._new_question(account, message, asked, push.received_at)
        # Words that a follower chose may be about a picture; a button's are about something else.
        if isinstance(message, TextMessage | VoiceMessage) and self._waits(account):
            since = push.received_at - account.picture_wait_s
            question = msgspec.structs.replace(question, pictures_since=since)
        return self._learnt(push, await self._store.enter_question(push, question))

    def _waits(self, account: Account) -> bool:
        return account.pictures is PictureMode.WAIT and self._senses.sees(account)

    async def _keep(self, account: Account, message: Message, picture: Attachment) -> Entered:
        push = self._new_push(account, message, PushKind.OTHER)
        minutes = round(account.picture_wait_s / 60)
        entered = await self._store.enter_picture(
            push,
            picture,
            since=push.received_at - account.picture_wait_s,
            reply=lambda count: sentence(
                account, message, "picture_kept", count=count, minutes=minutes
            ),
        )
        return self._learnt(push, entered)

    def _new_question(
        self, account: Account, message: Message, asked: Question, at: float
    ) -> NewQuestion:
        has_quota = account.daily_questions is not None
        user = self._pseudonym(account, message)
        return NewQuestion(
            text=asked.text,
            form=asked.form,
            user=user,
            provider=asked.provider or default_of(account, user),
            choices=frozenset() if asked.provider else frozenset(account.models.values()),
            attachment=asked.attachment,
            queue_limit=account.queue_limit,
            idle_s=account.idle_s,
            refuse=partial(_refused, account, message),
            max_open_turns=self._max_open_turns,
            rate_per_minute=account.rate_per_minute,
            daily_questions=account.daily_questions,
            day_began_at=day_began_at(at, account.time_zone) if has_quota else 0.0,
            allowance=allowance_at(at, account.budget, account.time_zone),
        )

    async def _pickup(self, account: Account, message: Message, pickup: Pickup) -> Entered:
        known = await self._store.repeat(account.name, message.openid, message.push_key)
        if known is not None:
            return known
        view = await self._store.follower(account.name, message.openid)
        target = await self._aim(account, message, pickup, view)
        if target is None:
            if view.last is None or pickup.number is not None:
                # An answer may come before a repeat does, and repeats get the same reply.
                reply = sentence(account, message, "nothing_yet")
                return await self._effect(account, message, reply, Effect.NONE)
            return await self._question(account, message, Question(pickup.text))
        kind = PushKind.AGAIN if target.is_again else PushKind.PICKUP
        push = self._new_push(account, message, kind)
        return self._learnt(push, await self._store.enter_pickup(push, target.turn.id))

    async def _aim(
        self, account: Account, message: Message, pickup: Pickup, view: FollowerView
    ) -> Aim | None:
        if pickup.number is not None and view.find(pickup.number) is None:
            named = await self._store.numbered_turn(account.name, message.openid, pickup.number)
            if named is not None and named.state is State.CANCELLED:
                return Aim(named)
            if named is not None and named.has_something_to_show:
                return Aim(named, is_again=not named.is_unread)
            if named is None and pickup.number < view.newest_number:
                # Numbers are given without a gap: it was erased. Its links lead to nothing new.
                return None
        return aim(pickup, view, account.style.pickup_word)

    async def _effect(
        self, account: Account, message: Message, reply: bytes, effect: Effect
    ) -> Entered:
        push = self._new_push(account, message, PushKind.OTHER)
        return self._learnt(push, await self._store.enter_reply(push, reply, effect))

    def _new_push(self, account: Account, message: Message, kind: PushKind) -> NewPush:
        return NewPush(
            account=account.name,
            openid=message.openid,
            key=message.push_key,
            kind=kind,
            created_at=float(message.created_at_s),
            received_at=self._clock.now(),
            grant=self._grant_of(account, message),
        )

    def _grant_of(self, account: Account, message: Message) -> Grant | None:
        if account.push_mode is PushMode.PASSIVE:
            return None
        return grant_of(account.name, message, self._clock.now())

    def _learnt(self, push: NewPush, entered: Entered) -> Entered:
        if entered.is_new:
            self._ages.learn(push.account, push.created_at, push.received_at)
        return entered

    def _pseudonym(self, account: Account, message: Message) -> str:
        # The name has no NUL, so that no two pairs read alike.
        identity = f"{account.name}\0{message.openid}".encode()
        return "wx-" + hmac.new(self._pseudonym_key, identity, hashlib.sha256).hexdigest()[:32]
