"""Blocks of Markdown that are plain enough to be read without the parser.

It knows paragraphs, headings and flat lists whose text holds no mark, and where such a stretch
begins and ends for certain. It refuses to judge anything else: that goes to the parser, and what
is read here equals what the parser would have made of it, which a property test proves.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markdown_it.common.utils import mdTrim

#: Code between fences may hold anything, blank lines and headings included.
_FENCES = ("```", "~~~")
#: A line that starts at the margin with a letter, or with a sign beyond ASCII, is text and starts
#: no other block (CommonMark section 4); a heading's or an item's mark may stand before it. No
#: character in it means anything within a line, and `~~` is the only meaning of `~`.
_LINE = re.compile(
    r"(?:(?P<level>\#{1,6})[ ]+|(?P<bullet>[-*+])[ ]{1,4}"
    r"|(?P<number>[0-9]{1,9})(?P<dot>[.)])[ ]{1,4})?"
    r"(?P<text>(?:[A-Za-z]|[^\x00-\x7f\s])(?:[^\\`*_\[<&$~]++|~(?!~))*+)"
)
#: What begins a list, or goes on with one above the blank line.
_ITEM = re.compile(r"[ \t]*(?:[-+*]|[0-9]{1,9}[.)])(?:[ \t]|\Z)")


class Bare(NamedTuple):
    """A block that was read: the parser's name of its opening, its shown text, and its end."""

    kind: str
    text: str
    #: The line after its last one; of a list, after the blank lines below it too.
    end_line: int


class Marked(NamedTuple):
    """A stretch for the parser: whole lines that no line outside them can change."""

    text: str
    begin_line: int


class _Line(NamedTuple):
    kind: str
    #: What two items of one list have in common.
    mark: str
    number: int
    text: str


def stretches(text: str) -> Iterator[Bare | Marked]:
    """The whole of `text`, whose line ends are line feeds, in order."""
    if any(fence in text for fence in _FENCES):
        yield Marked(text, 0)
        return
    lines = text.split("\n")
    # The parser sees no last line that is blank and not ended.
    line_count = len(lines) if lines[-1].strip(" \t") else len(lines) - 1
    begin = 0
    while begin < line_count:
        end = _end_of_stretch(lines, begin, line_count)
        found = _read(lines, begin, end)
        if found is None:
            is_last = end == line_count
            yield Marked("\n".join(lines[begin:] if is_last else [*lines[begin:end], ""]), begin)
        else:
            yield from found
        begin = end


def _end_of_stretch(lines: Sequence[str], begin: int, line_count: int) -> int:
    """The next line after a blank one that begins a block at the margin."""
    is_after_blank = has_list = False
    for index in range(begin, line_count):
        line = lines[index]
        if not line.strip(" \t"):
            # Blank lines above the first block separate nothing.
            is_after_blank = index > begin
            continue
        is_item = _ITEM.match(line) is not None
        # At the margin nothing but an item goes on with what stood above a blank line.
        if is_after_blank and line[0] not in " \t" and not (is_item and has_list):
            return index
        is_after_blank, has_list = False, has_list or is_item
    return line_count


def _read(lines: Sequence[str], begin: int, end: int) -> list[Bare] | None:
    """The blocks between these lines; None where one of them needs the parser."""
    last = end
    while last > begin and not lines[last - 1].strip(" \t"):
        last -= 1
    taken: list[_Line] = []
    for index in range(begin, last):
        line = _taken(lines[index])
        if line is None:
            return None
        taken.append(line)
    found: list[Bare] = []
    at = 0
    while at < len(taken):
        after = _end_of_run(taken, at)
        # A list takes text below it in, and a list below text may be text.
        if after < len(taken) and not _may_follow(taken[at], taken[after]):
            return None
        is_last_list = after == len(taken) and taken[at].mark
        text = _SHOWN[taken[at].kind](taken[at:after])
        found.append(Bare(taken[at].kind, text, end if is_last_list else begin + after))
        at = after
    return found


def _taken(line: str) -> _Line | None:
    match = _LINE.fullmatch(line)
    if match is None:
        return None
    level, bullet, number, dot, text = match.groups()
    if level:
        text = mdTrim(text)
        # The closing marks of a heading are a matter of their own.
        return None if text.endswith("#") else _Line("heading_open", "", 0, text)
    if bullet:
        return _Line("bullet_list_open", bullet, 0, mdTrim(text))
    if number:
        return _Line("ordered_list_open", dot, int(number), mdTrim(text))
    return _Line("paragraph_open", "", 0, text)


def _end_of_run(taken: Sequence[_Line], begin: int) -> int:
    """The line after the block that begins here."""
    first = taken[begin]
    end = begin + 1
    if first.kind != "heading_open":
        while end < len(taken) and taken[end].kind == first.kind and taken[end].mark == first.mark:
            end += 1
    return end


def _may_follow(block: _Line, following: _Line) -> bool:
    """Whether this line, right below the block, is sure to begin a block of its own."""
    if following.kind == "heading_open" or block.kind == "heading_open":
        return True
    if block.kind != "paragraph_open":
        return False
    return following.kind == "bullet_list_open" or following.number == 1


def _paragraph(lines: Sequence[_Line]) -> str:
    *former, last = (line.text for line in lines)
    # Blanks before a line's end are either nothing or a break, which the end is already.
    return "\n".join([*(text.rstrip(" ") for text in former), mdTrim(last)])


def _heading(lines: Sequence[_Line]) -> str:
    text = lines[0].text
    return text if text.startswith("【") and text.endswith("】") else f"【{text}】"


def _bullets(lines: Sequence[_Line]) -> str:
    return "\n".join(f"• {line.text}" for line in lines)


def _numbers(lines: Sequence[_Line]) -> str:
    shown: list[str] = []
    number = -1
    for line in lines:
        number = max(line.number, number + 1)
        shown.append(f"{number}{line.mark} {line.text}")
    return "\n".join(shown)


_SHOWN = {
    "paragraph_open": _paragraph,
    "heading_open": _heading,
    "bullet_list_open": _bullets,
    "ordered_list_open": _numbers,
}
#: The parser's names of what is read here.
KINDS = tuple(_SHOWN)
