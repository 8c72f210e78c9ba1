"""Where an answer's text is cut into parts that each fit one reply.

It counts bytes of UTF-8 and looks for the place that reads best. It knows nothing of Markdown, of
how a part is labelled or sent, or of what was offered before: the cursor it is given says that.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import regex

from yingda.delivery.plain import SEPARATOR, Block
from yingda.turn.model import Cursor
from yingda.wechat.limits import size_bytes

#: The smallest limit that is served. Our choice: room for some twenty Han characters, so that a
#: cut before an emoji sequence or a separator is always possible.
MIN_LIMIT_BYTES = 64

_CLOSERS = "[”’」』）】〉》\"')\\]]*"
_SENTENCE = re.compile(f"[。！？；…]+{_CLOSERS}|[.!?]+{_CLOSERS}[ \\t]+")
_CLAUSE = re.compile(f"[，、：]+{_CLOSERS}|[,;:]{_CLOSERS}[ \\t]+")
_LINES = re.compile(r"\n+")
_SPACES = re.compile(r"\s+")
_GRAPHEME = regex.compile(r"\X")

#: The kinds of cut below the paragraph, best first, and how full (of the characters that fit) a
#: part must be for a cut of that kind. Our choice: every part costs the follower a tap or the
#: account a message of its quota, so at least half; a cut within a sentence jars more than it
#: saves, so it has to leave a nearly full part.
_PARAGRAPH_FILL = 1 / 2
_KINDS = ((_LINES, 1 / 2), (_SENTENCE, 1 / 2), (_CLAUSE, 3 / 4), (_SPACES, 3 / 4))


class Part(msgspec.Struct, frozen=True):
    """A piece that fits one reply. `is_last`: nothing of the given blocks is left after it."""

    text: str
    start: Cursor
    end: Cursor
    is_last: bool


class _Piece(NamedTuple):
    """A block's share of the window, from `begin` to `end`, and what precedes it in the source."""

    begin: int
    end: int
    source_before: int
    source_end: int
    block_from: int


class _Window(NamedTuple):
    """The text a cut is looked for in: a little more than the limit, or all that is left."""

    text: str
    pieces: Sequence[_Piece]
    atoms: Sequence[tuple[int, int]]

    def seams(self) -> Iterator[int]:
        """Where the separators begin."""
        return (piece.end for piece in self.pieces[:-1])

    def cursor(self, at: int) -> Cursor:
        index = bisect_right(self.pieces, at, key=lambda piece: piece.begin) - 1
        piece = self.pieces[index]
        if at >= piece.end:
            return Cursor(piece.source_end)
        return Cursor(piece.source_before, piece.block_from + at - piece.begin)


def _resumed(blocks: Sequence[Block], start: Cursor) -> tuple[int, int]:
    """The index of the block to go on with, and the characters of it that are handed over."""
    index = bisect_right(blocks, start.source_chars, key=lambda block: block.source_end)
    if index == len(blocks):
        return index, 0
    is_boundary = start.source_chars == _source_before(blocks, index)
    length = len(blocks[index].text)
    if not is_boundary or start.block_chars > length:
        return index, 0
    if start.block_chars == length:
        return index + 1, 0
    return index, start.block_chars


def _source_before(blocks: Sequence[Block], index: int) -> int:
    return blocks[index - 1].source_end if index else 0


def _open_window(blocks: Sequence[Block], index: int, offset: int, limit_bytes: int) -> _Window:
    texts: list[str] = []
    pieces: list[_Piece] = []
    atoms: list[tuple[int, int]] = []
    at = 0
    # A character takes a byte or more; the one beyond the limit shows whether a cluster goes on.
    while index < len(blocks) and at <= limit_bytes:
        block = blocks[index]
        if pieces:
            texts.append(SEPARATOR)
            at += len(SEPARATOR)
        text = block.text[offset : offset + limit_bytes + 1]
        texts.append(text)
        atoms.extend(_atoms_in(block, offset, offset + len(text), at - offset))
        before = _source_before(blocks, index)
        pieces.append(_Piece(at, at + len(text), before, block.source_end, offset))
        at += len(text)
        index, offset = index + 1, 0
    return _Window("".join(texts), pieces, atoms)


def _atoms_in(block: Block, begin: int, end: int, shift: int) -> Iterator[tuple[int, int]]:
    """The block's atoms that begin between `begin` and `end`, moved into the window."""
    for index in range(bisect_left(block.atoms, (begin, 0)), len(block.atoms)):
        first, last = block.atoms[index]
        if first >= end:
            return
        yield first + shift, last + shift


def _fitting_chars(encoded: bytes, limit_bytes: int) -> int:
    """How many whole characters the first `limit_bytes` bytes hold."""
    end = limit_bytes
    while encoded[end] & 0xC0 == 0x80:  # RFC 3629: a continuation byte
        end -= 1
    return len(encoded[:end].decode("utf-8", "surrogatepass"))


def _allowed_cuts(window: _Window, fit: int, limit_bytes: int) -> list[int]:
    """The places up to `fit`, in order, that split no cluster, atom or separator.

    An atom that does not fit a part together with a separator protects nothing. Places before the
    first visible character would make a blank part.
    """
    text = window.text
    blank = len(text) - len(text.lstrip())
    forbidden: set[int] = set()
    for seam in window.seams():
        forbidden.update(range(seam, seam + len(SEPARATOR)))
    room = limit_bytes - len(SEPARATOR)
    for begin, end in window.atoms:
        if end - begin <= room and size_bytes(text[begin:end]) <= room:
            forbidden.update(range(begin + 1, end))
    ends = (match.end() for match in _GRAPHEME.finditer(text, 0, min(fit + 1, len(text))))
    return [end for end in ends if blank < end <= fit and end not in forbidden]


def _forced_cut(window: _Window, fit: int) -> int:
    """A cut for what cannot be spared: a cluster larger than the limit, or nothing but blanks."""
    for seam in window.seams():
        if seam <= fit < seam + len(SEPARATOR):
            return seam - 1
    return fit


def _best_cut(window: _Window, fit: int, limit_bytes: int) -> int:
    allowed = _allowed_cuts(window, fit, limit_bytes)
    if not allowed:
        return _forced_cut(window, fit)
    cuts = set(allowed)
    paragraphs = [seam + len(SEPARATOR) for seam in window.seams()]
    at = max((cut for cut in paragraphs if cut in cuts), default=0)
    if at >= fit * _PARAGRAPH_FILL:
        return at
    for pattern, fill in _KINDS:
        least = int(fit * fill)
        ends = (match.end() for match in pattern.finditer(window.text, least))
        at = max((end for end in ends if end in cuts), default=0)
        if at:
            return at
    return allowed[-1]


def next_part(blocks: Sequence[Block], start: Cursor, limit_bytes: int) -> Part | None:
    """The part from `start` on, at most `limit_bytes` of UTF-8; None when nothing is left.

    A separator belongs to the part before the cut, so the parts of the same blocks join to the
    whole. Behind the last block given there is none: who goes on later with more blocks starts a
    new part there, and the separator between the two is the seam between the messages.

    `start` is a place in these blocks or comes from another version of the rendering. Then
    nothing is lost: it goes on at the start of the block that holds the place, and `Part.start`
    says so; some text may be repeated.

    Never cut: a grapheme cluster or atom that with a separator fits the limit. A larger atom is
    cut between graphemes, a larger cluster between code points.

    ValueError if the limit is under `MIN_LIMIT_BYTES`.
    """
    if limit_bytes < MIN_LIMIT_BYTES:
        raise ValueError(f"a part needs a limit of at least {MIN_LIMIT_BYTES} bytes")
    index, offset = _resumed(blocks, start)
    if index == len(blocks):
        return None
    window = _open_window(blocks, index, offset, limit_bytes)
    encoded = window.text.encode("utf-8", "surrogatepass")
    begin = Cursor(_source_before(blocks, index), offset)
    if len(encoded) <= limit_bytes:
        return Part(window.text, begin, Cursor(window.pieces[-1].source_end), is_last=True)
    at = _best_cut(window, _fitting_chars(encoded, limit_bytes), limit_bytes)
    return Part(window.text[:at], begin, window.cursor(at), is_last=False)


def all_parts(blocks: Sequence[Block], start: Cursor, limit_bytes: int) -> tuple[Part, ...]:
    """All parts from `start` on; the same as `next_part` from each part's end. Linear."""
    parts: list[Part] = []
    part = next_part(blocks, start, limit_bytes)
    while part is not None:
        parts.append(part)
        part = next_part(blocks, part.end, limit_bytes)
    return tuple(parts)
