"""What a Dify app's `/parameters` say that an operator should know before followers do.

Knows input variables, and what of voice, pictures and suggestions is off (Dify service API, "App
description"). Asks nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from yingda.config.providers import DifyProvider
from yingda.providers.dify_form import DEFAULT_INPUT_KEY, question_key_in, variables_in
from yingda.providers.dify_mode import MEMORYLESS
from yingda.providers.dify_settings import AppMode

#: What a variable for questions should take. Our choice: few followers write more on a phone;
#: the short kind of variable takes 48 unless its owner raises it.
QUESTION_LIMIT_CHARS: Final = 500


class _Feature(msgspec.Struct, frozen=True):
    enabled: object = None


class _Uploads(msgspec.Struct, frozen=True):
    image: _Feature | None = None


class _Features(msgspec.Struct, frozen=True):
    speech_to_text: _Feature | None = None
    suggested_questions_after_answer: _Feature | None = None
    file_upload: _Uploads | None = None


#: The code of a finding, and what its sentence names.
Told = tuple[str, Mapping[str, object]]


def told_of(body: bytes, settings: DifyProvider, mode: str) -> Iterator[Told]:
    """Everything worth telling. Raises ProviderUnavailable when the body is not Dify's."""
    yield from _variables(body, settings, mode)
    yield from ((code, {}) for code in _switched_off(body, mode))


def _variables(body: bytes, settings: DifyProvider, mode: str) -> Iterator[Told]:
    variables = variables_in(body)
    given = {name for name, value in settings.inputs.items() if value}
    if mode in MEMORYLESS:
        key = settings.input_key or DEFAULT_INPUT_KEY
        if mode == AppMode.WORKFLOW and not settings.input_key:
            key = question_key_in(variables, settings.inputs)
        given.add(key)
        taker = next((each for each in variables if each.name == key), None)
        if taker is None:
            names = ", ".join(each.name for each in variables) or "-"
            yield "provider_question", {"key": key, "names": names}
        elif taker.limit_chars is not None and taker.limit_chars < QUESTION_LIMIT_CHARS:
            values = {"most": taker.limit_chars, "enough": QUESTION_LIMIT_CHARS}
            yield "provider_question_short", {"key": key, **values}
    missing = [each.name for each in variables if each.is_required and each.name not in given]
    if missing:
        yield "provider_inputs", {"names": ", ".join(missing)}


def _switched_off(body: bytes, mode: str) -> Iterator[str]:
    """What a version that does not tell of it has is not known, so nothing is said."""
    try:
        features = msgspec.json.decode(body, type=_Features)
    except msgspec.ValidationError:
        return
    if _is_off(features.speech_to_text):
        yield "provider_no_speech"
    # Only an answer in a conversation has a next question.
    if mode not in MEMORYLESS and _is_off(features.suggested_questions_after_answer):
        yield "provider_no_suggestions"
    if features.file_upload is not None and _is_off(features.file_upload.image):
        yield "provider_no_pictures"


def _is_off(feature: _Feature | None) -> bool:
    return feature is not None and feature.enabled is False
