"""Markdown as models write it → the plain text that WeChat shows.

It knows what a block looks like on a phone and which blocks later text can no longer change. It
does not know of parts, limits or the way a text is sent, and adds no link that a tap would send.

heading `【标题】`; bold, emphasis, strikethrough: the text alone; lists `• ` and `1. `, a deeper
level one full-width space further in; tasks `☐`/`☑`; quote `│ `; table `名：值` lines; code
verbatim, its language left out; link `text: url`; image `[图片] alt: url`; rule `———`; LaTeX and
HTML tags as written, but for `<br>` (a new line) and `<a href>` (as a link).
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import msgspec
from markdown_it.token import Token

from yingda.delivery.bare import KINDS, Bare, stretches
from yingda.delivery.grammar import URL_REST, URL_TRAILERS, build_parser
from yingda.delivery.inline import Line
from yingda.delivery.layout import block_lines, siblings, take_task_marks

#: Stands between two blocks.
SEPARATOR = "\n\n"

_PARSER = build_parser()
_LINE_END = re.compile(r"\r\n|\n|\r")
_URL = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,31}" + URL_REST.pattern, re.ASCII)
#: What WeChat might read as the start or end of a link, once tags and entities are decoded or
#: when it stands in code. Reference section 9: `<a>` is the only markup it knows.
_LIVE_ANCHOR = re.compile(r"<(?=\s*/?\s*[aA]\b)")
#: U+2060 has no width and no meaning: the tag reads as written and is none. Our choice, because
#: a look-alike bracket would show, and a space would change the code.
_WORD_JOINER = "\u2060"
#: Blocks that a line after them, even a blank one, ends for good. A list and indented code go on
#: after blank lines (CommonMark sections 4.4, 5.3), so they wait for the next block.
_ENDED_BY_ANY_LINE = frozenset(
    {"paragraph_open", "heading_open", "hr", "fence", "table_open", "blockquote_open"}
)
#: One for each kind of block that is read without the parser.
_OPENINGS = {kind: (Token(kind, "", 1),) for kind in KINDS}


class Block(msgspec.Struct, frozen=True):
    r"""One top-level block, rendered.

    `source_end` counts the characters of the source as given, a `\r\n` as two, up to the end of
    the block's last line (for a list the blank lines after it too). `atoms` are spans of `text`,
    in order and disjoint, that must not be cut: addresses and code spans.
    """

    text: str
    source_end: int
    atoms: tuple[tuple[int, int], ...]


class _Node(NamedTuple):
    tokens: Sequence[Token]
    end_line: int
    #: The shown text of a block that was read without the parser; its only token tells its kind.
    bare_text: str | None = None


class _Source(NamedTuple):
    """The text with every line end a line feed, and where each line starts in the original."""

    text: str
    line_starts: list[int]


def _read(source: str) -> _Source:
    starts = [0, *(match.end() for match in _LINE_END.finditer(source))]
    if starts[-1] < len(source):
        starts.append(len(source))
    return _Source(_LINE_END.sub("\n", source), starts)


def _nodes(text: str) -> list[_Node]:
    nodes: list[_Node] = []
    for stretch in stretches(text):
        if isinstance(stretch, Bare):
            nodes.append(_Node(_OPENINGS[stretch.kind], stretch.end_line, stretch.text))
        else:
            nodes.extend(_parsed(stretch.text, stretch.begin_line))
    return nodes


def _parsed(text: str, begin_line: int = 0) -> Iterator[_Node]:
    tokens: list[Token] = []
    _PARSER.block.parse(text, _PARSER, {}, tokens)
    for node in siblings(tokens):
        yield _Node(node, begin_line + (node[0].map[1] if node[0].map else 0))


def _parse_inline(tokens: Sequence[Token]) -> None:
    take_task_marks(tokens)
    for token in tokens:
        if token.type == "inline":
            token.children = []
            _PARSER.inline.parse(token.content, _PARSER, {}, token.children)


def _url_spans(text: str) -> Iterator[tuple[int, int]]:
    for match in _URL.finditer(text):
        yield match.start(), match.start() + len(match[0].rstrip(URL_TRAILERS))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif begin < end:
            merged.append((begin, end))
    return merged


def _flatten(lines: Sequence[Line]) -> tuple[str, list[tuple[int, int]]]:
    pieces: list[str] = []
    spans: list[tuple[int, int]] = []
    at = 0
    for index, line in enumerate(lines):
        if index:
            pieces.append("\n")
            at += 1
        for text, is_atomic in line.fragments:
            if is_atomic:
                spans.append((at, at + len(text)))
            pieces.append(text)
            at += len(text)
    return "".join(pieces), spans


def _disarmed(text: str, spans: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """`text` without anything WeChat could take for a link tag, and the spans moved along."""
    cuts = [match.end() for match in _LIVE_ANCHOR.finditer(text)]
    if not cuts:
        return text, spans
    moved = [(b + bisect_left(cuts, b + 1), e + bisect_left(cuts, e)) for b, e in spans]
    return _LIVE_ANCHOR.sub("<" + _WORD_JOINER, text), moved


def _trimmed(text: str, spans: list[tuple[int, int]]) -> tuple[str, list[tuple[int, int]]]:
    """Without blank lines at the start and white space at the end, so that no part is blank."""
    text = text.rstrip()
    blank = len(text) - len(text.lstrip())
    lead = text.rfind("\n", 0, blank) + 1
    kept = [(max(b - lead, 0), min(e, len(text)) - lead) for b, e in spans]
    return text[lead:], [(b, e) for b, e in kept if b < e]


def _rendered(nodes: Sequence[_Node], line_starts: Sequence[int]) -> Iterator[Block]:
    for tokens, end_line, bare_text in nodes:
        if bare_text is None:
            _parse_inline(tokens)
            text, spans = _trimmed(*_disarmed(*_flatten(block_lines(tokens))))
        else:
            text, spans = bare_text.rstrip(), []
        if text:
            urls = _url_spans(text) if "://" in text else ()
            atoms = tuple(_merged([*spans, *urls])) if spans or urls else ()
            yield Block(text, line_starts[min(end_line, len(line_starts) - 1)], atoms)


def blocks(source: str) -> tuple[Block, ...]:
    """The blocks of a whole, finished answer; none if it shows nothing but white space."""
    text, line_starts = _read(source)
    return tuple(_rendered(_nodes(text), line_starts))


def closed_blocks(prefix: str) -> tuple[Block, ...]:
    """The blocks of an unfinished answer that no later text can change.

    For every continuation they equal the first blocks of the whole, in text, atoms and
    `source_end`. All but the last block are closed, since the parser never looks beyond a block's
    first two lines; the last is closed if a line has ended it. A line still being written counts
    only where its first character already says that it is text, not a mark.
    """
    text, line_starts = _read(prefix)
    tail_at = text.rfind("\n") + 1
    has_tail = text[tail_at : tail_at + 1].isalpha()
    nodes = _nodes(text if has_tail else text[:tail_at])
    if nodes and not _is_ended(nodes[-1], line_count=text.count("\n")):
        nodes.pop()
    return tuple(_rendered(nodes, line_starts))


def _is_ended(node: _Node, *, line_count: int) -> bool:
    """Whether a complete line stands below the last block (`line_count` are complete)."""
    return node.tokens[0].type in _ENDED_BY_ANY_LINE and node.end_line < line_count
