"""Makes the adapters that settings describe: providers, and the client of WeChat's server API.

Knows both sides of every setting of a provider. Decides nothing.
"""

from collections.abc import Mapping

from yingda.clock import Clock
from yingda.config.providers import DifyProvider, EchoProvider, OpenAiProvider, ProviderSettings
from yingda.config.values import AccountSettings
from yingda.engine.inputs.media_base import Media
from yingda.media.convert import Converter
from yingda.media.fetch import Fetcher
from yingda.providers.base import Provider
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import AppMode, DifySettings
from yingda.providers.echo import Echo, EchoSettings
from yingda.providers.openai_compatible import OpenAiCompatible
from yingda.providers.openai_settings import OpenAiSettings
from yingda.templates import Template
from yingda.wechat.api import WechatApi
from yingda.wechat.api_base import TokenVault
from yingda.wechat.api_http import HttpApiTransport, HttpSettings
from yingda.wechat.api_token import Credentials


def wechat_api(settings: AccountSettings, vault: TokenVault, clock: Clock) -> WechatApi | None:
    """The client of WeChat's server API for an account; None without AppID and AppSecret."""
    if settings.app_id is None or settings.app_secret is None:
        return None
    transport = HttpApiTransport(HttpSettings(base_url=settings.api_base), clock)
    return WechatApi(Credentials(settings.app_id, settings.app_secret), transport, vault, clock)


def media_tools(providers: Mapping[str, ProviderSettings], clock: Clock) -> Media:
    """What fetches and converts what followers send, and what these providers' answers name."""
    of_answers = {
        name: _answer_fetcher(own, clock)
        for name, own in providers.items()
        if isinstance(own, DifyProvider)
    }
    return Media(fetching=Fetcher(clock), converting=Converter(clock), of_answers=of_answers)


def _answer_fetcher(settings: DifyProvider, clock: Clock) -> Fetcher:
    """Dify's files stand on its own server; nothing else in that network may be asked."""
    own = (settings.base_url, settings.files_url or settings.base_url)
    return Fetcher(clock, trusted_origins=own, proxy=settings.proxy)


def provider_of(settings: ProviderSettings, clock: Clock) -> Provider:
    """The provider as it is set."""
    if isinstance(settings, EchoProvider):
        echo = EchoSettings(
            first_text_s=settings.first_text_s,
            duration_s=settings.duration_s,
            length_chars=settings.length_chars,
        )
        return Echo(echo, clock)
    if isinstance(settings, OpenAiProvider):
        return OpenAiCompatible(openai_settings_of(settings), clock)
    return Dify(dify_settings_of(settings), clock)


def dify_settings_of(settings: DifyProvider) -> DifySettings:
    """A Dify app as its adapter takes it."""
    return DifySettings(
        base_url=settings.base_url,
        api_key=settings.api_key,
        mode=AppMode(settings.mode) if settings.mode else None,
        inputs=settings.inputs,
        input_key=settings.input_key,
        output_key=settings.output_key,
        sources=settings.sources,
        files_url=settings.files_url,
        first_event_s=settings.first_event_s,
        read_s=settings.read_s,
        total_s=settings.total_s,
        call_s=settings.call_s,
        info_s=settings.info_s,
        upload_s=settings.upload_s,
        speech_s=settings.speech_s,
        suggest_s=settings.suggest_s,
        gather_s=settings.gather_s,
        grace_s=settings.grace_s,
        recovery_s=settings.recovery_s,
        recovery_every_s=settings.recovery_every_s,
        tries=settings.tries,
        voice=settings.voice,
        proxy=settings.proxy,
    )


def openai_settings_of(settings: OpenAiProvider) -> OpenAiSettings:
    """A model as its adapter takes it."""
    prompt = settings.system_prompt
    return OpenAiSettings(
        base_url=settings.base_url,
        model=settings.model,
        api_key=settings.api_key or "",
        headers=settings.headers,
        system_prompt=Template.parse(prompt) if prompt is not None else None,
        memory_turns=settings.memory_turns,
        memory_tokens=settings.memory_tokens,
        summarise=settings.summarise,
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        extra_body=settings.extra_body,
        vision=settings.vision,
        send_user=settings.send_user,
        transcription_model=settings.transcription_model,
        speech_model=settings.speech_model,
        speech_voice=settings.speech_voice,
        first_event_s=settings.first_event_s,
        read_s=settings.read_s,
        total_s=settings.total_s,
        call_s=settings.call_s,
        speech_s=settings.speech_s,
        gather_s=settings.gather_s,
        grace_s=settings.grace_s,
        tries=settings.tries,
        proxy=settings.proxy,
    )
