"""What followers ask of the gateway besides answers: stop, ask again, rate, tell, erase.

Words the replies, and has the store do the deed in the push's own transaction.
"""

import secrets
from collections.abc import Callable
from functools import partial

import structlog

from yingda.delivery.links import command_link, sending_link
from yingda.delivery.model_list import model_list
from yingda.delivery.status import status
from yingda.delivery.style import retry_link, tap_link
from yingda.engine.accounts.accounts import Account
from yingda.engine.accounts.sentences import sentence, text_reply
from yingda.engine.intake.choosing import Choose, offered, shown_name
from yingda.engine.intake.intents import Confirm, Forget, Retry, Revoke, Status, Stop, Unfollow
from yingda.engine.intake.numbered import FORGET_CODE_DIGITS
from yingda.engine.intake.ratings import Rate
from yingda.providers.capabilities import Rating
from yingda.store.base import Store
from yingda.store.entries import Effect, Entered, NewPush, NewQuestion
from yingda.store.reaction_base import NewRating
from yingda.store.wishes import Confirmation, NewErasure, NewForgetting, NewRetry
from yingda.texts import Language
from yingda.turn.model import Turn
from yingda.wechat.base import Message
from yingda.wechat.links import label_text
from yingda.wechat.replies import SUCCESS
from yingda.words import Command

_log = structlog.get_logger()

Wish = Stop | Retry | Rate | Status | Choose | Forget | Confirm | Unfollow | Revoke

#: How long an erasure may be confirmed. Our choice: time to read and to think, not to forget.
CONFIRM_WITHIN_S = 300.0
_HOUR_S = 3600.0
#: One of `CONFIRMING_WORDS`.
_CONFIRMING_WORD = {Language.CHINESE: "确认", Language.ENGLISH: "confirm"}


class Wishes:
    """Enters the pushes that carry a wish."""

    def __init__(self, store: Store, on_due: Callable[[], None]) -> None:
        self._store = store
        #: Told when something has become due that nobody waits for.
        self._on_due = on_due

    async def enter(
        self, account: Account, message: Message, push: NewPush, wish: Wish, question: NewQuestion
    ) -> Entered | None:
        """Make the push durable, with what it does; a retry asks by `question`.

        None for a confirming word that has nothing to confirm: that means something else.
        """
        say = partial(sentence, account, message)
        match wish:
            case Stop():
                return await self._store.enter_stop(push, partial(_stopped, account, message))
            case Retry(number):
                retry = NewRetry(
                    number=number,
                    nothing=say("nothing_to_retry"),
                    pending=lambda turn: say("still_pending", link=tap_link(account.style, turn)),
                    routed=account.duties.providers - offered(account),
                )
                return await self._store.enter_retry(push, question, retry)
            case Rate():
                return await self._rate(account, message, push, wish)
            case Status():
                view = await self._store.follower(push.account, push.openid)
                text = status(view, account.style, now_s=push.received_at)
                reply = text_reply(message, text, message.created_at_s)
                return await self._store.enter_reply(push, reply, Effect.NONE)
            case Choose(name):
                return await self._choose(account, message, push, name, question.provider)
            case Forget():
                return await self._store.enter_forgetting(push, _forgetting(account, message, push))
            case Confirm(code=code):
                confirmation = Confirmation(
                    code=code, done=say("forgotten"), nothing=say("nothing_to_confirm")
                )
                entered = await self._store.enter_confirmation(push, confirmation)
                if entered is not None:
                    self._on_due()
                return entered
            case Unfollow() | Revoke():
                return await self._erase(push, _erasure(account, push, wish))

    async def _choose(
        self, account: Account, message: Message, push: NewPush, name: str | None, default: str
    ) -> Entered:
        if name is not None:
            reply = sentence(account, message, "model_chosen", model=label_text(name))
            return await self._store.enter_choice(push, reply, account.models[name])
        chosen = await self._store.preference(push.account, push.openid)
        present = chosen if chosen and chosen in account.models.values() else default
        text = model_list(
            tuple(account.models),
            shown_name(account.models, present),
            account.style.texts,
            account.shown_words.get(Command.MODEL),
        )
        reply = text_reply(message, text, message.created_at_s)
        return await self._store.enter_reply(push, reply, Effect.NONE)

    async def _rate(self, account: Account, message: Message, push: NewPush, rate: Rate) -> Entered:
        entered = await self._store.enter_rating(push, _rating(account, message, rate))
        if entered.is_new and entered.turn is not None:
            _log.info(
                "answer_rated",
                turn=entered.turn.id,
                account=account.name,
                provider=entered.turn.provider,
                rating=rate.rating.value,
            )
            self._on_due()
        return entered

    async def _erase(self, push: NewPush, erasure: NewErasure) -> Entered:
        entered = await self._store.enter_erasure(push, SUCCESS, erasure)
        self._on_due()
        return entered


def _stopped(account: Account, message: Message, stopped: tuple[Turn, ...]) -> bytes:
    if not stopped:
        return sentence(account, message, "nothing_to_stop")
    is_midway = any(turn.parts_offered for turn in stopped)
    key = "stopped_midway" if is_midway else "stopped"
    return sentence(account, message, key, count=len(stopped))


def _erasure(account: Account, push: NewPush, wish: Unfollow | Revoke) -> NewErasure:
    if isinstance(wish, Revoke):
        return NewErasure(openid=wish.openid, due_at=push.received_at)
    due_at = push.received_at + account.erase_after_unsubscribe_h * _HOUR_S
    return NewErasure(openid=push.openid, due_at=due_at)


def _rating(account: Account, message: Message, rate: Rate) -> NewRating:
    def reply(turn: Turn) -> bytes:
        key = "rated_like" if rate.rating is Rating.LIKE else "rated_dislike"
        return sentence(account, message, key, retry=retry_link(account.style, turn))

    return NewRating(
        rating=rate.rating,
        number=rate.number,
        reply=reply,
        nothing=sentence(account, message, "nothing_to_rate"),
    )


def _forgetting(account: Account, message: Message, push: NewPush) -> NewForgetting:
    def reply(code: str) -> bytes:
        texts = account.style.texts
        label = texts.say("forget_label")
        link = command_link(account.shown_words.get(Command.FORGET), f" {code}", label)
        if link == label:
            # A rule or a button asked, and no word can carry the code: the bare word will do.
            link = sending_link(_CONFIRMING_WORD[texts.language], label)
        minutes = round(CONFIRM_WITHIN_S / 60)
        return sentence(account, message, "forget_confirm", confirm=link, minutes=minutes)

    return NewForgetting(
        code=str(secrets.randbelow(10**FORGET_CODE_DIGITS)).zfill(FORGET_CODE_DIGITS),
        expires_at=push.received_at + CONFIRM_WITHIN_S,
        reply=reply,
    )
