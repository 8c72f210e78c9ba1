"""What an operator is told about one setting: why it cannot be used, and the mend."""

from typing import NamedTuple

from yingda.texts import Sentence


class Advice(NamedTuple):
    """Why a setting cannot be used, and what to do about it; placeholders stand in braces."""

    reason: Sentence
    mend: Sentence
