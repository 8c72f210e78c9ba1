"""The bytes of a push as a tree of named texts, from XML and from JSON alike.

Knows well-formedness and our caps on size, depth and number of nodes. Refuses doctypes, and with
them every entity but the five of XML itself; refuses to know what any name means.
"""

import math
from collections.abc import Callable
from typing import NoReturn, TypeAlias

# A doctype, the way to every attack by entities, is refused where it begins; size, depth and
# number of nodes are capped.
from xml.parsers import expat

import msgspec

from yingda.errors import BodyMalformed, BodyTooLarge
from yingda.wechat.limits import BODY_LIMIT_BYTES, DEPTH_LIMIT, INTEGER_LIMIT, NODE_LIMIT
from yingda.wechat.xml_text import clean_text

#: Children by lower-case name: a leaf's text, or all branches of that name in their order.
Fields: TypeAlias = "dict[str, str | list[Fields]]"

_BOM = b"\xef\xbb\xbf"


class Node:
    """One branch of the tree. Names are asked for in lower case; of equal leaves the first counts.

    WeChat's documents disagree on the case of some names (MsgId, MsgID), so none is kept.
    """

    __slots__ = ("fields",)

    def __init__(self, fields: Fields) -> None:
        self.fields = fields

    def raw(self, name: str) -> str:
        """The leaf's text with its blanks, "" when there is none."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def text(self, name: str) -> str:
        """The leaf's text without surrounding blanks, "" when there is none."""
        return self.raw(name).strip()

    def integer(self, name: str) -> int | None:
        """A whole number within 64 bits; None when absent or anything else."""
        text = self.text(name)
        digits = text.removeprefix("-")
        # Longer ones cannot fit 64 bits, and int() refuses very long ones.
        if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(INTEGER_LIMIT)):
            return None
        number = int(text)
        return number if -INTEGER_LIMIT <= number <= INTEGER_LIMIT else None

    def decimal(self, name: str) -> float | None:
        """A finite number; None when absent or anything else."""
        try:
            number = float(self.text(name))
        except ValueError:
            return None
        return number if math.isfinite(number) else None

    def branches(self, name: str) -> list["Node"]:
        """All branches of that name, in their order."""
        value = self.fields.get(name)
        return [Node(fields) for fields in value] if isinstance(value, list) else []

    def branch(self, name: str) -> "Node":
        """The first branch of that name, or an empty one."""
        found = self.branches(name)
        return found[0] if found else Node({})


def read(body: bytes) -> Node:
    """Read a push, XML or JSON by its first character that is no blank.

    Raises BodyTooLarge over `BODY_LIMIT_BYTES`, and BodyMalformed when it is neither, has a
    doctype, nests deeper than `DEPTH_LIMIT` or has more than `NODE_LIMIT` nodes.
    """
    if len(body) > BODY_LIMIT_BYTES:
        raise BodyTooLarge(f"the body has {len(body)} bytes, {BODY_LIMIT_BYTES} are allowed")
    trimmed = body.strip()
    if trimmed.removeprefix(_BOM)[:1] == b"{":
        return Node(_read_json(trimmed.removeprefix(_BOM)))
    return Node(_read_xml(trimmed))


def _read_xml(body: bytes) -> Fields:
    # Pushes are UTF-8 (official page); with the encoding given, no declaration can name another.
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    top: Fields = {}
    pieces: list[str] = []
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.CharacterDataHandler = pieces.append
    parser.StartElementHandler, parser.EndElementHandler = _builder(top, pieces)
    try:
        parser.Parse(body, True)  # noqa: FBT003  the parser takes its arguments by position only
    except expat.ExpatError as error:
        raise BodyMalformed(f"the body is no well-formed XML (expat code {error.code})") from None
    root = top.get("xml")
    if root is None:
        raise BodyMalformed("the body's root is not `xml`")
    return root[0] if isinstance(root, list) else {}


def _builder(
    top: Fields, pieces: list[str]
) -> tuple[Callable[[str, dict[str, str]], None], Callable[[str], None]]:
    """The two handlers that fill `top`; a node becomes a branch when its first child begins."""
    stack: list[Fields | None] = [top]
    node_count = 0

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal node_count
        node_count += 1
        if len(stack) > DEPTH_LIMIT or node_count > NODE_LIMIT:
            _refuse_shape()
        if stack[-1] is None:
            stack[-1] = {}
        stack.append(None)
        pieces.clear()

    def end(name: str) -> None:
        fields = stack.pop()
        parent = stack[-1]
        # `start` made the parent a branch; the type checker cannot see it.
        assert parent is not None
        if fields is None:
            parent.setdefault(name.lower(), "".join(pieces))
        else:
            _graft(parent, name.lower(), fields)
        pieces.clear()

    return start, end


def _graft(parent: Fields, name: str, fields: Fields) -> None:
    siblings = parent.setdefault(name, [])
    if isinstance(siblings, list):
        siblings.append(fields)


def _refuse_doctype(*_declaration: object) -> NoReturn:
    raise BodyMalformed("the body has a doctype, which no push of WeChat has")


def _refuse_shape() -> NoReturn:
    raise BodyMalformed(
        f"the body nests deeper than {DEPTH_LIMIT} or has more than {NODE_LIMIT} nodes"
    )


def _read_json(body: bytes) -> Fields:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BodyMalformed("the body is no well-formed JSON") from None
    # The first character is a brace, so that nothing but an object can have been read.
    assert isinstance(value, dict)
    nodes_left = [NODE_LIMIT]
    return _json_fields(value, 1, nodes_left)


def _json_fields(members: dict[str, object], depth: int, nodes_left: list[int]) -> Fields:
    fields: Fields = {}
    for name, value in members.items():
        _json_value(fields, name.lower(), value, depth, nodes_left)
    return fields


def _json_value(
    fields: Fields, name: str, value: object, depth: int, nodes_left: list[int]
) -> None:
    nodes_left[0] -= 1
    if depth >= DEPTH_LIMIT or nodes_left[0] < 0:
        _refuse_shape()
    if isinstance(value, dict):
        _graft(fields, name, _json_fields(value, depth + 1, nodes_left))
    elif isinstance(value, list):
        for item in value:
            _json_value(fields, name, item, depth + 1, nodes_left)
    elif value is not None:
        fields.setdefault(name, _json_text(value))


def _json_text(value: object) -> str:
    """A JSON leaf as XML would have brought it; so a store never meets NUL in either format."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
