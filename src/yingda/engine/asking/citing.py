"""Names the documents that an answer leans on, at the end of its text.

Pure. The list is Markdown and a part of the answer like any other: stored, split and counted with
it. Whether a provider tells its documents at all is its own setting.
"""

import re
from collections.abc import Sequence

import msgspec

from yingda.delivery.plain import blocks
from yingda.providers.base import Source
from yingda.store.runs import Outcome
from yingda.texts import Texts

#: Our choice: more of them push the answer off the screen, and the first weigh most.
SOURCES_LIMIT = 5
#: Our choice: a title is one line of a short list.
_TITLE_LIMIT_CHARS = 80
#: Brackets would begin a link, and escaped ones a formula.
_BRACKETS = str.maketrans("[]", "［］")
#: What might mean something at the start of a line or within it; any ASCII mark may be escaped
#: (CommonMark, section 2.4).
_MARK = re.compile(r"([\\`*_~<>$|&!#.+=-])")
#: What ends an address between angle brackets (CommonMark, section 6.3), or the line.
_ENDS_ADDRESS = re.compile(r"[<>\\\s]")
#: What parts the list from the answer; the others close a block that the answer left open.
_SEPARATORS = ("\n\n", "\n```\n\n", "\n~~~\n\n")


def cited(outcome: Outcome, sources: Sequence[Source], texts: Texts) -> Outcome:
    """The outcome with its sources named; as it is where there are none, or it failed."""
    if outcome.failure is not None or not sources:
        return outcome
    lines = [texts.say("sources_head")]
    lines += (f"{n}. {_line(source)}" for n, source in enumerate(sources[:SOURCES_LIMIT], 1))
    answer = outcome.answer.rstrip()
    return msgspec.structs.replace(outcome, answer=_joined(answer, "\n".join(lines)))


def _line(source: Source) -> str:
    title = " ".join(source.title.split())[:_TITLE_LIMIT_CHARS].translate(_BRACKETS)
    title = _MARK.sub(r"\\\1", title)
    if not source.url or _ENDS_ADDRESS.search(source.url):
        return title
    return f"[{title}](<{source.url}>)"


def _joined(answer: str, listed: str) -> str:
    own = tuple(block.text for block in blocks(answer))
    for separator in _SEPARATORS:
        joined = f"{answer}{separator}{listed}"
        shown = tuple(block.text for block in blocks(joined))
        if shown[: len(own)] == own and len(shown) > len(own):
            return joined
    # Whatever the answer left open, nothing of it is lost.
    return f"{answer}\n\n{listed}"
