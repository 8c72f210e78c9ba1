"""What followers wish for besides answers, and what becomes of an erasure, as the store takes it.

Values of the store seam; its operations on them stand in `base`.
"""

from collections.abc import Callable

import msgspec

from yingda.turn.model import Turn


class NewRetry(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to ask an earlier question once more."""

    #: The question's number; None is the last one.
    number: int | None
    #: The reply when there is no such question.
    nothing: bytes
    #: Writes the reply that says it is being answered already, from the turn that does.
    pending: Callable[[Turn], bytes]
    #: Providers that only a rule or a button asks: a question to one of these goes there again.
    routed: frozenset[str] = frozenset()


class NewErasure(msgspec.Struct, frozen=True, kw_only=True):
    """Whose texts are to be erased, up to now, and from when on."""

    openid: str
    due_at: float


class NewForgetting(msgspec.Struct, frozen=True, kw_only=True):
    """A wish to have everything erased, which must be confirmed."""

    #: Confirms it, unless an earlier wish is open: then that one's code stays.
    code: str
    expires_at: float
    #: Writes the reply that asks for the confirmation, from the code.
    reply: Callable[[str], bytes]


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to such a wish."""

    #: None when a word confirms it, not the code.
    code: str | None
    done: bytes
    #: The reply when there is nothing to confirm.
    nothing: bytes


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What one step of an erasure did."""

    erasure_id: int
    account: str
    turns: int
    #: Nothing of it is left to be done here.
    is_done: bool


class ProviderDeletion(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation that is to be deleted at its provider."""

    id: int
    provider: str
    user: str
    provider_conversation_id: str
    #: How often it was taken on, this time included.
    tries: int
