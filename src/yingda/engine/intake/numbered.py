"""Words that carry a number behind them: a question's, as links send it, or a code.

Pure. Knows how the two are told apart from a word alone, and no command.
"""

import re
from typing import NamedTuple

#: Digits of the code that confirms an erasure. Our choice: short to type, and not hit by chance.
FORGET_CODE_DIGITS = 6
#: A question's number behind its sign, as in the links of failures.
_NUMBERED = re.compile(r"(?P<word>.+)#(?P<number>[0-9]{1,9})")
#: The code may be typed with or without the blank before it.
_CODED = re.compile(rf"(?P<word>.+?)#?(?P<code>[0-9]{{{FORGET_CODE_DIGITS}}})")


class Numbered(NamedTuple):
    """A word, and the number of a question."""

    word: str
    number: int


class Coded(NamedTuple):
    """A word, and a code."""

    word: str
    code: str


def numbered(word: str) -> Numbered | None:
    """A normalised word with a question's number; None when there is none."""
    found = _NUMBERED.fullmatch(word)
    return None if found is None else Numbered(found["word"], int(found["number"]))


def coded(word: str) -> Coded | None:
    """A normalised word with a code; None when there is none."""
    found = _CODED.fullmatch(word)
    return None if found is None else Coded(found["word"], found["code"])
