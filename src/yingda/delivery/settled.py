"""What of an unfinished answer may be handed over: closed blocks, and settled sentences after them.

A sentence is settled when no continuation can change how the block begins up to its end: its
paragraph cannot become anything else but a table that begins alike, and every mark in it is used
up. Where that is unsure, nothing is handed over. It knows nothing of replies and limits.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec
from markdown_it.token import Token

from yingda.delivery.grammar import build_parser
from yingda.delivery.layout import take_task_marks
from yingda.delivery.plain import SEPARATOR, Block, blocks, closed_blocks
from yingda.delivery.split import next_part
from yingda.turn.model import Cursor

_PARSER = build_parser()
_CLOSERS = "[”’」』）】〉》\"')\\]]*"
#: Where a sentence ends, or the line of a list's item. Not after a digit or a single letter, which
#: may be a number or an abbreviation. Emphasis may end with it if a blank follows, for else the
#: character behind it decides what the marks mean.
_ENDS = re.compile(
    f"[。！？；…]+{_CLOSERS}(?:[*_]{{1,3}}(?=\\s))?"
    f"|(?:[!?]|(?<=[^\\W\\d_][^\\W\\d_])\\.)[.!?]*{_CLOSERS}(?:[*_]{{1,3}})?(?=\\s)"
    r"|(?=\n[ \t\n]*(?:[-*+]|\d{1,9}[.)])[ \t]+\S)"
)
#: Longer open blocks are left alone. Our choice: several parses of one block have to stay within
#: some ten milliseconds, for every follower waits for them.
_OPEN_LIMIT_CHARS = 12_000
#: How many ends are tried one by one. Our choice: what makes the last sentence unsure, such as
#: emphasis that is not over, is mostly a sentence or two long.
_NEAR_TRIES = 3
_LIST_ENDS = frozenset({"list_item_close", "bullet_list_close", "ordered_list_close"})
#: What is shown as written and stays so: formulas, bracketed words that are no link, and marks
#: that neither open nor close anything.
_HARMLESS = re.compile(
    r"\\\([^\0]+?\\\)|\\\[[^\0]+?\\\]|\$\$[^$\0]+\$\$|\$(?![\s$])[^$\n\0]*(?<!\s)\$(?!\d)"
    r"|\[[^\[\]\n\0*_~`<$\\!]{1,40}\](?![(\[:])"
    r"|(?<=[A-Za-z0-9])(?:\*+|_+)(?=[A-Za-z0-9])|(?<= )(?:\*+|_+)(?= )"
)
#: Marks that a continuation might still make something of.
_ACTIVE = re.compile(r"[*_`<\[\]\\$]|~~")
#: An escaped bracket, which is the start of a formula once its end comes.
_FORMULA_OPENERS = frozenset({"\\(", "\\["})
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


class Settled(msgspec.Struct, frozen=True):
    """The blocks of an unfinished answer that can be handed over, the last one perhaps in part.

    For every continuation they are the first blocks of the whole: all but the last equal, the last
    one equal or, if `is_open`, the beginning of the block that stands there.
    """

    blocks: tuple[Block, ...]
    is_open: bool


class SettledPart(msgspec.Struct, frozen=True):
    """A piece that can be handed over, and the cursor behind it."""

    text: str
    end: Cursor


def settle(prefix: str) -> Settled:
    """What later text cannot change any more."""
    closed = closed_blocks(prefix)
    begin = closed[-1].source_end if closed else 0
    opened = _open_blocks(prefix[begin : begin + _OPEN_LIMIT_CHARS + 1])
    # The last one's true end is not known; this place is behind all others.
    moved = [
        msgspec.structs.replace(
            block, source_end=begin + block.source_end if number < len(opened) else len(prefix) + 1
        )
        for number, block in enumerate(opened, 1)
    ]
    return Settled((*closed, *moved), is_open=bool(opened))


def settled_part(settled: Settled, start: Cursor, limit_bytes: int) -> SettledPart | None:
    """The next piece from `start` on, at most `limit_bytes`; None when nothing is left."""
    shown = settled.blocks
    before = shown[-2].source_end if len(shown) > 1 else 0
    length = len(shown[-1].text) if shown else 0
    if settled.is_open and start.source_chars == before and start.block_chars >= length:
        return None
    part = next_part(shown, start, limit_bytes)
    if part is None:
        return None
    is_at_open_end = settled.is_open and part.end == Cursor(shown[-1].source_end)
    return SettledPart(part.text, Cursor(before, length) if is_at_open_end else part.end)


def handed_over(answer: str, cursor: Cursor) -> str:
    """What of a whole answer stands before the cursor, as shown."""
    shown = blocks(answer)
    whole = [block for block in shown if block.source_end <= cursor.source_chars]
    texts = [block.text for block in whole]
    if cursor.block_chars and len(whole) < len(shown):
        texts.append(shown[len(whole)].text[: cursor.block_chars])
    return SEPARATOR.join(texts)


def _open_blocks(source: str) -> tuple[Block, ...]:
    """The blocks of the source behind the closed ones, up to its last settled sentence."""
    # Models end lines by line feeds; another line end may be half of one here.
    if len(source) > _OPEN_LIMIT_CHARS or "\r" in source:
        return ()
    ends = [match.end() for match in _ENDS.finditer(source)]
    for end in _newest_first(ends):
        # The blank behind a sentence is known too, and what the marks before it mean.
        known = source[: end + 1] if source[end : end + 1].isspace() else source[:end]
        if _is_settled(known, line_rest=source[len(known) :].partition("\n")):
            return blocks(known)
    return ()


def _newest_first(ends: Sequence[int]) -> Iterator[int]:
    """The last three, then in ever longer leaps to the first: few tries, however many there are."""
    back = 1
    while back <= len(ends):
        yield ends[-back]
        back += 1 if back < _NEAR_TRIES else back
    if ends and back > _NEAR_TRIES:
        yield ends[0]


def _is_settled(known: str, *, line_rest: tuple[str, str, str]) -> bool:
    inline = _last_paragraph(known)
    if inline is None or not inline.map:
        return False
    last_line = inline.content.rpartition("\n")[2]
    if "|" in last_line:
        # It may be the head of a table, and its cells are shown apart.
        return False
    # A table's head that begins the block shows its first cell first. Below other lines of its
    # paragraph, or behind a list's mark, it would make another block of the line.
    is_first = inline.level == 1 and inline.map[1] - inline.map[0] == 1
    is_line_over = known.endswith("\n") or bool(line_rest[1])
    may_be_a_table = not is_first and ("|" in line_rest[0] or not is_line_over)
    return not may_be_a_table and _is_used_up(inline.content)


def _last_paragraph(source: str) -> Token | None:
    """The inline token of the paragraph that the source ends in, if at most lists are around it."""
    tokens: list[Token] = []
    _PARSER.block.parse(source, _PARSER, {}, tokens)
    take_task_marks(tokens)
    while tokens and tokens[-1].type in _LIST_ENDS:
        tokens.pop()
    if len(tokens) < 3 or tokens[-1].type != "paragraph_close":
        return None
    return tokens[-2]


def _is_used_up(content: str) -> bool:
    """Whether no mark in it is left that later text could give a meaning."""
    children: list[Token] = []
    _PARSER.inline.parse(content, _PARSER, {}, children)
    pieces: list[str] = []
    for token in children:
        if token.type == "html_inline" and not _BREAK.fullmatch(token.content):
            # A pair of tags changes what stands between them.
            return False
        if token.markup in _FORMULA_OPENERS:
            return False
        is_break = token.type in {"softbreak", "hardbreak"}
        pieces.append(token.content if token.type == "text" else "\n" if is_break else "\0")
    return not _ACTIVE.search(_HARMLESS.sub("\0", "".join(pieces)))
