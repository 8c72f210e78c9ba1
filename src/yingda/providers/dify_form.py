"""The input variables of a Dify app, and which of them takes the question.

Knows `user_input_form` of `GET /parameters` (Dify service API, "App description"); fields of a
kind that it does not know are variables all the same.
"""

from collections.abc import Collection
from typing import Final

import msgspec

from yingda.clock import Clock
from yingda.errors import ProviderUnavailable
from yingda.providers.dify_api import DifyApi
from yingda.providers.dify_once import AskedOnce
from yingda.providers.dify_settings import AppMode, DifySettings
from yingda.providers.payloads import UNREADABLE

#: What Dify calls the variable of a Text Generator unless its owner renames it.
DEFAULT_INPUT_KEY: Final = "query"
_TEXT_KINDS: Final = frozenset({"text-input", "paragraph"})


class Variable(msgspec.Struct, frozen=True):
    """One input variable."""

    name: str
    #: Dify's word for the field: `text-input`, `select`, `file` and so on.
    kind: str
    is_required: bool
    #: The most characters that it takes; None where Dify does not tell.
    limit_chars: int | None = None


class _Parameters(msgspec.Struct, frozen=True):
    #: Objects of one key, the kind of the field.
    user_input_form: list[dict[str, object]] | None = None


def variables_in(body: bytes) -> tuple[Variable, ...]:
    """The variables in an answer of `/parameters`, in their order.

    Raises ProviderUnavailable when the answer is not what Dify sends.
    """
    try:
        entries = msgspec.json.decode(body, type=_Parameters).user_input_form or []
    except UNREADABLE as error:
        mend = "Look at the Dify server and at the proxy in front of it."
        raise ProviderUnavailable("Dify's /parameters is not as expected", mend=mend) from error
    return tuple(
        _variable(kind, field)
        for entry in entries
        for kind, field in entry.items()
        if isinstance(field, dict) and field.get("variable")
    )


def _variable(kind: str, field: dict[str, object]) -> Variable:
    limit = field.get("max_length")
    return Variable(
        name=str(field["variable"]),
        kind=kind,
        is_required=field.get("required") is True,
        limit_chars=limit if isinstance(limit, int) and limit > 0 else None,
    )


def question_key_in(variables: Collection[Variable], given: Collection[str]) -> str:
    """The variable that takes the question: the only required text that has no value of its own."""
    open_texts = [
        each.name
        for each in variables
        if each.is_required and each.kind in _TEXT_KINDS and each.name not in given
    ]
    return open_texts[0] if len(open_texts) == 1 else DEFAULT_INPUT_KEY


class DifyForm:
    """Finds out once which variable takes the question."""

    def __init__(self, api: DifyApi, settings: DifySettings, clock: Clock) -> None:
        self._api = api
        self._settings = settings
        self._learnt = AskedOnce(self._ask, clock)

    async def question_key(self, mode: AppMode) -> str:
        """The variable's name; the default while Dify cannot be asked.

        Raises nothing: a run with a wrong variable is refused with a mend.
        """
        if self._settings.input_key:
            return self._settings.input_key
        if mode is not AppMode.WORKFLOW:
            return DEFAULT_INPUT_KEY
        return await self._learnt.value() or DEFAULT_INPUT_KEY

    async def _ask(self) -> str:
        body = await self._api.call("GET", "/parameters", deadline_s=self._settings.info_s)
        return question_key_in(variables_in(body or b"{}"), self._settings.inputs)
