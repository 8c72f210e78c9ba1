"""Who is to answer a follower: by the account's shares, and by what the follower asks for.

Pure. What a follower chose before is kept by the store, which reads it in the transaction that
enters a question.
"""

import hashlib
import math
from collections.abc import Mapping

import msgspec

from yingda.engine.accounts.accounts import Account
from yingda.words import Command, normalised


class Choose(msgspec.Struct, frozen=True):
    """Be answered by the model of this shown name; None asks which there are."""

    name: str | None = None


def choice(word: str, words: Mapping[str, Command], models: Mapping[str, str]) -> Choose | None:
    """The choice that a normalised text is: a word of the command, and a model's name behind it.

    A word that looks like no command may begin a question: then only a known name makes it one.
    """
    if not models:
        return None
    for own, command in words.items():
        if command is Command.MODEL and word.startswith(own):
            named = word[len(own) :]
            known = next((name for name in models if normalised(name) == named), None)
            if known is not None or own.startswith("/"):
                return Choose(known)
    return None


def default_of(account: Account, user: str) -> str:
    """The provider that answers this follower as long as they choose none."""
    return share_of(account.split, user) if account.split else account.provider


def share_of(split: Mapping[str, int], user: str) -> str:
    """The provider whose share this follower belongs to; `user` is their pseudonym, a keyed hash.

    The winner of a race, where each provider's time is exponential with its share as the rate: so
    it wins as often as its share says, and whoever's share grows wins some and loses none.
    """
    return min((name for name in split if split[name]), key=lambda name: _time(name, user, split))


def _time(name: str, user: str, split: Mapping[str, int]) -> float:
    # Neither has a NUL, so that no two pairs read alike.
    digest = hashlib.sha256(f"{user}\0{name}".encode()).digest()
    # Of (0, 1), with as many bits as a float has.
    even = (int.from_bytes(digest[:8]) >> 11) + 0.5
    return -math.log(even / 2.0**53) / split[name]


def offered(account: Account) -> frozenset[str]:
    """The providers that answer a follower's own questions, by their choice or without one."""
    return frozenset({account.provider, *account.models.values(), *account.split})


def shown_name(models: Mapping[str, str], provider: str) -> str | None:
    """The name that followers know this provider by; None when they know none."""
    return next((name for name, own in models.items() if own == provider), None)
