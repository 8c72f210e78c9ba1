"""Numbers of tokens as foreign servers write them.

Knows that some write text or fractions, and null for nothing. Refuses to guess: what is no whole
number that a run can have is none. Pure.
"""

#: Our choice: a thousand times the longest context; more is a mistake, and spoils sums.
_MOST_TOKENS = 1_000_000_000


def tokens_in(told: object) -> int:
    """The number of tokens that this is; 0 where it is none."""
    if isinstance(told, str):
        text = told.strip()
        told = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    if isinstance(told, float) and told.is_integer():
        told = int(told)
    if not isinstance(told, int) or isinstance(told, bool):
        return 0
    return told if 0 <= told <= _MOST_TOKENS else 0
