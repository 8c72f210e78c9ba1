"""One provider: whether it is reached, knows its key, and has what its app needs.

Knows what Dify's `/parameters` and `/info` tell (Dify service API, "App description"). Runs no
app, so that nothing is asked and nothing paid.
"""

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from yarl import URL

from yingda.clock import Clock
from yingda.config.providers import DifyProvider, ProviderSettings
from yingda.doctor.base import Finding, Findings, Subject
from yingda.doctor.dify_parameters import told_of
from yingda.doctor.reach import Target, reach
from yingda.doctor.texts import finding
from yingda.errors import ProviderError, ProviderMisconfigured, ProviderUnavailable
from yingda.providers.dify_api import DifyApi
from yingda.providers.dify_errors import ErrorBody
from yingda.providers.dify_settings import DifySettings, usable_base_url
from yingda.providers.http import RawAnswer
from yingda.proxies import proxy_for

T = TypeVar("T")

#: Dify's codes that have a mend of their own, whatever the status.
_BY_CODE = {
    "unauthorized": "provider_key",
    "forbidden": "provider_forbidden",
    "app_unavailable": "provider_unpublished",
    "agent_not_published": "provider_unpublished",
}
#: What may be shown of a code: Dify's own are letters and underscores.
_CODE_LIMIT_CHARS = 60
#: And of the names of variables: our choice, ten or so.
_NAMES_LIMIT_CHARS = 300


class _Info(msgspec.Struct, frozen=True):
    name: str | None = None
    #: Versions before mid-2025 name none.
    mode: str | None = None


async def check_provider(name: str, settings: ProviderSettings, clock: Clock) -> Findings:
    """Everything that can be told of the provider of this name without asking it a question."""
    if not isinstance(settings, DifyProvider):
        return (finding(Subject.PROVIDER, "provider_echo", name),)
    return await _Dify(name, settings, clock).findings()


class _Dify:
    def __init__(self, name: str, settings: DifyProvider, clock: Clock) -> None:
        self._name = name
        self._settings = settings
        self._clock = clock

    async def findings(self) -> Findings:
        try:
            url = usable_base_url(self._settings.base_url)
            settings = self._settings
            dify = DifySettings(base_url=url, api_key=settings.api_key, proxy=settings.proxy)
            api = DifyApi(dify, self._clock)
        except ProviderMisconfigured:
            return (self._say("provider_setting"),)
        way, is_open = await self._way(url)
        if not is_open:
            return (way,)
        try:
            return (way, *await self._app(api))
        except ProviderError:
            return (way, self._say("provider_no_answer"))
        finally:
            await api.aclose()

    async def _way(self, url: str) -> tuple[Finding, bool]:
        proxy = proxy_for(url, self._settings.proxy)
        if proxy is not None:
            # The proxy resolves and connects; what we see from here says nothing.
            return self._say("provider_by_proxy", proxy=_bare(proxy)), True
        target = Target(
            check=Subject.PROVIDER, subject=self._name, setting=self._setting("base_url"), url=url
        )
        reached = await reach(target, self._clock)
        return reached.finding, reached.is_reached

    async def _app(self, api: DifyApi) -> Findings:
        answer = await api.look("/parameters")
        if (refused := self._refusal(answer)) is not None:
            return (refused,)
        about = await api.look("/info")
        info = _decoded(about.body, _Info) if about.status == 200 else _Info()
        mode = (info.mode if info is not None else None) or self._settings.mode or "?"
        try:
            told = tuple(told_of(answer.body, self._settings, mode))
        except ProviderUnavailable:
            told = None
        if told is None or info is None:
            return (self._say("provider_address", status=answer.status),)
        return (*self._type(info, mode), *(self._tell(code, values) for code, values in told))

    def _refusal(self, answer: RawAnswer) -> Finding | None:
        if answer.status == 200 and not answer.is_html:
            return None
        envelope = _decoded(answer.body, ErrorBody)
        code = (envelope.code or "") if envelope is not None else ""
        known = _BY_CODE.get(code) or _by_status(answer, has_code=bool(code))
        reason = code[:_CODE_LIMIT_CHARS] if code.replace("_", "").isalnum() else ""
        return self._say(known, status=answer.status, reason=reason)

    def _tell(self, code: str, values: Mapping[str, object]) -> Finding:
        shown = {
            key: _one_line(each, _NAMES_LIMIT_CHARS) if isinstance(each, str) else each
            for key, each in values.items()
        }
        return self._say(code, name=self._name, **shown)

    def _type(self, info: _Info, mode: str) -> Findings:
        configured = self._settings.mode
        ready = self._say("provider_ok", app=_one_line(info.name), mode=_one_line(mode))
        if configured is not None and info.mode and configured != info.mode:
            differs = self._say(
                "provider_mode_differs", mode=_one_line(mode), configured=configured
            )
            return ready, differs
        return (ready,)

    def _say(self, code: str, **values: object) -> Finding:
        return finding(
            Subject.PROVIDER,
            code,
            self._name,
            **{
                "setting": self._setting("base_url"),
                "key_setting": self._setting("api_key"),
                **values,
            },
        )

    def _setting(self, key: str) -> str:
        # The environment can speak of the provider that is called after its kind.
        variable = f" (YINGDA_DIFY_{key.upper()})" if self._name == "dify" else ""
        return f"providers.{self._name}.{key}{variable}"


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


def _decoded(body: bytes, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _one_line(text: str | None, limit_chars: int = _CODE_LIMIT_CHARS) -> str:
    """Foreign text as it may stand in a report."""
    shown = "".join(each if each.isprintable() else " " for each in text or "?")
    return " ".join(shown.split())[:limit_chars]


def _bare(proxy: URL) -> str:
    return f"{proxy.scheme}://{proxy.host}:{proxy.port}"
