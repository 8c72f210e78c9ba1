"""One Markdown block's tokens as lines that read well on a narrow phone without a fixed pitch.

It decides marks and indents of headings, lists, quotes, tables and code. What stands inside a
line belongs to `inline`; where one block ends and the next begins to `plain`.
"""

import re
from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from yingda.delivery.inline import Fragment, Line, inline_lines, plain_line

#: One level of a list. One full-width space is as wide as the mark `• ` and survives in every
#: client, whichever does with runs of half ones. Our choice.
_INDENT = "\u3000"
_QUOTE_BAR = "│ "
_RULE = "———"
#: A cell with nothing in it; its header is still shown. Our choice.
_EMPTY_CELL = "—"
_TASK = re.compile(r"\[([ xX])\]\s+(?=\S)")


def siblings(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The subtrees that stand side by side in `tokens`, each from its opening to its closing."""
    depth = begin = 0
    for index, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            yield tokens[begin : index + 1]
            begin = index + 1


def _prefixed(prefix: str, line: Line) -> Line:
    return Line((Fragment(prefix), *line.fragments), line.is_verbatim)


def _joined(groups: Sequence[Sequence[Line]]) -> list[Line]:
    """The groups' lines with an empty line between two groups; empty groups do not count."""
    lines: list[Line] = []
    for group in filter(None, groups):
        if lines:
            lines.append(Line())
        lines.extend(group)
    return lines


def _paragraph(node: Sequence[Token]) -> list[Line]:
    return inline_lines(node[1].children or ())


def _heading(node: Sequence[Token]) -> list[Line]:
    lines = _paragraph(node)
    text = "\n".join(line.text for line in lines).strip()
    if not text or (text.startswith("【") and text.endswith("】")):
        return lines
    lines[0] = _prefixed("【", lines[0])
    lines[-1] = Line((*lines[-1].fragments, Fragment("】")))
    return lines


def _code(node: Sequence[Token]) -> list[Line]:
    return [plain_line(line, is_verbatim=True) for line in node[0].content.rstrip("\n").split("\n")]


def _rule(_node: Sequence[Token]) -> list[Line]:
    return [plain_line(_RULE)]


def _quote(node: Sequence[Token]) -> list[Line]:
    inner = _joined([block_lines(child) for child in siblings(node[1:-1])])
    return [_prefixed(_QUOTE_BAR, line) for line in inner]


def _item(node: Sequence[Token], mark: str) -> list[Line]:
    """One item: tight or loose makes no difference, since a later blank line decides that."""
    lines = [line for child in siblings(node[1:-1]) for line in block_lines(child)]
    if not lines or lines[0].is_verbatim:
        lines.insert(0, Line())
    rest = [line if line.is_verbatim else _prefixed(_INDENT, line) for line in lines[1:]]
    return [_prefixed(mark, lines[0]), *rest]


def _bullet_list(node: Sequence[Token]) -> list[Line]:
    lines: list[Line] = []
    for item in siblings(node[1:-1]):
        lines.extend(_item(item, str(item[0].meta.get("box", "• "))))
    return lines


def take_task_marks(tokens: Sequence[Token]) -> None:
    """Move each bullet item's `[ ]` or `[x]` from its text to its opening token.

    To be done before the inline parse, which would take the brackets for text or a link.
    """
    for index, token in enumerate(tokens[:-2]):
        if token.type != "list_item_open" or tokens[index + 1].type != "paragraph_open":
            continue
        inline = tokens[index + 2]
        match = _TASK.match(inline.content)
        if match and not token.info:
            token.meta["box"] = "☐ " if match[1] == " " else "☑ "
            inline.content = inline.content[match.end() :]


def _ordered_list(node: Sequence[Token]) -> list[Line]:
    """Numbers as the source has them; one that does not grow (`1. 1. 1.`) counts on instead."""
    lines: list[Line] = []
    number = -1
    for item in siblings(node[1:-1]):
        number = max(int(item[0].info or 0), number + 1)
        lines.extend(_item(item, f"{number}{item[0].markup} "))
    return lines


def _rows(node: Sequence[Token]) -> list[list[list[Line]]]:
    rows: list[list[list[Line]]] = []
    for token in node:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(inline_lines(token.children or ()))
    return rows


def _is_blank(cell: Sequence[Line]) -> bool:
    return not any(line.text.strip() for line in cell)


def _pair(name: Sequence[Line], value: Sequence[Line]) -> list[Line]:
    """`name：value`; a blank side leaves the other alone, but a name never stands without one."""
    if _is_blank(name):
        return [] if _is_blank(value) else list(value)
    if _is_blank(value):
        value = [plain_line(_EMPTY_CELL)]
    colon = Fragment("：")
    seam = Line((*name[-1].fragments, colon, *value[0].fragments))
    return [*name[:-1], seam, *value[1:]]


def _table(node: Sequence[Token]) -> list[Line]:
    """Two columns: `a：b` per row, the header first. More: per row a group of `header：cell`."""
    header, *rows = _rows(node)
    if len(header) == 1:
        return [line for row in [header, *rows] for line in row[0]]
    if len(header) == 2:
        return [line for row in [header, *rows] for line in _pair(row[0], row[1])]
    if not rows:
        return [line for cell in header if not _is_blank(cell) for line in cell]
    groups = [
        [line for name, cell in zip(header, row, strict=True) for line in _pair(name, cell)]
        for row in rows
    ]
    return _joined(groups)


_LAYOUTS = {
    "paragraph_open": _paragraph,
    "heading_open": _heading,
    "fence": _code,
    "code_block": _code,
    "hr": _rule,
    "blockquote_open": _quote,
    "bullet_list_open": _bullet_list,
    "ordered_list_open": _ordered_list,
    "table_open": _table,
}


def block_lines(node: Sequence[Token]) -> list[Line]:
    """The lines of one block, given from its opening token to its closing one.

    The inline tokens in it must have been parsed. The docstring of `plain` lists the marks.
    """
    return _LAYOUTS[node[0].type](node)
