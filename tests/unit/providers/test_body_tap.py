"""A tap hands a body over whole, by every kind of transport, and gives the connection back."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from yingda.providers.body_tap import BodyTap

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PIECES = [b"data: %d\n\n" % number for number in range(50)]
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]

Answer = Callable[[asyncio.StreamWriter], Coroutine[Any, Any, None]]


class Taken:
    """What a tap handed over."""

    def __init__(self) -> None:
        self.body = b""
        self.ended: asyncio.Future[BaseException | None] = asyncio.Future()

    def take(self, chunk: bytes) -> None:
        self.body += chunk


async def in_chunks(writer: asyncio.StreamWriter) -> None:
    writer.write(CHUNKED)
    for piece in PIECES:
        wire = b"%x\r\n%b\r\n" % (len(piece), piece)
        # Cut within the frame, so that no packet is a chunk.
        writer.write(wire[:5])
        await asyncio.sleep(0)
        writer.write(wire[5:])
        await writer.drain()
    writer.write(b"0\r\n\r\n")


async def at_once(writer: asyncio.StreamWriter) -> None:
    body = b"".join(PIECES)
    writer.write(HEAD + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


async def until_hung_up(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + b"Connection: close\r\n\r\n")
    await writer.drain()
    writer.write(b"".join(PIECES))
    writer.close()


async def broken(writer: asyncio.StreamWriter) -> None:
    writer.write(CHUNKED + b"9\r\ndata: 0\n\n\r\n")
    await writer.drain()
    writer.close()


async def no_http(writer: asyncio.StreamWriter) -> None:
    writer.write(CHUNKED)
    await writer.drain()
    await asyncio.sleep(0.02)
    writer.write(b"this is no length\r\n")


@asynccontextmanager
async def served(answer: Answer, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                await answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def tapped(session: aiohttp.ClientSession, url: str, **options: Any) -> Taken:
    taken = Taken()
    async with asyncio.timeout(5.0):
        response = await session.get(url, **options)
        tap = BodyTap(response, taken.take, taken.ended.set_result)
        tap.open()
        await taken.ended
    response.close()
    return taken


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate nobody signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    path: Path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(path)
    return server_side


@pytest.mark.parametrize("new_loop", LOOPS)
@pytest.mark.parametrize("answer", [in_chunks, at_once, until_hung_up])
def test_every_framing_of_a_body_arrives_whole(
    answer: Answer, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def scene() -> None:
        async with served(answer) as port, aiohttp.ClientSession() as session:
            taken = await tapped(session, f"http://127.0.0.1:{port}/")
            assert taken.body == b"".join(PIECES)
            assert taken.ended.result() is None

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(scene())


@pytest.mark.parametrize("new_loop", LOOPS)
def test_a_body_under_tls_arrives_whole(
    context: ssl.SSLContext, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def scene() -> None:
        async with served(in_chunks, context) as port, aiohttp.ClientSession() as session:
            taken = await tapped(session, f"https://127.0.0.1:{port}/", ssl=False)
            assert taken.body == b"".join(PIECES)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(scene())


@pytest.mark.parametrize("answer", [broken, no_http])
async def test_a_body_that_is_cut_off_ends_with_its_error(answer: Answer) -> None:
    async with served(answer) as port, aiohttp.ClientSession() as session:
        taken = await tapped(session, f"http://127.0.0.1:{port}/")
    assert isinstance(taken.ended.result(), aiohttp.ClientError)


async def test_a_connection_serves_again_after_its_body_was_tapped() -> None:
    connections = 0

    async def counted(writer: asyncio.StreamWriter) -> None:
        peers.add(writer.get_extra_info("peername"))
        await in_chunks(writer)

    peers = set[object]()
    async with served(counted) as port, aiohttp.ClientSession() as session:
        for _ in range(3):
            taken = await tapped(session, f"http://127.0.0.1:{port}/")
            connections += taken.body == b"".join(PIECES)
    assert connections == 3
    assert len(peers) == 1


async def test_a_closed_tap_hands_nothing_over_any_more() -> None:
    taken = Taken()
    async with served(in_chunks) as port, aiohttp.ClientSession() as session:
        response = await session.get(f"http://127.0.0.1:{port}/")
        tap = BodyTap(response, taken.take, taken.ended.set_result)
        tap.open()
        tap.close()
        tap.close()
        had = taken.body
        rest = await response.content.read()
    assert had + rest == b"".join(PIECES)
    assert not taken.ended.done()


async def test_a_paused_tap_lets_the_sender_wait_and_then_goes_on() -> None:
    taken = Taken()
    async with served(in_chunks) as port, aiohttp.ClientSession() as session:
        response = await session.get(f"http://127.0.0.1:{port}/")
        tap = BodyTap(response, taken.take, taken.ended.set_result)
        tap.open()
        tap.pause()
        had = taken.body
        await asyncio.sleep(0.02)
        assert taken.body == had
        tap.resume()
        async with asyncio.timeout(5.0):
            await taken.ended
    assert taken.body == b"".join(PIECES)
