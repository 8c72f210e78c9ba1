"""Addresses and keys as operators paste them."""

import pytest

from yingda.clock import SystemClock
from yingda.errors import ProviderMisconfigured
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import DifySettings, usable_api_key, usable_base_url


@pytest.mark.parametrize(
    "pasted",
    [
        "https://api.dify.ai/v1",
        "https://api.dify.ai",
        "https://api.dify.ai/",
        "  https://api.dify.ai/v1/ \n",
        "https://api.dify.ai/v1//",
        "https://api.dify.ai/v1/chat-messages",
    ],
)
def test_a_base_url_is_understood_however_it_was_pasted(pasted: str) -> None:
    assert usable_base_url(pasted) == "https://api.dify.ai/v1"


def test_a_path_before_v1_and_a_port_are_kept() -> None:
    assert usable_base_url("http://[::1]:8080/dify/") == "http://[::1]:8080/dify/v1"


@pytest.mark.parametrize(
    "pasted",
    [
        "",
        "api.dify.ai/v1",
        "ftp://api.dify.ai",
        "https://",
        "https://host:port/v1",
        "https://user:secret@host/v1",
        "https://host/v1?key=secret",
        "https://ho st/v1",
        "https://[::1/v1",
    ],
)
def test_what_is_no_address_is_refused_without_being_quoted(pasted: str) -> None:
    with pytest.raises(ProviderMisconfigured) as caught:
        usable_base_url(pasted)
    assert caught.value.mend
    assert "secret" not in caught.value.detail


@pytest.mark.parametrize("pasted", ["app-x1", " app-x1\n", "Bearer app-x1", "bearer  app-x1"])
def test_a_key_is_understood_however_it_was_pasted(pasted: str) -> None:
    assert usable_api_key(pasted) == "app-x1"


@pytest.mark.parametrize("pasted", ["", "  ", "app-x\ninjected: 1", "app-é", "Bearer ", "a b"])
def test_a_key_that_cannot_stand_in_a_header_is_refused(pasted: str) -> None:
    with pytest.raises(ProviderMisconfigured, match="API key"):
        usable_api_key(pasted)


async def test_no_representation_shows_the_key() -> None:
    settings = DifySettings(base_url="http://localhost", api_key="app-hidden")
    shown = (
        f"{settings!r} {settings!s} {settings.__rich_repr__()} {Dify(settings, SystemClock())!r}"
    )
    assert "hidden" not in shown
