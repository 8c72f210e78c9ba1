"""The start of a question, as a reply quotes it.

It knows graphemes and markup that a cut would break; who quotes what is not its business.
"""

import re
from itertools import accumulate

import regex

from yingda.texts import QUESTION_LIMIT_BYTES
from yingda.wechat.limits import size_bytes
from yingda.wechat.xml_text import clean_text

#: How much of a question stands for the whole of it. Design rule: 20 characters.
_QUOTE_CHARS = 20
#: Code points looked at for each of them: a cluster such as a family emoji has up to eleven.
_GRAPHEME_CHARS = 12
_ELLIPSIS = "…"
_GRAPHEME = regex.compile(r"\X")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def quoted(question: str) -> str:
    """The start of a question, on one line and without markup that a cut would break.

    At most `QUESTION_LIMIT_BYTES`: an emoji made of many code points counts as one character, so
    their number alone bounds nothing.
    """
    text = clean_text(question)
    if "<" in text:
        text = _TAG.sub(" ", text).replace("<", "＜")
    line = " ".join(text.split())
    if len(line) <= _QUOTE_CHARS:
        return line
    graphemes = _GRAPHEME.findall(line[: _QUOTE_CHARS * _GRAPHEME_CHARS])
    if len(graphemes) <= _QUOTE_CHARS and size_bytes(line) <= QUESTION_LIMIT_BYTES:
        return line
    room_bytes = QUESTION_LIMIT_BYTES - size_bytes(_ELLIPSIS)
    sizes_bytes = accumulate(map(size_bytes, graphemes[:_QUOTE_CHARS]))
    fitting = sum(size_bytes <= room_bytes for size_bytes in sizes_bytes)
    return "".join(graphemes[:fitting]) + _ELLIPSIS
