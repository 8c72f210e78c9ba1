"""What an operator sets reaches the adapter that it is meant for."""

from dataclasses import fields, replace
from typing import Any

import msgspec
import pytest

from support.media import picture
from yingda.adapters import dify_settings_of, media_tools, provider_of
from yingda.clock import SystemClock
from yingda.config.providers import DifyProvider, EchoProvider, ProviderSettings
from yingda.errors import MediaRefused
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import DifySettings
from yingda.simulator.library import Library
from yingda.simulator.picture_host import PictureHost

PROVIDER = DifyProvider(api_key="app-Zq8Lk2Vt6Ws0")
ADAPTED = {each.name: each.default for each in msgspec.structs.fields(DifySettings)}
#: Every deadline, and how often to try.
NUMBERS = sorted(
    each.name
    for each in fields(PROVIDER)
    if each.name in ADAPTED and isinstance(each.default, int | float)
)


def test_every_deadline_of_the_adapter_is_a_setting() -> None:
    assert {name for name in ADAPTED if name.endswith("_s")} <= set(NUMBERS)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_reaches_the_adapter_and_has_one_default(name: str) -> None:
    default = getattr(PROVIDER, name)
    assert ADAPTED[name] == default
    assert getattr(dify_settings_of(PROVIDER), name) == default
    changed: dict[str, Any] = {name: default + 1}
    assert getattr(dify_settings_of(replace(PROVIDER, **changed)), name) == default + 1


def test_words_reach_the_adapter_as_well() -> None:
    changed = replace(PROVIDER, voice="nova", proxy="none", inputs={"a": "b"}, mode="chat")
    adapted = dify_settings_of(changed)
    assert (adapted.voice, adapted.proxy, adapted.mode) == ("nova", "none", "chat")
    assert set(adapted.inputs) == {"a"}


async def test_a_dify_app_is_made_of_its_settings() -> None:
    provider = provider_of(PROVIDER, SystemClock())
    assert isinstance(provider, Dify)
    await provider.aclose()


async def test_an_answer_reaches_its_own_dify_in_a_private_network_and_nobody_elses() -> None:
    clock = SystemClock()
    library = Library(clock)
    media_id = library.put("image", picture(), "image/png")
    async with PictureHost(library) as host:
        providers: dict[str, ProviderSettings] = {
            "api": replace(PROVIDER, base_url=f"{host.base_url}/v1"),
            "files": replace(PROVIDER, files_url=host.base_url),
            "other": PROVIDER,
            "echo": EchoProvider(),
        }
        media = media_tools(providers, clock)
        try:
            for name in ("api", "files"):
                fetched = await media.fetching_for(name).fetch(library.picture_url(media_id))
                assert fetched.content == picture()
            for name in ("other", "echo"):
                with pytest.raises(MediaRefused):
                    await media.fetching_for(name).fetch(library.picture_url(media_id))
        finally:
            await media.aclose()
