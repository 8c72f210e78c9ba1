"""How a Dify app introduces itself: what `GET /parameters` tells of it.

Pure. Source: Dify service API, "App description". A statement may name input variables in double
braces, which Dify's own pages fill in; here the operator's settings do.
"""

import re
from collections.abc import Mapping

import msgspec

from yingda.errors import ProviderUnavailable
from yingda.providers.capabilities import Opening
from yingda.providers.payloads import UNREADABLE

_VARIABLE = re.compile(r"\{\{\s*([^{}\s]+)\s*\}\}")


class _Parameters(msgspec.Struct, frozen=True):
    opening_statement: str | None = None
    suggested_questions: tuple[str, ...] | None = None


def opening_in(body: bytes, inputs: Mapping[str, str]) -> Opening | None:
    """The introduction in an answer; None when the app has none.

    Raises ProviderUnavailable when the answer is not what Dify sends.
    """
    try:
        found = msgspec.json.decode(body, type=_Parameters)
    except UNREADABLE as error:
        mend = "Look at the Dify server and at the proxy in front of it."
        raise ProviderUnavailable("Dify's /parameters is not as expected", mend=mend) from error
    text = _VARIABLE.sub(lambda match: inputs.get(match[1], ""), found.opening_statement or "")
    questions = tuple(
        filled for each in found.suggested_questions or () if (filled := each.strip())
    )
    return Opening(text.strip(), questions) if text.strip() else None
