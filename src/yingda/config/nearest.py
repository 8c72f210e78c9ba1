"""Which known key was most likely meant by one that is not known."""

from collections.abc import Iterator
from difflib import get_close_matches


def closest(key: str, known: Iterator[str] | tuple[str, ...]) -> str:
    """The known key that was most likely meant; all of them when none is near."""
    candidates = sorted(known)
    # A cut of 0.6 is difflib's own default: one or two slips of the hand.
    near = get_close_matches(key, candidates, n=1)
    return near[0] if near else ", ".join(candidates)
