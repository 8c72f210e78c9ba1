"""Downloads from addresses that strangers name."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from yingda.clock import SystemClock
from yingda.errors import MediaMissing, MediaRefused, MediaTooLarge, MediaUnavailable
from yingda.media import addresses, fetch
from yingda.media.base import Fetched
from yingda.media.fetch import Fetcher

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LIMIT_BYTES = 1000


class Resolver(AbstractResolver):
    """Answers each question for any name with the next list of addresses, then with the last."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        del family
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=ip,
                port=port,
                family=socket.AF_INET6 if ":" in ip else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for ip in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Site:
    """A server on the loopback address that keeps what it was asked."""

    def __init__(self) -> None:
        self.origin = ""
        self.port = 0
        self.requests: list[web.Request] = []
        self.pages: dict[str, Handler] = {}

    def redirect(self, path: str, to: str, status: int = 302) -> None:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": to})

        self.pages[path] = answer

    def page(self, path: str, status: int = 200, **options: object) -> None:
        async def answer(_: web.Request) -> web.Response:
            return web.Response(status=status, **options)  # type: ignore[arg-type]  # aiohttp's own

        self.pages[path] = answer

    async def serve(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        return await self.pages[request.path](request)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    opened = Site()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", opened.serve)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    opened.port = runner.addresses[0][1]
    opened.origin = f"http://127.0.0.1:{opened.port}"
    yield opened
    await runner.cleanup()


@asynccontextmanager
async def fetcher(
    *trusted: str, resolver: AbstractResolver | None = None, deadline_s: float = 5.0
) -> AsyncIterator[Fetcher]:
    opened = Fetcher(
        SystemClock(),
        trusted_origins=trusted,
        limit_bytes=LIMIT_BYTES,
        deadline_s=deadline_s,
        resolver=resolver,
    )
    try:
        yield opened
    finally:
        await opened.aclose()


async def test_a_file_comes_with_what_its_server_said_of_it(site: Site) -> None:
    site.page("/a.png", body=b"\x89PNG", headers={"Content-Type": "Image/PNG; x=1"})
    async with fetcher(site.origin) as opened:
        assert await opened.fetch(f"{site.origin}/a.png?sign=a%2Fb") == Fetched(
            b"\x89PNG", "image/png"
        )
    asked = site.requests[0]
    assert asked.query["sign"] == "a/b"
    assert "Cookie" not in asked.headers
    assert asked.headers["Accept-Encoding"] == "identity"


async def test_no_cookie_goes_back(site: Site) -> None:
    site.page("/a", body=b"1", headers={"Set-Cookie": "a=b; Path=/"})
    async with fetcher(site.origin) as opened:
        await opened.fetch(f"{site.origin}/a")
        await opened.fetch(f"{site.origin}/a")
    assert [request.headers.get("Cookie") for request in site.requests] == [None, None]


async def test_a_public_name_on_a_public_port_is_fetched(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.page("/a", body=b"1")
    monkeypatch.setattr(addresses, "_PORTS", frozenset({site.port}))
    seen: list[str] = []
    monkeypatch.setattr(fetch, "check_ip", seen.append)
    async with fetcher(resolver=Resolver(["127.0.0.1"])) as opened:
        assert (await opened.fetch(f"http://pictures.example:{site.port}/a")).content == b"1"
    # Judged when it was resolved, and again when it was connected to.
    assert seen == ["127.0.0.1", "127.0.0.1"]


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fd00::1"],
        ["93.184.215.14", "192.168.0.1"],
    ],
)
async def test_a_name_that_leads_to_any_private_address_is_refused(found: list[str]) -> None:
    async with fetcher(resolver=Resolver(found)) as opened:
        with pytest.raises(MediaRefused, match=r"pictures\.example: .*private"):
            await opened.fetch("http://pictures.example/a.png")


async def test_a_name_that_changes_its_mind_is_judged_each_time_it_is_asked(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.page("/a", body=b"1")
    monkeypatch.setattr(addresses, "_PORTS", frozenset({site.port}))
    # The first time the name leads out, so that a check before the connection would be content.
    resolver = Resolver(["203.0.114.1"], ["127.0.0.1"])
    tried: list[str] = []

    def unreachable(address: tuple[object, object, object, object, tuple[str, int]]) -> None:
        tried.append(address[4][0])
        raise OSError("no route")

    monkeypatch.setattr(fetch, "_guarded_socket", unreachable)
    async with fetcher(resolver=resolver) as opened:
        with pytest.raises(MediaUnavailable):
            await opened.fetch(f"http://pictures.example:{site.port}/a")
    monkeypatch.undo()
    monkeypatch.setattr(addresses, "_PORTS", frozenset({site.port}))
    async with fetcher(resolver=resolver) as opened:
        with pytest.raises(MediaRefused):
            await opened.fetch(f"http://pictures.example:{site.port}/a")
    # Whatever is connected to is what was resolved and judged: nobody asks in between.
    assert tried == ["203.0.114.1"]
    assert resolver.asked == ["pictures.example"] * 2
    assert not site.requests


def test_the_last_look_is_at_the_very_address_that_is_connected_to() -> None:
    stream = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    with pytest.raises(OSError, match="private"):
        fetch._guarded_socket((*stream, ("127.0.0.1", 80)))
    fetch._guarded_socket((*stream, ("1.1.1.1", 80))).close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_followed_also_to_a_path_alone(status: int, site: Site) -> None:
    site.redirect("/deep/1", "../2?a=b", status)
    site.page("/2", body=b"there")
    async with fetcher(site.origin) as opened:
        assert (await opened.fetch(f"{site.origin}/deep/1")).content == b"there"
    assert all(request.method == "GET" for request in site.requests)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://2130706433/",
        "http://localhost/",
        "//10.0.0.1/",
        "file:///etc/passwd",
        "http://user:pass@example.com/",
        "http://example.com:8080/",
        "http://[",
    ],
)
async def test_a_redirect_into_a_private_network_is_refused(target: str, site: Site) -> None:
    site.redirect("/a", target)
    async with fetcher(site.origin) as opened:
        with pytest.raises(MediaRefused):
            await opened.fetch(f"{site.origin}/a")
    assert len(site.requests) == 1


async def test_nobody_else_s_server_sends_us_to_the_operator_s_own(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.redirect("/a", f"{site.origin}/b")
    site.page("/b", body=b"inside")
    monkeypatch.setattr(addresses, "_PORTS", frozenset({site.port}))
    monkeypatch.setattr(fetch, "check_ip", lambda _: None)
    async with fetcher(site.origin, resolver=Resolver(["127.0.0.1"])) as opened:
        with pytest.raises(MediaRefused):
            await opened.fetch(f"http://pictures.example:{site.port}/a")
    assert [request.path for request in site.requests] == ["/a"]


async def test_a_fourth_redirect_is_one_too_many(site: Site) -> None:
    for number in range(9):
        site.redirect(f"/{number}", f"/{number + 1}")
    site.page("/3", body=b"third")
    async with fetcher(site.origin) as opened:
        assert (await opened.fetch(f"{site.origin}/0")).content == b"third"
        site.redirect("/3", "/4")
        with pytest.raises(MediaRefused, match="too many"):
            await opened.fetch(f"{site.origin}/0")
    assert len(site.requests) == 8


async def test_trust_is_for_one_origin_not_for_its_network(site: Site) -> None:
    async with fetcher(site.origin) as opened:
        for url in ("http://127.0.0.1/", f"http://127.0.0.2:{site.port}/", "http://10.0.0.1/"):
            with pytest.raises(MediaRefused):
                await opened.fetch(url)
    assert not site.requests


async def test_a_file_said_to_be_too_large_is_not_read(site: Site) -> None:
    site.page("/a", body=b"a" * (LIMIT_BYTES + 1))
    site.page("/b", body=b"b" * LIMIT_BYTES)
    async with fetcher(site.origin) as opened:
        with pytest.raises(MediaTooLarge):
            await opened.fetch(f"{site.origin}/a")
        assert len((await opened.fetch(f"{site.origin}/b")).content) == LIMIT_BYTES


async def test_a_file_without_a_said_size_is_cut_off_at_the_limit(site: Site) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(bytes(512))

    site.pages["/a"] = endless
    async with fetcher(site.origin) as opened:
        with pytest.raises(MediaTooLarge):
            await opened.fetch(f"{site.origin}/a")


async def test_a_packed_answer_is_left_packed(site: Site) -> None:
    site.page("/a", body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})
    async with fetcher(site.origin) as opened:
        assert (await opened.fetch(f"{site.origin}/a")).content == b"\x1f\x8b"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_a_file_that_is_not_there_is_not_asked_for_again(status: int, site: Site) -> None:
    site.page("/a", status)
    async with fetcher(site.origin) as opened:
        with pytest.raises(MediaMissing, match=str(status)) as caught:
            await opened.fetch(f"{site.origin}/a?sign=geheim")
    assert not caught.value.transient
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("status", [204, 206, 304, 408, 429, 500, 502, 503])
async def test_a_failing_server_may_be_asked_again(status: int, site: Site) -> None:
    site.page("/a", status)
    async with fetcher(site.origin) as opened:
        with pytest.raises(MediaUnavailable) as caught:
            await opened.fetch(f"{site.origin}/a")
    assert caught.value.transient


async def test_a_slow_server_is_given_up_at_the_deadline_redirects_and_all(site: Site) -> None:
    async def silent(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    site.redirect("/a", "/b")
    site.pages["/b"] = silent
    async with fetcher(site.origin, deadline_s=0.05) as opened:
        with pytest.raises(MediaUnavailable, match="in time"):
            await opened.fetch(f"{site.origin}/a")


async def test_nobody_at_the_address_is_told_without_its_secrets() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with fetcher(origin) as opened:
        with pytest.raises(MediaUnavailable) as caught:
            await opened.fetch(f"{origin}/a?sign=geheim")
    assert "geheim" not in str(caught.value)


async def test_behind_a_proxy_names_are_the_proxy_s_and_private_addresses_stay_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", site.origin)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    site.page("/a", body=b"by proxy")
    resolver = Resolver(["127.0.0.1"])
    async with fetcher(resolver=resolver) as opened:
        assert (await opened.fetch("http://pictures.example/a")).content == b"by proxy"
        for url in ("http://10.0.0.1/a", "http://localhost/a", "http://127.1/", "http://nas.lan/"):
            with pytest.raises(MediaRefused):
                await opened.fetch(url)
    assert not resolver.asked
    assert [request.headers["Host"] for request in site.requests] == ["pictures.example"]
