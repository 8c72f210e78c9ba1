"""One paragraph's inline tokens as lines of plain text, with what must stay in one piece marked.

It knows Markdown's inline tokens and WeChat's lack of links with a label; blocks are not its
business. Every address is shown as text: no answer can make a link that a tap would send.
"""

import html
import re
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote

from markdown_it.token import Token


class Fragment(NamedTuple):
    """A run of text within one line; an atomic one is never cut."""

    text: str
    is_atomic: bool = False


class Line(NamedTuple):
    """One line; a verbatim one is code, which no list indents."""

    fragments: tuple[Fragment, ...] = ()
    is_verbatim: bool = False

    @property
    def text(self) -> str:
        return "".join(fragment.text for fragment in self.fragments)


def plain_line(text: str, *, is_verbatim: bool = False) -> Line:
    """A line of one fragment that may be cut anywhere."""
    return Line((Fragment(text),), is_verbatim)


_ANCHOR_OPEN = re.compile(r"<a\s", re.IGNORECASE)
_ANCHOR_CLOSE = re.compile(r"</a\s*>", re.IGNORECASE)
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+))""", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
#: What may follow an address at once: clients end one there (full-width marks), or it is a space.
_AFTER_URL = re.compile(r"[\s，。；：！？、）】」』》”’]")
#: An address that means nothing outside the page, or is the picture itself.
_NO_ADDRESS = re.compile(r"#|data:", re.IGNORECASE)


def _address(href: str) -> str:
    """The address worth showing: none for an anchor within the page or embedded data."""
    return "" if _NO_ADDRESS.match(href) else re.sub(r"\s+", "%20", href.strip())


def _is_same(label: str, url: str) -> bool:
    bare = re.sub(r"^(?:https?://|mailto:)", "", url).rstrip("/")
    return unquote(label) in {unquote(url), unquote(bare)}


class _Writer:
    """Collects lines; knows where the labels of open links begin, the innermost last."""

    def __init__(self) -> None:
        self.lines: list[list[Fragment]] = [[]]
        self._labels_at: list[tuple[int, int]] = []
        self._after_url = False

    def text(self, text: str) -> None:
        if not text:
            return
        if self._after_url and not _AFTER_URL.match(text):
            self.lines[-1].append(Fragment(" "))
        self._after_url = False
        first, *rest = text.split("\n")
        self.lines[-1].append(Fragment(first))
        self.lines.extend([Fragment(line)] for line in rest)

    def atom(self, text: str) -> None:
        self.text(" " if self._after_url else "")
        self.lines[-1].append(Fragment(text, is_atomic=True))

    def url(self, url: str) -> None:
        self.atom(url)
        self._after_url = True

    def open_link(self) -> None:
        # The space owed to a former address goes before this label, not into it.
        self.text(" " if self._after_url else "")
        self._labels_at.append((len(self.lines) - 1, len(self.lines[-1])))

    def close_link(self, href: str) -> None:
        line, column = self._labels_at.pop()
        label = "\n".join(
            "".join(fragment.text for fragment in fragments[column if index == 0 else 0 :])
            for index, fragments in enumerate(self.lines[line:])
        ).strip()
        url = _address(href)
        if not url or (url.startswith("mailto:") and _is_same(label, url)):
            return
        if not label or _is_same(label, url):
            del self.lines[line + 1 :], self.lines[line][column:]
            self._after_url = False
        else:
            # A colon would join an address that ends the label, as a linked picture's does.
            self.text(" " if self._after_url else ": ")
        self.url(url)


def _anchors(children: Sequence[Token]) -> dict[int, str]:
    """Index of each raw `<a href>` and of its `</a>` → the address; unpaired tags are absent."""
    pairs: dict[int, str] = {}
    opened: tuple[int, str] | None = None
    for index, token in enumerate(children):
        if token.type != "html_inline":
            continue
        href = _HREF.search(token.content) if _ANCHOR_OPEN.match(token.content) else None
        if href and opened is None:
            opened = index, html.unescape(next(filter(None, href.groups()), ""))
        elif opened and _ANCHOR_CLOSE.match(token.content):
            pairs[opened[0]] = pairs[index] = opened[1]
            opened = None
    return pairs


def _image(writer: _Writer, token: Token) -> None:
    alt = "".join(line.text for line in inline_lines(token.children or ())).strip()
    url = _address(str(token.attrs.get("src", "")))
    writer.text("[图片]")
    if alt:
        writer.text(f" {alt}")
    if url:
        writer.text(": " if alt else " ")
        writer.url(url)


def _raw_html(writer: _Writer, token: Token, anchor_href: str | None) -> None:
    if _BREAK.fullmatch(token.content):
        writer.text("\n")
    elif anchor_href is None:
        writer.text(token.content)
    elif token.content.startswith("</"):
        writer.close_link(anchor_href)
    else:
        writer.open_link()


def inline_lines(children: Sequence[Token]) -> list[Line]:
    """The lines of one paragraph, heading or cell.

    Bold, emphasis and strikethrough leave their text alone; a link becomes `label: address`; a
    raw `<a>` the same; `<br>` a new line; any other tag stays as written.
    """
    writer = _Writer()
    anchors = _anchors(children)
    hrefs: list[str] = []
    for index, token in enumerate(children):
        match token.type:
            case "text" | "text_special":
                writer.text(token.content)
            case "softbreak" | "hardbreak":
                writer.text("\n")
            case "code_inline":
                writer.atom(token.content)
            case "link_open":
                hrefs.append(str(token.attrs.get("href", "")))
                writer.open_link()
            case "link_close":
                writer.close_link(hrefs.pop())
            case "image":
                _image(writer, token)
            case "html_inline":
                _raw_html(writer, token, anchors.get(index))
    return [Line(tuple(line)) for line in writer.lines]
