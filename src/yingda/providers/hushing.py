"""What followers wrote, kept out of what operators read of a failure.

Knows that servers quote in their errors what they were sent. Refuses to know which servers, and
where: whatever stands in both is left out. Pure.
"""

from collections.abc import Iterator

import msgspec

from yingda.errors import ProviderError
from yingda.providers.base import Prompt
from yingda.providers.failures import cleaned

#: What is left of a quotation.
_LEFT_OUT = "[…]"
#: So many characters in a row are a quotation. Our choice: longer than most words of an error,
#: shorter than a number by which somebody could be known.
_RUN_CHARS = 8


def hushed(error: ProviderError, prompt: Prompt) -> ProviderError:
    """The error without what it quotes of the prompt; itself where it quotes nothing."""
    detail = _without(error.detail, prompt)
    if detail == error.detail:
        return error
    return type(error)(detail, mend=error.mend, retry_after_s=error.retry_after_s)


def without_input(details: list[object]) -> str:
    """What FastAPI tells of a request that it refuses, as JSON, but what it quotes of it."""
    kept = [
        {name: value for name, value in each.items() if name not in {"input", "ctx", "url"}}
        if isinstance(each, dict)
        else cleaned(str(each))
        for each in details
    ]
    return msgspec.json.encode(kept).decode()


def _without(detail: str, prompt: Prompt) -> str:
    question = _one_line(prompt.text)
    if not question.isascii() or len(question) >= _RUN_CHARS:
        # A short word of ASCII may be any word of the error's own.
        detail = detail.replace(question, _LEFT_OUT) if question else detail
    told = "\n".join(map(_one_line, _told(prompt)))
    quoted = [False] * len(detail)
    for begin in range(len(detail) - _RUN_CHARS + 1):
        end = begin + _RUN_CHARS
        if detail[begin:end] in told:
            quoted[begin:end] = [True] * _RUN_CHARS
    return "".join(_spared(detail, quoted))


def _told(prompt: Prompt) -> Iterator[str]:
    yield prompt.text
    yield prompt.summary
    for each in prompt.history:
        yield each.question
        yield each.answer


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _spared(detail: str, quoted: list[bool]) -> Iterator[str]:
    was_quoted = False
    for character, is_quoted in zip(detail, quoted, strict=True):
        if not is_quoted:
            yield character
        elif not was_quoted:
            yield _LEFT_OUT
        was_quoted = is_quoted
