"""How back ends misbehave, step by step: what the rows of the failure matrix are made of."""

import gzip
from typing import Any

from support.odd_server import Head, Play
from support.vendor_wire import PART, REST, Refusal, event

_HTML = b"<html><h1>Nothing of ours</h1></html>"


def refused(why: Refusal, *headers: tuple[str, str]) -> Any:
    """A refusal in the words of the wire."""
    return lambda wire: wire.refused(why, *headers)


def page(status: int, *headers: tuple[str, str]) -> Any:
    """A page of somebody else."""
    head = Head(status=status, content_type="text/html", headers=headers)
    return lambda _: (head, _HTML)


def begun(*steps: Any) -> Any:
    """Accepted, and then this, before any text; a function is given the wire."""
    return lambda wire: (Head(), wire.opened(), *_made(wire, steps))


def told(*steps: Any) -> Any:
    """The same after a part of the answer."""
    return lambda wire: (Head(), wire.opened(), wire.text(PART), *_made(wire, steps))


def _made(wire: Any, steps: tuple[Any, ...]) -> Play:
    return tuple(step(wire) if callable(step) else step for step in steps)


def error(why: Refusal) -> Any:
    """The run is given up."""
    return lambda wire: wire.error(why)


def half(wire: Any) -> bytes:
    """An event that ends within a character."""
    whole: bytes = wire.text("断")
    return whole[: whole.index("断".encode()) + 1]


def zipped(wire: Any) -> Play:
    """Compressed, though nobody asked for it."""
    steps = wire.answer(PART, REST)
    content = gzip.compress(b"".join(steps[1:]))
    return (Head(headers=(("Content-Encoding", "gzip"),)), content)


def ends(reason: str) -> Any:
    """A chat completion ends for this reason."""
    return lambda wire: wire.ends(reason)


def plain_text(wire: Any) -> Play:
    """The right events under another type."""
    return (Head(content_type="text/plain"), *wire.answer(PART, REST)[1:])


def thinking(wire: Any) -> Play:
    """Nothing but thinking."""
    whole = "<think>想一想。</think>"
    return (Head(), wire.opened(), wire.text(whole), wire.end(whole))


def reasoning(wire: Any) -> Play:
    """The same in the field of its own."""
    reason = wire.chunk({"content": None, "reasoning_content": "想一想。"})
    return (Head(), wire.opened(), reason, wire.end(""))


def nulls(wire: Any) -> Play:
    """Null in every field there is."""
    names = ("event", "answer", "task_id", "message_id", "data", "metadata", "choices", "usage")
    empty = event(**dict.fromkeys((*names, "conversation_id", "error", "code", "message", "id")))
    named = (event(event=name, answer=None, data=None) for name in ("ping", "node_finished"))
    return (Head(), empty, *named, *wire.answer(PART, REST)[1:])


def no_utf_8(wire: Any) -> Play:
    """A byte that no character has, beside the answer."""
    odd = event(event="node_finished", data="x").replace(b'"x"', b'"\xff"')
    return (Head(), odd, *wire.answer(PART, REST)[1:])


def null_text(wire: Any) -> Play:
    """Pieces whose text is null."""
    blank = wire.text("x").replace(b'"x"', b"null")
    return (Head(), wire.opened(), blank, wire.text(PART), blank, wire.text(REST), _end(wire))


def _end(wire: Any) -> bytes:
    whole: bytes = wire.end(PART + REST)
    return whole


def replaced(wire: Any) -> Play:
    """Text that moderation takes back."""
    by = PART + REST
    name = "text_replace" if wire.text("").find(b"text_chunk") > 0 else "message_replace"
    replacing = event(event=name, task_id="t-1", answer=by, data={"text": by})
    return (Head(), wire.opened(), wire.text("不该看到的。"), replacing, _end(wire))
