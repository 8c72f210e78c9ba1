"""Addresses and keys of OpenAI-compatible servers, as operators paste them."""

from typing import Any

import pytest

from yingda.clock import VirtualClock
from yingda.errors import ProviderMisconfigured
from yingda.providers.openai_compatible import OpenAiCompatible
from yingda.providers.openai_settings import OpenAiSettings, usable_openai_url


@pytest.mark.parametrize(
    ("pasted", "usable"),
    [
        ("https://api.deepseek.com", "https://api.deepseek.com"),
        ("https://api.deepseek.com/v1/", "https://api.deepseek.com/v1"),
        (" https://a.example/v1/chat/completions ", "https://a.example/v1"),
        ("https://open.bigmodel.cn/api/paas/v4", "https://open.bigmodel.cn/api/paas/v4"),
        ("http://localhost:11434/v1", "http://localhost:11434/v1"),
    ],
)
def test_an_address_is_understood_as_it_is_pasted(pasted: str, usable: str) -> None:
    assert usable_openai_url(pasted) == usable


@pytest.mark.parametrize(
    "settings",
    [
        {"base_url": "ftp://a"},
        {"base_url": "https://a/v1?key=1"},
        {"base_url": "https://u:p@a/v1"},
        {"base_url": "https://"},
        {"base_url": "https://a:x/v1"},
        {"base_url": "https://a/v1", "api_key": "钥匙"},
    ],
)
def test_what_can_never_work_is_refused_before_any_request(settings: dict[str, Any]) -> None:
    with pytest.raises(ProviderMisconfigured) as caught:
        OpenAiCompatible(OpenAiSettings(model="m", **settings), VirtualClock())
    assert caught.value.mend


def test_neither_key_nor_headers_are_shown() -> None:
    settings = OpenAiSettings(base_url="https://a/v1", model="m", api_key="k1", headers={"X": "k2"})
    assert "k1" not in repr(settings)
    assert "k2" not in repr(settings)
    assert "k1" not in str(settings.__rich_repr__())
