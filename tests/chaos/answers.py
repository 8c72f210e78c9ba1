"""Answers of which every paragraph names its follower, question, run and place.

So whoever reads a bubble can tell whose it is, whether it is whole, and what follows next.
"""

import re

import msgspec

_PARAGRAPH = re.compile(r"〔(?P<question>[^〔〕]+)·(?P<run>\d+)·(?P<place>\d+)/(?P<count>\d+)〕")
#: Bytes of a paragraph's filling; some five of them fit a part of 1800 bytes.
_FILLING_CHARS = 100


class Paragraph(msgspec.Struct, frozen=True):
    """One paragraph of the answer of one run; places count from 1."""

    question: str
    run: int
    place: int
    count: int

    @property
    def text(self) -> str:
        """It in full."""
        filling = chr(0x4E00 + self.place) * _FILLING_CHARS
        return f"〔{self.question}·{self.run}·{self.place}/{self.count}〕{filling}。"


def answer(question: str, run: int, count: int, of: int | None = None) -> str:
    """The whole answer of one run, in `count` paragraphs; `of` so many, only its beginning."""
    places, count = range(1, count + 1), of or count
    return "\n\n".join([Paragraph(question, run, place, count).text for place in places])


def read_paragraph(text: str) -> Paragraph | None:
    """The paragraph that `text` is in full; None when it is anything else."""
    match = _PARAGRAPH.match(text)
    if match is None:
        return None
    numbers = int(match["run"]), int(match["place"]), int(match["count"])
    found = Paragraph(match["question"], *numbers)
    return found if found.text == text else None
