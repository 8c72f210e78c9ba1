"""Which proxy is taken, how it may be written, and that its login reaches it and nobody else."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from support.settings import API_KEY, LEAST_FILE, from_file, problems_of, written
from yingda.clock import SystemClock
from yingda.config.providers import DifyProvider
from yingda.errors import ProviderError
from yingda.providers.dify import Dify
from yingda.providers.dify_settings import DifySettings
from yingda.proxies import NO_PROXY, ProxyUnusable, proxy_for, usable_proxy

LOGIN = "Basic " + base64.b64encode(b"user:se cret").decode()


@pytest.fixture(autouse=True)
def _no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    ("written_as", "read_as"),
    [
        ("http://127.0.0.1:7890", "http://127.0.0.1:7890"),
        (" https://user:pass@proxy.example:8443/ ", "https://user:pass@proxy.example:8443/"),
        ("127.0.0.1:7890", "http://127.0.0.1:7890"),
        ("http://[::1]:3128", "http://[::1]:3128"),
        ("NONE", NO_PROXY),
    ],
)
def test_a_proxy_is_understood_as_people_write_it(written_as: str, read_as: str) -> None:
    assert usable_proxy(written_as) == read_as


@pytest.mark.parametrize(
    "text",
    [
        "",
        "socks5://127.0.0.1:1080",
        "http://",
        "http://host:port",
        "http://host:0",
        "http://host/path",
        "http://host?x=secret",
        "http://ho st:1",
        "http://[::1",
        "http://a%3Ab:secret@host:1",
        "http://user:%E5%AF%86secret@host:1",
    ],
)
def test_what_is_no_proxy_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(ProxyUnusable) as caught:
        usable_proxy(text)
    assert "secret" not in str(caught.value)


def test_the_operators_proxy_wins_over_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "machine.example:3128")
    assert str(proxy_for("https://api.example/v1")) == "http://machine.example:3128"
    assert proxy_for("https://api.example/v1", NO_PROXY) is None
    chosen = proxy_for("https://api.example/v1", "http://u:p@own.example:1")
    assert str(chosen) == "http://u:p@own.example:1"


def test_no_proxy_spares_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://machine.example:3128")
    monkeypatch.setenv("no_proxy", "api.example")
    assert proxy_for("https://api.example/v1") is None


@asynccontextmanager
async def proxy(heads: list[str]) -> AsyncIterator[str]:
    """A proxy that notes what it is asked and then refuses; its address without the scheme."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize(
    ("scheme", "asked"),
    [
        ("http", "GET http://dify.invalid/v1/parameters "),
        ("https", "CONNECT dify.invalid:443 "),
    ],
)
async def test_the_login_reaches_the_proxy_and_the_key_only_dify(scheme: str, asked: str) -> None:
    heads: list[str] = []
    async with proxy(heads) as address:
        settings = DifySettings(
            base_url=f"{scheme}://dify.invalid",
            api_key=API_KEY,
            proxy=f"http://user:se%20cret@{address}",
        )
        dify = Dify(settings, SystemClock())
        with pytest.raises(ProviderError):
            await dify.opening()
        await dify.aclose()
    assert heads[0].startswith(asked)
    assert f"Proxy-Authorization: {LOGIN}" in heads[0]
    assert (API_KEY in heads[0]) is (scheme == "http")
    assert "cret" not in repr(settings)


def test_a_provider_may_have_a_proxy_of_its_own_and_never_shows_it(
    tmp_path: Path,
) -> None:
    settings = from_file(tmp_path, LEAST_FILE + 'proxy = "http://u:hidden@127.0.0.1:7890"\n')
    provider = settings.providers["assistant"]
    assert isinstance(provider, DifyProvider)
    assert provider.proxy == "http://u:hidden@127.0.0.1:7890"
    assert "hidden" not in repr(settings)
    referred = from_file(
        tmp_path, LEAST_FILE + 'proxy = "env:P"\n', {"P": "127.0.0.1:7890"}
    ).providers["assistant"]
    assert referred == DifyProvider(api_key=API_KEY, proxy="http://127.0.0.1:7890")
    direct = from_file(tmp_path, LEAST_FILE + 'proxy = "None"\n').providers["assistant"]
    assert direct == DifyProvider(api_key=API_KEY, proxy=NO_PROXY)


def test_a_proxy_that_cannot_be_used_is_a_problem_with_a_mend(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, LEAST_FILE + 'proxy = "socks5://u:hidden@127.0.0.1:1080"\n')
    (found,) = problems_of({}, config_path=path)
    assert found.key == "providers.assistant.proxy"
    assert "SOCKS" in found.mend.en
    assert "hidden" not in repr(found)
