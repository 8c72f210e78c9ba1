"""Markdown as models write it → what is worth hearing of it. Pure.

Knows what nobody wants read aloud: code, addresses, pictures, marks. Refuses to know voices and
limits of files.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from yingda.delivery.grammar import URL_REST, build_parser
from yingda.delivery.layout import take_task_marks

_PARSER = build_parser()
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,31}" + URL_REST.pattern, re.ASCII)
_BLANKS = re.compile(r"[^\S\n]+")
#: Where a text may end so that it sounds like an end.
_ENDS = re.compile(r"[。！？；…!?;\n]|\.(?=\s)")
_CLOSERS = "”’」』）】〉》\"')]"
#: Characters of Markdown for each that is read. Our choice: code and addresses are long.
_SOURCE_SHARE = 10
#: Brackets that are left empty when the address in them is gone.
_EMPTY = re.compile(r"[(（\[【<《]\s*[)）\]】>》]")


def spoken(answer: str, limit_chars: int) -> str:
    """What of the answer is read aloud: whole sentences within the limit; "" when nothing is.

    A longer text ends after its last whole sentence that fits, in the middle of one only when
    none does.
    """
    source = _beginning(answer.replace("\r\n", "\n").replace("\r", "\n"), limit_chars)
    tokens: list[Token] = []
    _PARSER.block.parse(source, _PARSER, {}, tokens)
    take_task_marks(tokens)
    lines = [line for token in tokens if token.type == "inline" for line in _lines(token)]
    text = _cut("\n".join(lines), limit_chars)
    return text if any(char.isalnum() for char in text) else ""


def _beginning(source: str, limit_chars: int) -> str:
    """As many whole lines as surely hold what is read, so that no answer costs more."""
    most = limit_chars * _SOURCE_SHARE
    if len(source) <= most:
        return source
    end = source.rfind("\n", 0, most)
    return source[:end] if end >= 0 else source


def _lines(inline: Token) -> Iterator[str]:
    children: list[Token] = []
    _PARSER.inline.parse(inline.content, _PARSER, {}, children)
    text = _EMPTY.sub("", _URL.sub("", "".join(_words(children))))
    for line in text.split("\n"):
        if words := _BLANKS.sub(" ", line).strip():
            yield words


def _words(children: Sequence[Token]) -> Iterator[str]:
    for token in children:
        match token.type:
            case "text" | "text_special" | "code_inline":
                # A name in code marks is a word of its sentence; a block of code is none.
                yield token.content
            case "softbreak" | "hardbreak":
                yield "\n"
            case _:
                continue


def _cut(text: str, limit_chars: int) -> str:
    if len(text) <= limit_chars:
        return text
    ends = [match.end() for match in _ENDS.finditer(text, 0, limit_chars)]
    at = ends[-1] if ends else limit_chars
    while at < limit_chars and text[at] in _CLOSERS:
        at += 1
    return text[:at].rstrip()
