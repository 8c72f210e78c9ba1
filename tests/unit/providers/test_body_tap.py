"""A tap hands a body over whole, by every kind of transport, and gives the connection back."""

import asyncio
import datetime as dt
import gzip
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
from yingda.providers.head_first import HeadFirstConnector, let_on

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
PIECES = [b"data: %d\n\n" % number for number in range(50)]
LOOPS = [asyncio.new_event_loop, uvloop.new_event_loop]
#: By the first, aiohttp's parser reads the whole answer; by the second, the tap reads plain chunks.
CONNECTORS = [aiohttp.TCPConnector, HeadFirstConnector]

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


async def in_chunks_that_speak(writer: asyncio.StreamWriter) -> None:
    """With what a plain chunk has not: an extension, and fields behind the last one."""
    writer.write(CHUNKED)
    for number, piece in enumerate(PIECES):
        extension = b";note=1" if number == 25 else b""
        writer.write(b"%x%b\r\n%b\r\n" % (len(piece), extension, piece))
        await writer.drain()
    writer.write(b"0\r\nDigest: none\r\n\r\n")


async def in_one_packet(writer: asyncio.StreamWriter) -> None:
    chunks = [b"%X\r\n%b\r\n" % (len(piece), piece) for piece in PIECES]
    writer.write(CHUNKED + b"".join(chunks) + b"0\r\n\r\n")


async def behind_hints(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    await in_chunks(writer)


async def compressed(writer: asyncio.StreamWriter) -> None:
    """Though nobody asked for it."""
    wire = gzip.compress(b"".join(PIECES))
    writer.write(HEAD + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
    for begin in range(0, len(wire), 7):
        piece = wire[begin : begin + 7]
        writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
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


async def overlong(writer: asyncio.StreamWriter) -> None:
    """A chunk that goes on behind its size, into what looks like the next one."""
    writer.write(CHUNKED + b"9\r\ndata: 0\n\n\r\n")
    await writer.drain()
    await asyncio.sleep(0.02)
    writer.write(b"9\r\ndata: 0\n\n9\r\ndata: 0\n\n\r\n")


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


@pytest.fixture(params=CONNECTORS)
async def session(request: pytest.FixtureRequest) -> AsyncIterator[aiohttp.ClientSession]:
    """Of either kind."""
    async with aiohttp.ClientSession(connector=request.param()) as opened:
        yield opened


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


FRAMINGS = [
    in_chunks,
    in_chunks_that_speak,
    in_one_packet,
    behind_hints,
    compressed,
    at_once,
    until_hung_up,
]


@pytest.mark.parametrize("new_loop", LOOPS)
@pytest.mark.parametrize("connector", CONNECTORS)
@pytest.mark.parametrize("answer", FRAMINGS)
def test_every_framing_of_a_body_arrives_whole(
    answer: Answer,
    connector: type[aiohttp.TCPConnector],
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def scene() -> None:
        async with (
            served(answer) as port,
            aiohttp.ClientSession(connector=connector()) as session,
        ):
            taken = await tapped(session, f"http://127.0.0.1:{port}/")
            assert taken.body == b"".join(PIECES)
            assert taken.ended.result() is None

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(scene())


@pytest.mark.parametrize("new_loop", LOOPS)
@pytest.mark.parametrize("connector", CONNECTORS)
def test_a_body_under_tls_arrives_whole(
    context: ssl.SSLContext,
    connector: type[aiohttp.TCPConnector],
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def scene() -> None:
        async with (
            served(in_chunks, context) as port,
            aiohttp.ClientSession(connector=connector()) as session,
        ):
            taken = await tapped(session, f"https://127.0.0.1:{port}/", ssl=False)
            assert taken.body == b"".join(PIECES)

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(scene())


@asynccontextmanager
async def tunnel(heads: list[bytes]) -> AsyncIterator[str]:
    """A proxy that notes what it is asked and passes all on; its address with a login."""

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            sink.write(data)
        sink.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        port = int(heads[-1].split()[1].rpartition(b":")[2])
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://user:secret@127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("new_loop", LOOPS)
def test_a_body_through_a_proxys_tunnel_arrives_whole(
    context: ssl.SSLContext, new_loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def scene() -> None:
        heads: list[bytes] = []
        async with (
            served(in_chunks, context) as port,
            tunnel(heads) as proxy,
            aiohttp.ClientSession(connector=HeadFirstConnector()) as session,
        ):
            url = f"https://127.0.0.1:{port}/"
            for _ in range(2):
                taken = await tapped(session, url, ssl=False, proxy=proxy)
                assert taken.body == b"".join(PIECES)
        (head,) = heads
        assert head.startswith(b"CONNECT ")
        assert b"Proxy-Authorization: Basic " in head

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(scene())


@pytest.mark.parametrize("answer", [broken, no_http, overlong])
async def test_a_body_that_is_cut_off_ends_with_its_error(
    answer: Answer, session: aiohttp.ClientSession
) -> None:
    async with served(answer) as port:
        taken = await tapped(session, f"http://127.0.0.1:{port}/")
    assert isinstance(taken.ended.result(), aiohttp.ClientError)


async def test_a_body_whose_connection_is_gone_before_the_tap_is_opened_arrives_all_the_same(
    session: aiohttp.ClientSession,
) -> None:
    async def hurried(writer: asyncio.StreamWriter) -> None:
        await in_one_packet(writer)
        writer.close()

    taken = Taken()
    async with served(hurried) as port, asyncio.timeout(5.0):
        response = await session.get(f"http://127.0.0.1:{port}/")
        await asyncio.sleep(0.02)
        BodyTap(response, taken.take, taken.ended.set_result).open()
        await taken.ended
    assert taken.body == b"".join(PIECES)
    assert taken.ended.result() is None


@pytest.mark.parametrize("answer", [in_chunks, in_chunks_that_speak, in_one_packet, at_once])
async def test_a_connection_serves_again_after_its_body_was_tapped(
    answer: Answer, session: aiohttp.ClientSession
) -> None:
    bodies = []

    async def counted(writer: asyncio.StreamWriter) -> None:
        peers.add(writer.get_extra_info("peername"))
        await answer(writer)

    peers = set[object]()
    async with served(counted) as port:
        for _ in range(3):
            taken = await tapped(session, f"http://127.0.0.1:{port}/")
            bodies.append(taken.body)
    assert bodies == [b"".join(PIECES)] * 3
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


async def test_closing_a_tap_on_plain_chunks_ends_the_connection() -> None:
    taken = Taken()
    gone = asyncio.Event()

    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(CHUNKED)
        try:
            while True:
                writer.write(b"9\r\ndata: 0\n\n\r\n")
                await writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            gone.set()
            raise

    async with (
        served(endless) as port,
        aiohttp.ClientSession(connector=HeadFirstConnector()) as session,
        asyncio.timeout(5.0),
    ):
        response = await session.get(f"http://127.0.0.1:{port}/")
        tap = BodyTap(response, taken.take, taken.ended.set_result)
        tap.open()
        tap.close()
        tap.close()
        had = taken.body
        await gone.wait()
    assert taken.body == had
    assert not taken.ended.done()


async def test_a_paused_tap_lets_the_sender_wait_and_then_goes_on(
    session: aiohttp.ClientSession,
) -> None:
    taken = Taken()
    async with served(in_chunks) as port:
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


@pytest.mark.parametrize("answer", FRAMINGS)
async def test_a_body_that_is_let_on_is_read_by_aiohttp(answer: Answer) -> None:
    connector = HeadFirstConnector()
    async with (
        served(answer) as port,
        aiohttp.ClientSession(connector=connector) as session,
        asyncio.timeout(5.0),
    ):
        response = await session.get(f"http://127.0.0.1:{port}/")
        let_on(response)
        let_on(response)
        assert await response.read() == b"".join(PIECES)


async def test_an_answer_without_a_body_leaves_its_connection_to_the_next_request() -> None:
    peers = set[object]()

    async def empty(writer: asyncio.StreamWriter) -> None:
        peers.add(writer.get_extra_info("peername"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with (
        served(empty) as port,
        aiohttp.ClientSession(connector=HeadFirstConnector()) as session,
        asyncio.timeout(5.0),
    ):
        for _ in range(3):
            response = await session.get(f"http://127.0.0.1:{port}/")
            let_on(response)
            assert await response.read() == b""
    assert len(peers) == 1
