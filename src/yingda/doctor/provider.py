"""One provider: whether it is reached, knows its key, and has what its app needs.

Knows what Dify's `/parameters` and `/info` tell (Dify service API, "App description"); what
other kinds tell, their own modules know. Runs no app, so that nothing is asked and nothing paid.
"""

from collections.abc import Mapping

import msgspec

from yingda.clock import Clock
from yingda.config.providers import DifyProvider, OpenAiProvider, ProviderSettings
from yingda.doctor.base import Finding, Findings, Subject
from yingda.doctor.dify_parameters import told_of
from yingda.doctor.provider_base import CODE_LIMIT_CHARS, Examined, decoded, one_line
from yingda.doctor.provider_openai import OpenAiExamination
from yingda.doctor.texts import finding
from yingda.errors import ProviderError, ProviderMisconfigured, ProviderUnavailable
from yingda.providers.dify_api import DifyApi
from yingda.providers.dify_errors import ErrorBody
from yingda.providers.dify_settings import DifySettings, usable_base_url
from yingda.providers.http import RawAnswer

#: Dify's codes that have a mend of their own, whatever the status.
_BY_CODE = {
    "unauthorized": "provider_key",
    "forbidden": "provider_forbidden",
    "app_unavailable": "provider_unpublished",
    "agent_not_published": "provider_unpublished",
}
#: What may be shown of the names of variables. Our choice: ten or so.
_NAMES_LIMIT_CHARS = 300


class _Info(msgspec.Struct, frozen=True):
    name: str | None = None
    #: Versions before mid-2025 name none.
    mode: str | None = None


async def check_provider(name: str, settings: ProviderSettings, clock: Clock) -> Findings:
    """Everything that can be told of the provider of this name without asking it a question."""
    if isinstance(settings, OpenAiProvider):
        return await OpenAiExamination(name, settings, clock).findings()
    if not isinstance(settings, DifyProvider):
        return (finding(Subject.PROVIDER, "provider_echo", name),)
    return await _Dify(name, settings, clock).findings()


class _Dify(Examined):
    def __init__(self, name: str, settings: DifyProvider, clock: Clock) -> None:
        super().__init__(name, "dify", clock)
        self._settings = settings

    async def findings(self) -> Findings:
        settings = self._settings
        try:
            url = usable_base_url(settings.base_url)
            dify = DifySettings(base_url=url, api_key=settings.api_key, proxy=settings.proxy)
            api = DifyApi(dify, self.clock)
        except ProviderMisconfigured:
            return (self.say("provider_setting"),)
        way, is_open = await self.way(url, settings.proxy)
        if not is_open:
            return (way,)
        try:
            return (way, *await self._app(api))
        except ProviderError:
            return (way, self.say("provider_no_answer"))
        finally:
            await api.aclose()

    async def _app(self, api: DifyApi) -> Findings:
        answer = await api.look("/parameters")
        if (refused := self._refusal(answer)) is not None:
            return (refused,)
        about = await api.look("/info")
        info = decoded(about.body, _Info) if about.status == 200 else _Info()
        mode = (info.mode if info is not None else None) or self._settings.mode or "?"
        try:
            told = tuple(told_of(answer.body, self._settings, mode))
        except ProviderUnavailable:
            told = None
        if told is None or info is None:
            return (self.say("provider_address", status=answer.status),)
        return (*self._type(info, mode), *(self._tell(code, values) for code, values in told))

    def _refusal(self, answer: RawAnswer) -> Finding | None:
        if answer.status == 200 and not answer.is_html:
            return None
        envelope = decoded(answer.body, ErrorBody)
        code = (envelope.code or "") if envelope is not None else ""
        known = _BY_CODE.get(code) or _by_status(answer, has_code=bool(code))
        reason = code[:CODE_LIMIT_CHARS] if code.replace("_", "").isalnum() else ""
        return self.say(known, status=answer.status, reason=reason)

    def _tell(self, code: str, values: Mapping[str, object]) -> Finding:
        shown = {
            key: one_line(each, _NAMES_LIMIT_CHARS) if isinstance(each, str) else each
            for key, each in values.items()
        }
        return self.say(code, name=self.name, **shown)

    def _type(self, info: _Info, mode: str) -> Findings:
        configured = self._settings.mode
        ready = self.say("provider_ok", app=one_line(info.name), mode=one_line(mode))
        if configured is not None and info.mode and configured != info.mode:
            differs = self.say("provider_mode_differs", mode=one_line(mode), configured=configured)
            return ready, differs
        return (ready,)


def _by_status(answer: RawAnswer, *, has_code: bool) -> str:
    match answer.status:
        case 401:
            return "provider_key"
        case 403:
            return "provider_forbidden"
        case 429:
            return "provider_busy"
        case status if status >= 500:
            return "provider_failing"
        case status if status in {400, 409, 422} and has_code:
            return "provider_refused"
        case _:
            return "provider_address"
