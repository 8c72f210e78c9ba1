"""The chunks of a chat completion as they stand in the payloads, and how they are read.

Knows which fields matter, in the spellings of the servers that call themselves compatible; what
they mean stands in `openai_events`. Source: OpenAI API reference, "The chat completion chunk
object".
"""

from typing import Any

import msgspec

from yingda.providers.base import Usage
from yingda.providers.counts import tokens_in


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


#: Raises `msgspec.ValidationError` for a field of the wrong type.
CHUNK = msgspec.json.Decoder(Chunk)


#: As OpenAI and most others write it, and as Python does; of one who writes it otherwise, or not
#: at all, the text is read at once.
_GOES_ON = b'"finish_reason":null'
_GOES_ON_SPACED = b'"finish_reason": null'


def is_text_alone(packet: bytes) -> bool:
    """Whether these bytes are one chunk that the answer goes on behind."""
    return (
        packet.startswith(b"data: {")
        and (_GOES_ON in packet or _GOES_ON_SPACED in packet)
        and packet.find(b"\n") == len(packet) - 2
    )


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
    """What the answer cost; None where nothing of it can be read. One odd field spoils no other."""
    if not isinstance(told, dict):
        return None
    prompt = tokens_in(told.get("prompt_tokens"))
    completion = tokens_in(told.get("completion_tokens"))
    total = tokens_in(told.get("total_tokens")) or prompt + completion
    if not total:
        return None
    return Usage(
        prompt_tokens=prompt,
        cached_prompt_tokens=min(_cached_in(told), prompt),
        completion_tokens=completion,
        total_tokens=total,
    )


def _cached_in(told: dict[str, object]) -> int:
    """Of the prompt, what was read before: OpenAI's place, DeepSeek's, Moonshot's."""
    details = told.get("prompt_tokens_details")
    places = (
        details.get("cached_tokens") if isinstance(details, dict) else None,
        told.get("prompt_cache_hit_tokens"),
        told.get("cached_tokens"),
    )
    return next((count for each in places if (count := tokens_in(each))), 0)
