"""A server that writes down to the byte what a test tells it to, over real sockets.

Knows HTTP just well enough to read a request and to frame chunks. `SocketWatch` lets a virtual
clock stand still while bytes are on their way, so that minutes of silence cost nothing.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from yingda.clock import Clock

#: Empty looks in a row until nothing is taken to be on its way; the clock takes 0.2 ms for each.
_QUIET_LOOKS = 3
#: The first byte of a TLS handshake (RFC 8446, section 5.1).
_TLS_HELLO = b"\x16"
_NOTHING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The head of an answer whose body comes in chunks."""

    status: int = 200
    content_type: str = "text/event-stream"
    headers: tuple[tuple[str, str], ...] = ()

    def wire(self) -> bytes:
        """As it goes over the wire."""
        lines = [
            f"HTTP/1.1 {self.status} Scripted",
            f"Content-Type: {self.content_type}",
            "Transfer-Encoding: chunked",
            "Connection: close",
            *(f"{name}: {value}" for name, value in self.headers),
        ]
        return "\r\n".join([*lines, "", ""]).encode()


class Raw(msgspec.Struct, frozen=True):
    """Bytes outside of any chunk."""

    content: bytes


class Pause(msgspec.Struct, frozen=True):
    """Nothing for so many seconds."""

    seconds: float


class Again(msgspec.Struct, frozen=True):
    """The same chunk so many times, and seconds between; for ever where `times` is None."""

    content: bytes
    every_s: float = 0.0
    times: int | None = None


class Cut(msgspec.Struct, frozen=True):
    """The connection breaks."""


#: Bytes are a chunk of the body. After the last step the body ends as it should.
Step = bytes | Head | Raw | Pause | Again | Cut
Play = tuple[Step, ...]
SILENCE = Pause(1e9)


class SocketWatch:
    """Whether bytes are on their way between two ends that live in this loop.

    What one end wrote, the system's loopback has for the other at once.
    """

    def __init__(self) -> None:
        # asyncio keeps its selector private; there is no public way to ask what is readable.
        self._selector = asyncio.get_running_loop()._selector  # type: ignore[attr-defined]
        self._looks = 0

    def __call__(self) -> bool:
        self._looks = 0 if self._selector.select(0) else self._looks + 1
        if self._looks < _QUIET_LOOKS:
            return True
        self._looks = 0
        return False


class OddServer:
    """Plays to the questions in their order; the last play stays. `bodies` are what was asked.

    What is looked up besides, by GET, is `parameters`, or not there.
    """

    def __init__(
        self, clock: Clock, plays: Sequence[Play], parameters: Mapping[str, object] | None = None
    ) -> None:
        self.bodies: list[bytes] = []
        #: How often the chunk of an `Again` was taken by the connection.
        self.repeats = 0
        self.port = 0
        self._clock = clock
        self._plays = plays
        self._looked_up = _NOTHING if parameters is None else _whole(parameters)
        self._tasks: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection came."""
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Break every connection off."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # Whoever asks may go away at any moment, or may speak no HTTP at all.
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                first = await reader.readexactly(1)
                if first == _TLS_HELLO:
                    await _write(writer, _NOTHING)
                    return
                head = first + await reader.readuntil(b"\r\n\r\n")
                if head.startswith(b"GET "):
                    await _write(writer, self._looked_up)
                    return
                self.bodies.append(await reader.readexactly(_length_of(head)))
                play = self._plays[min(len(self.bodies), len(self._plays)) - 1]
                await self._play(play, writer)
        finally:
            writer.close()

    async def _play(self, play: Play, writer: asyncio.StreamWriter) -> None:
        for step in play:
            match step:
                case Cut():
                    return
                case Pause(seconds):
                    await self._clock.sleep(seconds)
                case Head():
                    await _write(writer, step.wire())
                case Raw(content):
                    await _write(writer, content)
                case Again(content, every_s, times):
                    await self._repeat(content, every_s, times, writer)
                case _:
                    await _write(writer, _chunk(step))
        await _write(writer, b"0\r\n\r\n")

    async def _repeat(
        self, content: bytes, every_s: float, times: int | None, writer: asyncio.StreamWriter
    ) -> None:
        done = 0
        while times is None or done < times:
            await _write(writer, _chunk(content))
            await self._clock.sleep(every_s)
            done += 1
            self.repeats += 1


def _chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


def _whole(told: Mapping[str, object]) -> bytes:
    body = msgspec.json.encode(told)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\nConnection: close\r\n\r\n" + body


async def _write(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(content)
    await writer.drain()


def _length_of(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0


@asynccontextmanager
async def odd_server(
    clock: Clock,
    plays: Sequence[Play],
    *,
    parameters: Mapping[str, object] | None = None,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[OddServer]:
    """The server on a free port of the loopback address."""
    odd = OddServer(clock, plays, parameters)
    server = await asyncio.start_server(odd.accept, "127.0.0.1", 0, ssl=tls)
    odd.port = server.sockets[0].getsockname()[1]
    try:
        yield odd
    finally:
        server.close()
        await odd.close()


def tls_context(folder: Path) -> ssl.SSLContext:
    """A server's, with a certificate that only it trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
