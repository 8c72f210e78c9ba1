"""The chunks of a chat completion as they stand in the payloads, and how they are read.

Knows which fields matter, in the spellings of the servers that call themselves compatible; what
they mean stands in `openai_events`. Source: OpenAI API reference, "The chat completion chunk
object".
"""

from typing import Any

import msgspec

from yingda.providers.base import Usage

#: What a decoder raises for foreign bytes; the last for JSON nested beyond the stack.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Part(msgspec.Struct, frozen=True, gc=False):
    """A piece of a message in parts; thinking is one whose type is not `text`."""

    type: str | None = None
    text: str | None = None


class Delta(msgspec.Struct, frozen=True, gc=False):
    """What a chunk adds. Reasoning comes in fields of its own and is left unread."""

    content: str | tuple[Part, ...] | None = None
    refusal: str | None = None


class Choice(msgspec.Struct, frozen=True, gc=False):
    """One of the answers; we ask for one."""

    delta: Delta | None = None
    #: In an answer that came in one go.
    message: Delta | None = None
    finish_reason: str | None = None
    #: Moonshot tells it here.
    usage: Any = None


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """The fields of any chunk that matter; where any type will do, it spoils no answer."""

    id: Any = None
    choices: tuple[Choice, ...] | None = None
    usage: Any = None
    error: Any = None
    #: An error without a frame around it, as some servers send it.
    code: Any = None
    message: Any = None


class _Details(msgspec.Struct, frozen=True):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: int | None = None
    #: OpenAI's place for what was read before; DeepSeek's is the next, Moonshot's the last.
    prompt_tokens_details: _Details | None = None
    prompt_cache_hit_tokens: int | None = None
    cached_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None


#: Raises `msgspec.ValidationError` for a field of the wrong type.
CHUNK = msgspec.json.Decoder(Chunk)


def text_of(choice: Choice) -> str:
    """What this choice adds to the answer."""
    delta = choice.delta or choice.message
    if delta is None:
        return ""
    content = delta.content
    if isinstance(content, str):
        return content
    if content is None:
        return delta.refusal or ""
    return "".join(part.text or "" for part in content if part.type in {None, "text"})


def usage_in(told: object) -> Usage | None:
    """What the answer cost; None where it is not in a form to be read."""
    try:
        found = msgspec.convert(told, _Usage)
    except msgspec.ValidationError:
        return None
    prompt, completion = found.prompt_tokens or 0, found.completion_tokens or 0
    details = found.prompt_tokens_details or _Details()
    cached = details.cached_tokens or found.prompt_cache_hit_tokens or found.cached_tokens
    return Usage(
        prompt_tokens=prompt,
        cached_prompt_tokens=cached or 0,
        completion_tokens=completion,
        total_tokens=found.total_tokens or prompt + completion,
    )
