"""An OpenAI-compatible server: whether it is reached, knows its key, and has the model.

Knows what `GET /models` tells (OpenAI API reference, "List models"), which not every server has.
Asks nothing that a model would have to answer, so that nothing is paid.
"""

import msgspec

from yingda.adapters import openai_settings_of
from yingda.clock import Clock
from yingda.config.providers import OpenAiProvider
from yingda.doctor.base import Finding, Findings
from yingda.doctor.provider_base import Examined, decoded, one_line
from yingda.errors import (
    ProviderBusy,
    ProviderError,
    ProviderMisconfigured,
    ProviderUnavailable,
    QuotaExhausted,
)
from yingda.providers.http import RawAnswer
from yingda.providers.openai_api import OpenAiApi
from yingda.providers.openai_codes import ADDRESS, FORBIDDEN, KEY
from yingda.providers.openai_errors import from_response
from yingda.providers.openai_settings import usable_openai_url

#: Statuses of servers that have no such list: key and model show at the first question.
_NO_LIST = frozenset({404, 405, 501})


class _Model(msgspec.Struct, frozen=True):
    id: str | None = None


class _Models(msgspec.Struct, frozen=True):
    data: tuple[_Model, ...]


class OpenAiExamination(Examined):
    """One model under examination."""

    def __init__(self, name: str, settings: OpenAiProvider, clock: Clock) -> None:
        super().__init__(name, "openai", clock)
        self._settings = settings

    async def findings(self) -> Findings:
        """Everything that can be told without asking a question."""
        try:
            api = OpenAiApi(openai_settings_of(self._settings), self.clock)
        except ProviderMisconfigured:
            return (self.say("model_setting"),)
        way, is_open = await self.way(
            usable_openai_url(self._settings.base_url), self._settings.proxy
        )
        if not is_open:
            await api.aclose()
            return (way,)
        try:
            return (way, await self._model(api))
        except ProviderError:
            return (way, self.say("model_no_answer"))
        finally:
            await api.aclose()

    async def _model(self, api: OpenAiApi) -> Finding:
        answer = await api.list_models()
        if answer.status in _NO_LIST:
            return await self._without_list(api)
        if answer.status != 200 or answer.is_html:
            return self._refusal(answer)
        models = _models_in(answer.body)
        if models is None:
            return self.say("model_address", status=answer.status)
        model = one_line(self._settings.model)
        # Google writes `models/` before each of its names.
        if self._settings.model in {(each.id or "").removeprefix("models/") for each in models}:
            return self.say("model_ok", model=model)
        return self.say("model_unlisted", model=model)

    async def _without_list(self, api: OpenAiApi) -> Finding:
        """A server without a list is well, if it is there at all."""
        answer = await api.knock()
        if answer.is_html or answer.status in _NO_LIST:
            return self.say("model_address", status=answer.status)
        if answer.status in {401, 403}:
            return self._refusal(answer)
        return self.say("model_no_list")

    def _refusal(self, answer: RawAnswer) -> Finding:
        failure = from_response(answer.status, answer.body)
        values = {"status": answer.status, "reason": one_line(failure.code or "-")}
        match failure.error:
            case ProviderBusy():
                return self.say("model_busy", **values)
            case ProviderUnavailable():
                return self.say("model_failing", **values)
            case QuotaExhausted():
                return self.say("model_quota", **values)
            case ProviderMisconfigured(mend=KEY.mend):
                return self.say("model_key", **values)
            case ProviderMisconfigured(mend=FORBIDDEN.mend):
                return self.say("model_forbidden", **values)
            case ProviderMisconfigured(mend=ADDRESS.mend):
                return self.say("model_address", **values)
            case _:
                return self.say("model_refused", **values)


def _models_in(body: bytes) -> tuple[_Model, ...] | None:
    """The models listed; None where that is no list of models."""
    framed = decoded(body, _Models)
    # Together's list stands without a frame.
    return decoded(body, tuple[_Model, ...]) if framed is None else framed.data
