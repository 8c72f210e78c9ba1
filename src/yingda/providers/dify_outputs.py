"""What of a Workflow app's outputs is the answer.

Knows the order of choice: the output that the operator names, the only text, a usual name. Pure.
Source: Dify service API, "Order of events".
"""

from typing import Final

import msgspec

from yingda.providers.dify_files import AnswerFile, as_file
from yingda.providers.payloads import UNREADABLE

#: Usual names of the answer, likeliest first.
_USUAL: Final = ("text", "answer", "result", "output")


class Outputs(msgspec.Struct, frozen=True):
    """The outputs of one run, by name."""

    values: dict[str, object] = {}

    def text(self, output_key: str | None) -> str:
        """The answer's text; "" where no output is sure to be it."""
        if output_key is not None:
            value = self.values.get(output_key)
            return _written(value) if value is not None else ""
        texts = {name: value for name, value in self.values.items() if isinstance(value, str)}
        if len(texts) == 1:
            return next(iter(texts.values()))
        return next((texts[name] for name in _USUAL if texts.get(name)), "")

    def as_json(self) -> str:
        """Everything that is no file, for want of an answer; "" when there is nothing."""
        kept = {
            name: value
            for name, value in self.values.items()
            if value not in (None, "", [], {}) and not _files(value)
        }
        return _written(kept) if kept else ""

    def files(self) -> tuple[AnswerFile, ...]:
        """The files among the outputs."""
        return tuple(file for value in self.values.values() for file in _files(value))


def outputs_in(raw: msgspec.Raw) -> Outputs:
    """The outputs of a run's end or record; none where they cannot be read.

    Some records hold them as a text of JSON.
    """
    try:
        found = msgspec.json.decode(raw)
        if isinstance(found, str):
            found = msgspec.json.decode(found)
    except UNREADABLE:
        return Outputs()
    return Outputs(found) if isinstance(found, dict) else Outputs()


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _files(value: object) -> tuple[AnswerFile, ...]:
    several = value if isinstance(value, list) else [value]
    return tuple(file for each in several if (file := as_file(each)) is not None)
