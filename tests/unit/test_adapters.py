"""What an operator sets reaches the adapter that it is meant for."""

from dataclasses import fields, replace
from typing import Any

import msgspec
import pytest

from yingda.adapters import dify_settings_of, provider_of
from yingda.clock import SystemClock
from yingda.config.providers import DifyProvider
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import DifySettings

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
