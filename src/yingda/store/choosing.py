"""How a follower chooses who answers. Each function is one transaction's work."""

from yingda.store.entering import enter_reply
from yingda.store.entries import Effect, Entered, NewPush
from yingda.store.preferences import keep_preference
from yingda.store.steps import Steps


def enter_choice(new: NewPush, reply: bytes, provider: str) -> Steps[Entered]:
    """A push that chooses; a repeat changes nothing that was chosen since."""
    entered = yield from enter_reply(new, reply, Effect.NONE)
    if entered.is_new:
        yield from keep_preference(new, provider)
    return entered
