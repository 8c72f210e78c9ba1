"""Which pictures an answer names. Pure.

Knows Markdown's pictures alone: what stands in code or in HTML is text. Refuses to know whether
they can be had; an answer shows the address of each in any case.
"""

from collections.abc import Iterable, Iterator

from markdown_it.token import Token

from yingda.delivery.grammar import build_parser

_PARSER = build_parser()
#: What begins a picture; an answer without it need not be read.
_MARK = "!["
#: The rest, such as embedded data or a path without a host, nobody could fetch.
_SCHEMES = ("http://", "https://")


def pictures_in(answer: str, limit: int) -> tuple[str, ...]:
    """The addresses of the first `limit` pictures, in the answer's order, each once."""
    if _MARK not in answer or limit <= 0:
        return ()
    return tuple(dict.fromkeys(_addresses(answer)))[:limit]


def _addresses(answer: str) -> Iterator[str]:
    source = answer.replace("\r\n", "\n").replace("\r", "\n")
    blocks: list[Token] = []
    _PARSER.block.parse(source, _PARSER, {}, blocks)
    for block in blocks:
        # Most paragraphs have none, and reading their marks is the larger part of the work.
        if block.type == "inline" and _MARK in block.content:
            children: list[Token] = []
            _PARSER.inline.parse(block.content, _PARSER, {}, children)
            yield from _of(children)


def _of(children: Iterable[Token]) -> Iterator[str]:
    for token in children:
        if token.type == "image":
            address = str(token.attrs.get("src", "")).strip()
            if address.lower().startswith(_SCHEMES):
                yield address
