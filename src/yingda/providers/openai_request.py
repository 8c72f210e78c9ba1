"""The body of a request for a chat completion, made of a prompt.

Knows the fields of the API and in what order a conversation is told. Pure. Source: OpenAI API
reference, "Create chat completion".
"""

import base64
import re
from collections.abc import Collection, Iterator

from yingda.providers.base import Picture, Prompt
from yingda.providers.openai_settings import OpenAiSettings

#: What our own settings decide, so that `extra_body` has no say in it.
OWN_FIELDS = frozenset({"model", "messages", "stream", "stream_options"})

_SUMMARY = "此前对话的摘要："
#: How a server says that it does not take a field: OpenAI names it as `param`, those made of
#: FastAPI as a place in the body, older ones in words (measured, and as issues of vLLM, Mistral's
#: users and others quote them).
_REFUSED = {
    "stream_options": re.compile(rb"stream_options|include_usage"),
    # Not where both names are told to be too large.
    "max_tokens": re.compile(
        rb"(?i)(?:unsupported|not supported|\buse\b)[^\n]{0,100}max_completion_tokens"
    ),
    "user": re.compile(
        rb"""["']?param["']?\s*:\s*["']user["']|["']body["'],\s*["']user["']"""
        rb"""|(?i:unrecognized|unsupported|unknown)[^"]{0,60}\buser\b"""
    ),
}


class Concessions:
    """What a server was found not to take, so that it is spared it from then on.

    `insisted` names what the operator sends by `extra_body`: nothing of that is conceded.
    """

    def __init__(self, insisted: Collection[str] = ()) -> None:
        self._fields: set[str] = set()
        self._insisted = frozenset(insisted)

    def __contains__(self, field: str) -> bool:
        return field in self._fields

    def learn(self, body: dict[str, object], status: int, refusal: bytes) -> bool:
        """Whether a refused request may be made acceptable; it will be the next time.

        True also where another request has taught it meanwhile: several may be under way.
        """
        if status not in {400, 422}:
            return False
        for field, pattern in _REFUSED.items():
            if field in body and field not in self._insisted and pattern.search(refusal):
                self._fields.add(field)
                return True
        return False


def request_body(
    settings: OpenAiSettings, prompt: Prompt, concessions: Concessions
) -> dict[str, object]:
    """The whole body; always streaming."""
    body: dict[str, object] = {
        "model": settings.model,
        "messages": list(_messages(settings, prompt)),
    }
    body["stream"] = True
    if "stream_options" not in concessions:
        body["stream_options"] = {"include_usage": True}
    if settings.temperature is not None:
        body["temperature"] = settings.temperature
    if settings.max_tokens is not None:
        # OpenAI's reasoning models know the newer name alone, most other servers the older.
        newer = "max_tokens" in concessions
        body["max_completion_tokens" if newer else "max_tokens"] = settings.max_tokens
    if settings.send_user and "user" not in concessions:
        body["user"] = prompt.user
    extra = {name: each for name, each in settings.extra_body.items() if name not in OWN_FIELDS}
    return body | extra


def _messages(settings: OpenAiSettings, prompt: Prompt) -> Iterator[dict[str, object]]:
    system = _system(settings, prompt)
    if system:
        yield {"role": "system", "content": system}
    for each in prompt.history:
        # Some servers refuse an empty message, and some two of one side in a row.
        if each.question.strip() and each.answer.strip():
            yield {"role": "user", "content": each.question}
            yield {"role": "assistant", "content": each.answer}
    yield {"role": "user", "content": _question(prompt)}


def _system(settings: OpenAiSettings, prompt: Prompt) -> str:
    """All in one message: many chat templates take no second one of this role."""
    template = settings.system_prompt
    own = template.filled(prompt.values).strip() if template is not None else ""
    summary = f"{_SUMMARY}\n{prompt.summary}" if prompt.summary.strip() else ""
    return "\n\n".join(filter(None, (own, summary)))


def _question(prompt: Prompt) -> str | list[dict[str, object]]:
    if not prompt.pictures:
        return prompt.text
    parts: list[dict[str, object]] = [_image(each) for each in prompt.pictures]
    if prompt.text.strip():
        parts.insert(0, {"type": "text", "text": prompt.text})
    return parts


def _image(picture: Picture) -> dict[str, object]:
    encoded = base64.b64encode(picture.content).decode("ascii")
    return {
        "type": "image_url",
        "image_url": {"url": f"data:{picture.content_type};base64,{encoded}"},
    }
