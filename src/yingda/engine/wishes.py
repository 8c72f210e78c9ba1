"""What followers ask of the gateway besides answers: stop, ask again, tell, erase.

Words the replies, and has the store do the deed in the push's own transaction.
"""

import secrets
from collections.abc import Callable
from functools import partial

from yingda.delivery.links import command_link, sending_link
from yingda.delivery.model_list import model_list
from yingda.delivery.status import status
from yingda.delivery.style import tap_link
from yingda.engine.accounts import Account
from yingda.engine.choosing import Choose, offered, shown_name
from yingda.engine.commands import (
    FORGET_CODE_DIGITS,
    Confirm,
    Forget,
    Retry,
    Revoke,
    Status,
    Stop,
    Unfollow,
)
from yingda.engine.sentences import sentence, text_reply
from yingda.store.base import Store
from yingda.store.entries import Effect, Entered, NewPush, NewQuestion
from yingda.store.wishes import Confirmation, NewErasure, NewForgetting, NewRetry
from yingda.texts import Language
from yingda.turn.model import Turn
from yingda.wechat.base import Message
from yingda.wechat.links import label_text
from yingda.wechat.replies import SUCCESS
from yingda.words import Command

Wish = Stop | Retry | Status | Choose | Forget | Confirm | Unfollow | Revoke

#: How long an erasure may be confirmed. Our choice: time to read and to think, not to forget.
CONFIRM_WITHIN_S = 300.0
_HOUR_S = 3600.0
#: One of `CONFIRMING_WORDS`.
_CONFIRMING_WORD = {Language.CHINESE: "确认", Language.ENGLISH: "confirm"}


class Wishes:
    """Enters the pushes that carry a wish."""

    def __init__(self, store: Store, on_erasure: Callable[[], None]) -> None:
        self._store = store
        self._on_erasure = on_erasure

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
                    self._on_erasure()
                return entered
            case Unfollow():
                due_at = push.received_at + account.erase_after_unsubscribe_h * _HOUR_S
                return await self._erase(push, NewErasure(openid=push.openid, due_at=due_at))
            case Revoke(openid):
                return await self._erase(push, NewErasure(openid=openid, due_at=push.received_at))

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

    async def _erase(self, push: NewPush, erasure: NewErasure) -> Entered:
        entered = await self._store.enter_erasure(push, SUCCESS, erasure)
        self._on_erasure()
        return entered


def _stopped(account: Account, message: Message, stopped: tuple[Turn, ...]) -> bytes:
    if not stopped:
        return sentence(account, message, "nothing_to_stop")
    is_midway = any(turn.parts_offered for turn in stopped)
    key = "stopped_midway" if is_midway else "stopped"
    return sentence(account, message, key, count=len(stopped))


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
