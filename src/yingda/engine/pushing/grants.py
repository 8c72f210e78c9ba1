"""Which of a follower's actions let an account write to them, how often and for how long.

Pure. Source of the numbers: official page on customer-service messages, "windows and quotas".
"""

from yingda.store.push_base import Grant
from yingda.wechat.base import Message
from yingda.wechat.events import ClickEvent, Event, ScanCodeEvent, ScanEvent, SubscribeEvent

#: A tap on a link that sends a text counts as a message, as far as is known.
_BY_MESSAGE = (5, 48 * 3600.0)
_BY_EVENT = (3, 60.0)
_OPENING = (ClickEvent, ScanCodeEvent, SubscribeEvent, ScanEvent)


def grant_of(account: str, message: Message, received_at: float) -> Grant | None:
    """What this push opens; None for an event that opens nothing."""
    if isinstance(message, Event) and not isinstance(message, _OPENING):
        return None
    count, span_s = _BY_EVENT if isinstance(message, Event) else _BY_MESSAGE
    return Grant(
        account=account,
        openid=message.openid,
        key=message.push_key,
        count=count,
        at=received_at,
        until=received_at + span_s,
    )
