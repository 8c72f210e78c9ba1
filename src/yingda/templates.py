"""Operators' texts with names in braces, such as `{date}`, which every question fills anew.

Knows how they are written and which names there are. Refuses to know whose text it is, and
where the values come from.
"""

import string
from collections.abc import Mapping
from typing import Final

import msgspec

#: What a template may name. `follower` is the pseudonym, never the openid; `date`, `time` and
#: `weekday` are those of the account's time zone.
NAMES: Final = ("account", "follower", "date", "time", "weekday")


class TemplateInvalid(ValueError):
    """Its braces do not match, or hold something else than one of `NAMES`."""


class Template(msgspec.Struct, frozen=True):
    """A text that was parsed; make it with `parse`. It may be private, so it is not shown."""

    #: Plain text and the name that follows it, in turns; None where none does.
    parts: tuple[tuple[str, str | None], ...] = ()

    def __repr__(self) -> str:
        return "Template(…)"

    @staticmethod
    def parse(text: str) -> "Template":
        """Read a text; a brace that is meant itself stands there twice.

        Raises `TemplateInvalid`, whose message does not quote the text.
        """
        try:
            read = tuple(string.Formatter().parse(text))
        except ValueError:
            raise TemplateInvalid("the braces do not match") from None
        for _, name, form, conversion in read:
            if name is not None and (name not in NAMES or form or conversion):
                raise TemplateInvalid("the braces hold what is no known name")
        return Template(tuple((literal, name) for literal, name, _, _ in read))

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with these values; one that is missing leaves nothing behind.

        Braces inside a value mean nothing.
        """
        return "".join(
            literal if name is None else literal + values.get(name, "")
            for literal, name in self.parts
        )
