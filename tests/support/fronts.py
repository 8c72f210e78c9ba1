"""Servers that stand where a gateway or its proxy would, and behave as they are told.

And certificates of every kind for them, made on the spot.
"""

import asyncio
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from yingda.clock import SystemClock
from yingda.errors import RequestRejected
from yingda.wechat.limits import FRESHNESS_S
from yingda.wechat.signature import parse_query, verify

TOKEN = "k3Rm9tQ2"

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def gateway(request: web.Request) -> web.Response:
    """What a gateway with the accounts `default` and `shop` answers; it holds nothing."""
    if request.path not in {"/wechat/default", "/wechat/shop"}:
        return web.Response(status=404, text="not found")
    query = parse_query(request.query_string.encode())
    try:
        verify(query, TOKEN, now_s=SystemClock().now(), freshness_s=FRESHNESS_S)
    except RequestRejected as rejected:
        return web.Response(status=rejected.http_status, text="refused")
    return web.Response(text=query.echostr if request.method == "GET" else "success")


async def is_probe(request: web.Request) -> bool:
    """Whether this is the event that wants to be held."""
    return b"yingda_hold" in await request.read()


def cut(request: web.Request) -> None:
    """End the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()


@asynccontextmanager
async def front(
    answer: Answering = gateway, *, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """A server on loopback that answers every request by `answer`; its address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.05, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    try:
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        # Connections that were cut leave their transports to the loop.
        await asyncio.sleep(0)


class Issuer:
    """A certificate authority of its own, a root or below another one."""

    def __init__(self, name: str, above: "Issuer | None" = None) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = (above or self)._signed(self.name, self.key, is_authority=True)

    def trust(self) -> ssl.SSLContext:
        """A client that trusts this authority alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=_pem(self.certificate))
        return context

    def serving(
        self,
        folder: Path,
        host: str = "127.0.0.1",
        *,
        from_day: int = -1,
        to_day: int = 30,
        chain: tuple["Issuer", ...] = (),
    ) -> ssl.SSLContext:
        """A server with a certificate for `host`, valid between these days from today."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        leaf = self._signed(name, key, host=host, from_day=from_day, to_day=to_day)
        return _serving(folder, key, leaf, *(each.certificate for each in chain))

    def serving_itself(self, folder: Path) -> ssl.SSLContext:
        """A server that shows this authority's own, self-signed certificate."""
        return _serving(folder, self.key, self.certificate)

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        host: str = "",
        from_day: int = -1,
        to_day: int = 30,
        is_authority: bool = False,
    ) -> x509.Certificate:
        today = dt.datetime.now(dt.UTC)
        public = key.public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(today + dt.timedelta(days=from_day))
            .not_valid_after(today + dt.timedelta(days=to_day))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
            .add_extension(_usage(is_authority=is_authority), critical=True)
        )
        if host:
            names = x509.SubjectAlternativeName([_general_name(host)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self.key, hashes.SHA256())


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _serving(
    folder: Path, key: ec.EllipticCurvePrivateKey, *certificates: x509.Certificate
) -> ssl.SSLContext:
    file = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file.write_text(secret.decode() + "".join(map(_pem, certificates)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
