"""What a bubble says: paragraphs of answers, and the gateway's own sentences. Nothing else may.

Knows the sentences by their keys; who may be shown which paragraph is for the auditor.
"""

import re
from collections.abc import Iterable

import msgspec

from chaos.answers import Paragraph, read_paragraph
from yingda.texts import SENTENCES

#: Sentences that tell of more to fetch.
_COME_AGAIN = {
    "waiting",
    "waiting_queued",
    "waiting_in_line",
    "waiting_thinking",
    "waiting_writing",
    "more",
    "more_coming",
    "unread_answer",
    "unconfirmed",
}
#: Sentences that say that a question may not have been taken.
_SEND_AGAIN = {"unconfirmed", "failed_internal"}

_CONTENT = re.compile(rb"<Content><!\[CDATA\[(.*?)\]\]></Content>", re.DOTALL)


class Bubble(msgspec.Struct, frozen=True):
    """A bubble, read."""

    paragraphs: tuple[Paragraph, ...]
    #: Keys of the sentences around them.
    sentences: frozenset[str]
    #: What is neither.
    strange: tuple[str, ...]

    @property
    def is_again(self) -> bool:
        """An answer that was read already is shown from its start."""
        return "again" in self.sentences

    @property
    def asks_to_send_again(self) -> bool:
        """What was sent may be lost."""
        return bool(self.sentences & _SEND_AGAIN)

    @property
    def asks_to_come_again(self) -> bool:
        """There is more to fetch."""
        return bool(self.sentences & _COME_AGAIN)


def bubble_of(reply: bytes) -> Bubble | None:
    """The bubble of a passive reply in clear; None when it shows none."""
    match = _CONTENT.search(reply)
    return read_bubble(match[1].decode()) if match else None


def read_bubble(text: str) -> Bubble:
    """Take a bubble apart."""
    paragraphs: list[Paragraph] = []
    sentences: set[str] = set()
    strange: list[str] = []
    for piece in _pieces(text, sentences):
        if paragraph := read_paragraph(piece):
            paragraphs.append(paragraph)
        elif key := _key_of(piece):
            sentences.add(key)
        else:
            strange.append(piece)
    return Bubble(tuple(paragraphs), frozenset(sentences), tuple(strange))


def _pieces(text: str, sentences: set[str]) -> Iterable[str]:
    head = _AGAIN.match(text)
    if head is not None:
        sentences.add("again")
        text = text[head.end() :]
    if _key_of(text):
        return [text]
    return text.split("\n\n")


def _key_of(piece: str) -> str | None:
    return next((key for key, pattern in _PATTERNS.items() if pattern.fullmatch(piece)), None)


def _pattern(template: str) -> re.Pattern[str]:
    # Placeholders hold anything but a line's end.
    return re.compile(re.sub(r"\\\{[a-z]+\\\}", ".*", re.escape(template)))


_AGAIN = _pattern(SENTENCES["again"].zh)


def _looseness(key: str, template: str) -> tuple[bool, bool]:
    return key == "quote", "{" in template


#: The first that fits counts: a number in brackets may be any words in brackets, and a quote any
#: line at all, so they come last.
_PATTERNS = {
    key: _pattern(sentence.zh)
    for key, sentence in sorted(SENTENCES.items(), key=lambda item: _looseness(item[0], item[1].zh))
    if key not in {"again", "pickup_label"}
}
