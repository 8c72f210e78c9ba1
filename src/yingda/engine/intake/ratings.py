"""What followers think of answers: the signs by which they say so.

Pure. Whose answer is meant, and what becomes of it, is others' business.
"""

import re

import msgspec

from yingda.providers.capabilities import Rating

#: Thumbs as a phone's keyboard writes them, in any skin (Unicode, UTS 51), and as WeChat's own
#: panel does: by name or, on older clients, by code. More than one means no more than one.
_SKIN = "[\U0001f3fb-\U0001f3ff\ufe0f]?"
_UP = re.compile(rf"(?:\U0001f44d{_SKIN}|\[(?:强|強|thumbsup)\]|/:strong)+")
_DOWN = re.compile(rf"(?:\U0001f44e{_SKIN}|\[(?:弱|thumbsdown)\]|/:weak)+")


class Rate(msgspec.Struct, frozen=True):
    """Say of the answer with this number, or of the last one shown, that it is good or bad."""

    rating: Rating
    number: int | None = None


def rated_by(word: str) -> Rate | None:
    """What a normalised text says if it is a thumb and nothing else."""
    if _UP.fullmatch(word):
        return Rate(Rating.LIKE)
    return Rate(Rating.DISLIKE) if _DOWN.fullmatch(word) else None
