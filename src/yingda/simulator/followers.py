"""What the platform knows of each follower: who follows, who may be written to, what they see.

Knows the windows and quotas of service messages and the typing state (official pages).
Refuses to know tokens, rights and requests; the server API does.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from yingda.clock import Clock
from yingda.simulator.pushes import Sent

#: What an action of the follower opens: messages, and seconds for which they may be sent.
_BY_MESSAGE: Final = (5, 48 * 3600.0)
_BY_EVENT: Final = (3, 60.0)
#: Events that open a window. Taps on buttons of other types, and the follower's place, do not.
_OPENING: Final = frozenset({"click", "scancode_push", "scancode_waitmsg", "subscribe", "scan"})
#: How long ago the follower may have acted for the typing state, and how long it shows.
_TYPING_AFTER_S: Final = 30.0
_TYPING_S: Final = 15.0

OK: Final = 0
UNKNOWN_OPENID: Final = 40003
NOT_FOLLOWING: Final = 43004
BLACKLISTED: Final = 43019
TURNED_OFF: Final = 48002
WINDOW_CLOSED: Final = 45015
QUOTA_USED: Final = 45047
NO_INTERACTION: Final = 45080
TYPING_ALREADY: Final = 45081


class Received(msgspec.Struct, frozen=True):
    """A service message as it came to the phone."""

    #: A text with its markup, or a description of anything else.
    text: str
    #: Unix seconds.
    at_s: float


class _Follower:
    def __init__(self) -> None:
        #: Nobody follows before the platform has seen them.
        self.is_known = False
        self.is_following = False
        #: The error that every message meets, 0 when none does.
        self.refusal = OK
        self.left = 0
        self.until_s = 0.0
        self.acted_at_s = 0.0
        self.typing_until_s = 0.0
        self.received: list[Received] = []
        self.listeners: list[Callable[[Received], None]] = []


class Followers:
    """All followers of one account; time is the platform's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._followers: dict[str, _Follower] = {}

    def saw(self, sent: Sent, openid: str) -> None:
        """The follower sent or did something; a new window replaces the one before."""
        follower = self._followers.setdefault(openid, _Follower())
        event = str(dict(sent.nodes).get("Event", "")).lower() if sent.is_event else ""
        follower.is_known = True
        follower.is_following = event != "unsubscribe"
        now = self._clock.monotonic()
        follower.acted_at_s = now
        if not sent.is_event:
            follower.left, seconds = _BY_MESSAGE
        elif event in _OPENING:
            follower.left, seconds = _BY_EVENT
        else:
            return
        follower.until_s = now + seconds

    def listen(self, openid: str, listener: Callable[[Received], None]) -> None:
        """Have every service message to this follower told."""
        self._followers.setdefault(openid, _Follower()).listeners.append(listener)

    def block(self, openid: str, refusal: int = BLACKLISTED) -> None:
        """Refuse every message with this error: the account's blacklist, or `TURNED_OFF`."""
        self._followers[openid].refusal = refusal

    def unblock(self, openid: str) -> None:
        """Refuse nothing any more."""
        self._followers[openid].refusal = OK

    def received(self, openid: str) -> tuple[Received, ...]:
        """Every service message so far."""
        return tuple(self._followers[openid].received) if openid in self._followers else ()

    def is_typing(self, openid: str) -> bool:
        """Whether the chat shows that somebody is typing."""
        follower = self._followers.get(openid)
        return follower is not None and self._clock.monotonic() < follower.typing_until_s

    def left(self, openid: str) -> int:
        """How many messages may still be sent now."""
        follower = self._followers.get(openid)
        if follower is None or self._clock.monotonic() >= follower.until_s:
            return 0
        return follower.left

    def refusal(self, openid: str) -> int:
        """Why nothing may be sent to this person, 0 when something may."""
        follower = self._followers.get(openid)
        if follower is None or not follower.is_known:
            return UNKNOWN_OPENID
        return follower.refusal if follower.is_following else NOT_FOLLOWING

    def send(self, openid: str, text: str) -> int:
        """Show a service message, and end the typing state; the error's code, or 0."""
        refusal = self.refusal(openid)
        if refusal:
            return refusal
        follower = self._followers[openid]
        if self._clock.monotonic() >= follower.until_s:
            return WINDOW_CLOSED
        if not follower.left:
            return QUOTA_USED
        follower.left -= 1
        follower.typing_until_s = 0.0
        received = Received(text, self._clock.now())
        follower.received.append(received)
        for listener in follower.listeners:
            listener(received)
        return OK

    def show_typing(self, openid: str, *, on: bool) -> int:
        """Show or end the typing state; the error's code, or 0."""
        refusal = self.refusal(openid)
        if refusal:
            return refusal
        follower, now = self._followers[openid], self._clock.monotonic()
        if not on:
            follower.typing_until_s = 0.0
            return OK
        if now - follower.acted_at_s > _TYPING_AFTER_S:
            return NO_INTERACTION
        if now < follower.typing_until_s:
            return TYPING_ALREADY
        follower.typing_until_s = now + _TYPING_S
        return OK
