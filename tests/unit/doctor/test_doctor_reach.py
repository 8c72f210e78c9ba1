"""Name, connection and certificate told apart."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from support.fronts import Issuer, front
from yingda.clock import SystemClock
from yingda.doctor.address import place
from yingda.doctor.reach import Reached, reach


async def reached(url: str, issuer: Issuer | None = None) -> Reached:
    tls = issuer.trust() if issuer else None
    return await reach(place(url, "--url"), SystemClock(), tls=tls)


async def test_a_server_with_and_without_tls_is_reached(tmp_path: Path) -> None:
    async with front() as url:
        found = await reached(url)
        assert (found.finding.code, found.is_local) == ("reach_ok", True)
    issuer = Issuer("root")
    async with front(tls=issuer.serving(tmp_path)) as url:
        assert (await reached(url, issuer)).finding.code == "reach_ok"


async def test_a_name_that_nobody_has_does_not_resolve() -> None:
    # RFC 6761 keeps `.invalid` free for ever.
    target = place("https://nobody.invalid", "--url")
    found = await reach(target, SystemClock(), limit_s=2.0)
    assert found.finding.code == "dns_failed"
    assert "--url" in str(found.finding.mend)
    assert (await reached(f"https://{'a' * 64}.example")).finding.code == "dns_failed"


async def test_a_closed_port_refuses() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    found = await reached(f"http://127.0.0.1:{port}")
    assert found.finding.code == "connect_refused"
    assert str(port) in found.finding.said.zh


async def test_of_several_addresses_one_that_answers_is_enough_and_all_must_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def several(*_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", ("127.0.0.9", 0)), (2, 1, 6, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", several)
    async with front() as url:
        assert (await reached(url)).finding.code == "reach_ok"
    assert (await reached(url)).finding.code == "connect_refused"


@pytest.mark.parametrize(
    ("days", "host", "code"),
    [
        ((-9, -1), "127.0.0.1", "tls_expired"),
        ((1, 9), "127.0.0.1", "tls_not_yet"),
        ((-1, 9), "127.0.0.2", "tls_host"),
        ((-1, 9), "other.example", "tls_host"),
    ],
)
async def test_a_wrong_certificate_is_told_by_what_is_wrong_with_it(
    days: tuple[int, int], host: str, code: str, tmp_path: Path
) -> None:
    issuer = Issuer("root")
    tls = issuer.serving(tmp_path, host, from_day=days[0], to_day=days[1])
    async with front(tls=tls) as url:
        assert (await reached(url, issuer)).finding.code == code


async def test_a_self_signed_certificate_is_told_from_an_incomplete_chain(tmp_path: Path) -> None:
    root = Issuer("root")
    between = Issuer("between", root)
    async with front(tls=Issuer("alone").serving_itself(tmp_path)) as url:
        found = await reached(url, root)
        assert found.finding.code == "tls_self_signed"
    async with front(tls=between.serving(tmp_path)) as url:
        found = await reached(url, root)
        assert found.finding.code == "tls_incomplete"
        assert "fullchain.pem" in str(found.finding.mend)
    async with front(tls=between.serving(tmp_path, chain=(between,))) as url:
        assert (await reached(url, root)).finding.code == "reach_ok"


async def test_https_at_a_plain_port_and_a_server_that_hangs_up_are_told_apart() -> None:
    async with front() as url:
        found = await reached(url.replace("http:", "https:"))
        assert found.finding.code == "tls_plain"

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert (await reached(f"https://127.0.0.1:{port}")).finding.code == "tls_failed"
