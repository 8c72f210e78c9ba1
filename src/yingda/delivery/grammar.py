"""The dialect of Markdown that models write, as a configured parser.

CommonMark with tables and strikethrough, less every rule by which later text changes an earlier
block, plus what Chinese answers need (emphasis beside full-width marks, LaTeX, bare addresses).
It knows nothing of how anything is shown.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.common.utils import isWhiteSpace
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.rules_block import StateBlock, blockquote, list_block, table
from markdown_it.rules_block.table import escapedSplit, getLine
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

#: Open containers beyond which `>` and list marks are plain text: nine lists or eighteen quotes.
#: Our choice, because a phone shows no deeper, and past `_MAX_NESTING` the parser drops text.
_MAX_CONTAINERS = 18
#: The parser's own bound on recursion; 20 is the CommonMark preset's value in markdown-it-py 4.
_MAX_NESTING = 20
#: A formula ends within so many characters or is none. Our choice: bounds the search on `\(` runs.
_MAX_FORMULA_CHARS = 2000
#: Longer words before `://` are no scheme; the IANA list's longest in use stay under it.
_MAX_SCHEME_CHARS = 24

#: Ideographs, kana, hangul and their full-width punctuation (Unicode 16 block ranges).
_CJK = re.compile(
    "[\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)
_SCHEME_BEFORE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
#: What a bare address may hold: RFC 3986's characters without those Markdown and prose put
#: around one, and brackets only in pairs.
URL_REST = re.compile(r"://(?:[\w\-.!~'/?#@:$&+,;=%]|\([\w\-.!~'/?#@:$&+,;=%]*\))+", re.ASCII)
#: Marks that end a sentence or emphasis rather than an address that stands before them.
URL_TRAILERS = ".,;:!?'_~"
_FORMULA_ENDS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$", "$": "$"}


def _bounded(rule: RuleFuncBlockType) -> RuleFuncBlockType:
    """`rule`, refusing to open a container where the parser would soon drop the content."""

    def bounded(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
        return state.level < _MAX_CONTAINERS and rule(state, start, end, silent)

    return bounded


def _whole_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """A table whose rows keep the cells that the header has no column for.

    GFM (section 4.10) drops them; here they join the last cell, since no word may be lost.
    """
    first = len(state.tokens)
    if not table(state, start, end, silent):
        return False
    row_cells: list[Token] = []
    for token in state.tokens[first:]:
        if token.type == "tr_open":
            row_cells = []
        elif token.type == "inline":
            row_cells.append(token)
        elif token.type == "tr_close" and row_cells:
            _keep_surplus(state, row_cells)
    return True


def _keep_surplus(state: StateBlock, row_cells: list[Token]) -> None:
    last = row_cells[-1]
    cells = escapedSplit(getLine(state, last.map[0] if last.map else 0).strip(" \t"))
    if cells and cells[0] == "":
        cells.pop(0)
    if cells and cells[-1] == "":
        cells.pop()
    surplus = [cell.strip() for cell in cells[len(row_cells) :]]
    last.content = " | ".join(cell for cell in [last.content, *surplus] if cell)


def _emphasis(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """Marks of emphasis, also where CommonMark's flanking rules fail Chinese text.

    A run of `*` beside a CJK character opens before any, and closes after any, non-space
    (`**注意：**请`, which CommonMark leaves literal). A run between two ASCII letters or digits is
    a product or a power (`2**3`), never emphasis.
    """
    marker = state.src[state.pos]
    if silent or marker not in "*_":
        return False
    run = state.scanDelims(state.pos, marker == "*")
    can_open, can_close = run.can_open, run.can_close
    if marker == "*":
        before = state.src[state.pos - 1] if state.pos else " "
        end = state.pos + run.length
        after = state.src[end] if end < state.posMax else " "
        if _CJK.match(before) or _CJK.match(after):
            can_open, can_close = not isWhiteSpace(ord(after)), not isWhiteSpace(ord(before))
        elif (before + after).isascii() and before.isalnum() and after.isalnum():
            can_open = can_close = False
    for _ in range(run.length):
        state.push("text", "", 0).content = marker
        index = len(state.tokens) - 1
        state.delimiters.append(
            Delimiter(ord(marker), run.length, index, -1, open=can_open, close=can_close)
        )
    state.pos += run.length
    return True


def _bare_url(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    """The rest of an address from its `://` on, so that no mark inside it counts as Markdown."""
    pos = state.pos
    if not state.src.startswith("://", pos):
        return False
    if not _SCHEME_BEFORE.search(state.src[max(0, pos - _MAX_SCHEME_CHARS) : pos]):
        return False
    match = URL_REST.match(state.src, pos, state.posMax)
    rest = match[0].partition("~~")[0].rstrip(URL_TRAILERS) if match else ""
    if len(rest) <= len("://"):
        return False
    if not silent:
        state.append_pending(rest.replace("&amp;", "&"))
    state.pos += len(rest)
    return True


def _formula(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    r"""LaTeX between `$`, `$$`, `\(` or `\[` and its end, left as written."""
    pos = state.pos
    if state.src[pos] not in "\\$":
        return False
    opener = state.src[pos : pos + 2]
    if opener not in _FORMULA_ENDS:
        opener = opener[:1]
    if opener not in _FORMULA_ENDS:
        return False
    end = _formula_end(state, pos + len(opener), _FORMULA_ENDS[opener])
    if end < 0:
        return False
    if not silent:
        state.append_pending(state.src[pos:end])
    state.pos = end
    return True


def _formula_end(state: StateInline, begin: int, closer: str) -> int:
    stop = min(state.posMax, begin + _MAX_FORMULA_CHARS)
    found = state.src.find(closer, begin, stop)
    if found <= begin:
        return -1
    body, end = state.src[begin:found], found + len(closer)
    # Two prices in one sentence are no formula (Pandoc's rule for `$`).
    is_money = body != body.strip() or "\n" in body or state.src[end : end + 1].isdigit()
    return -1 if closer == "$" and is_money else end


def build_parser() -> MarkdownIt:
    """The parser, without the rules that reach back.

    Those are setext headings, link definitions and HTML blocks. One instance serves all
    calls: a parse keeps its state in values of its own.
    """
    parser = MarkdownIt("commonmark", {"maxNesting": _MAX_NESTING})
    parser.enable(["table", "strikethrough"]).disable(["lheading", "reference", "html_block"])
    above = ["paragraph", "reference", "blockquote"]
    parser.block.ruler.at("blockquote", _bounded(blockquote), {"alt": [*above, "list"]})
    parser.block.ruler.at("list", _bounded(list_block), {"alt": above})
    parser.block.ruler.at("table", _whole_table, {"alt": above[:2]})
    parser.inline.ruler.at("emphasis", _emphasis)
    parser.inline.ruler.before("escape", "formula", _formula)
    parser.inline.ruler.before("emphasis", "bare_url", _bare_url)
    return parser
