"""Patterns that an operator writes, matched in time linear in the text.

Knows one engine, RE2, which has neither look-around nor back references and so cannot be made to
hang by what a follower sends. Refuses to know what a match is for.
"""

import unicodedata

import re2

_OPTIONS = re2.Options()
_OPTIONS.case_sensitive = False
# RE2 would write the operator's pattern to standard error.
_OPTIONS.log_errors = False


class PatternInvalid(ValueError):
    """It is no pattern, or one that needs what a linear-time engine does not have."""


class Pattern:
    """One pattern; it may match anywhere, whatever the case.

    Full-width forms are folded (NFKC) and blanks at both ends left out before it looks. Raises
    PatternInvalid.
    """

    def __init__(self, pattern: str) -> None:
        try:
            self._compiled = re2.compile(pattern, _OPTIONS)
        except re2.error as error:
            # The library's message holds the pattern.
            raise PatternInvalid("RE2 does not take this pattern") from error

    def matches(self, text: str) -> bool:
        """Whether it is found in a text that `folded` made."""
        return self._compiled.search(text) is not None


def folded(text: str) -> str:
    """A text as patterns see it."""
    return unicodedata.normalize("NFKC", text).strip()
