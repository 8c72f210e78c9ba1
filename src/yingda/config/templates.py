"""How a setting that is a template is read: `{date}` and the like in a text.

Refuses to know which settings those are.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from yingda.config.fields import Refused, frozen, text
from yingda.templates import NAMES, Template, TemplateInvalid


def template(value: str) -> str:
    """A text that is a template."""
    try:
        Template.parse(value)
    except TemplateInvalid:
        allowed = ", ".join(f"{{{name}}}" for name in NAMES)
        raise Refused("template", allowed=allowed) from None
    return value


def said(value: str) -> str:
    """A text that says something."""
    if not value:
        raise Refused("empty")
    return value


TemplateText = Annotated[str, AfterValidator(template)]
#: What a model is told first; blanks alone would tell it nothing.
SystemPrompt = Annotated[str, BeforeValidator(text), AfterValidator(said), AfterValidator(template)]
TemplateTexts = Annotated[Mapping[str, TemplateText], AfterValidator(frozen)]
