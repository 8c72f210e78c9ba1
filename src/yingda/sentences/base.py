"""What a sentence is: the same words in every language."""

from enum import StrEnum
from typing import NamedTuple


class Language(StrEnum):
    """The languages that every sentence exists in."""

    CHINESE = "zh"
    ENGLISH = "en"


class Sentence(NamedTuple):
    """One sentence in both languages."""

    zh: str
    en: str

    def within(self, language: Language) -> str:
        """The sentence in this language."""
        return self.zh if language is Language.CHINESE else self.en

    def filled(self, **values: object) -> "Sentence":
        """The sentence with its placeholders filled in."""
        return Sentence(self.zh.format(**values), self.en.format(**values))
