"""Name, connection, certificate: whether a server can be reached, and if not, which of the three.

Knows sockets and what OpenSSL says of a certificate. Knows nothing of what the server serves.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

import msgspec

from yingda.clock import Clock
from yingda.doctor.base import Finding, Status, Subject
from yingda.doctor.texts import finding
from yingda.wechat.limits import WINDOW_S

#: Seconds for each of the three steps. WeChat gives name and connection no more either.
STEP_LIMIT_S = WINDOW_S
_DEFAULT_PORTS = {"http": 80, "https": 443}
#: The code of what happened, and its reason where the code alone says too little.
_Outcome: TypeAlias = tuple[str, str]
_WELL = "reach_ok"
#: Which outcome counts where a name has several addresses; what is not here, counts as 1.
_RANK = {_WELL: 0, "connect_refused": 2, "connect_failed": 3}

#: OpenSSL's verification errors that have a mend of their own (openssl-verification-options,
#: x509_vfy.h); others are told by their name.
_CERTIFICATE = {
    9: "tls_not_yet",
    10: "tls_expired",
    18: "tls_self_signed",
    19: "tls_incomplete",
    20: "tls_incomplete",
    21: "tls_incomplete",
    62: "tls_host",
    64: "tls_host",
}


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A server to reach, and how to speak of it."""

    check: Subject
    subject: str
    #: The setting that names it.
    setting: str
    #: http or https, valid as the settings have it.
    url: str

    @property
    def parts(self) -> SplitResult:
        """The address taken apart."""
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        """The host without brackets and port."""
        return self.parts.hostname or ""

    @property
    def port(self) -> int:
        """The port, that of the scheme when none is named."""
        return self.parts.port or _DEFAULT_PORTS[self.parts.scheme]


class Reached(msgspec.Struct, frozen=True):
    """What came of it."""

    finding: Finding
    #: The addresses behind the name.
    addresses: tuple[str, ...] = ()

    @property
    def is_reached(self) -> bool:
        """Whether requests can be sent there."""
        return self.finding.status is Status.OK

    @property
    def is_local(self) -> bool:
        """Whether no address behind the name can be reached from elsewhere."""
        found = [ipaddress.ip_address(each.partition("%")[0]) for each in self.addresses]
        return bool(found) and not any(each.is_global for each in found)


async def reach(
    target: Target,
    clock: Clock,
    *,
    tls: ssl.SSLContext | None = None,
    limit_s: float = STEP_LIMIT_S,
) -> Reached:
    """Resolve, connect, and shake hands by TLS; `tls` is another trust than the system's."""
    try:
        async with clock.timeout(limit_s):
            addresses = await _resolve(target)
    except (OSError, UnicodeError):
        return Reached(_finding(target, "dns_failed"))
    outcomes = await _all(target, addresses, clock, None, limit_s)
    # An address that takes no connection says nothing of the certificate.
    open_ones = [each for each, (code, _) in zip(addresses, outcomes, strict=True) if code == _WELL]
    if open_ones and target.parts.scheme == "https":
        trust = tls or ssl.create_default_context()
        outcomes = await _all(target, open_ones, clock, trust, limit_s)
    # What counts is the best, as it is for a client that tries them in turn.
    code, reason = min(outcomes, key=lambda outcome: _RANK.get(outcome[0], 1))
    return Reached(_finding(target, code, reason), addresses)


def _finding(target: Target, code: str, reason: str = "") -> Finding:
    return finding(
        target.check,
        code,
        target.subject,
        host=target.host,
        port=target.port,
        setting=target.setting,
        reason=reason,
    )


async def _resolve(target: Target) -> tuple[str, ...]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


async def _all(
    target: Target,
    addresses: Sequence[str],
    clock: Clock,
    tls: ssl.SSLContext | None,
    limit_s: float,
) -> list[_Outcome]:
    """Try every address at once."""
    tried = [_connect(target, address, clock, tls, limit_s) for address in addresses]
    return await asyncio.gather(*tried)


async def _connect(
    target: Target, address: str, clock: Clock, tls: ssl.SSLContext | None, limit_s: float
) -> _Outcome:
    name = None if tls is None else target.host
    try:
        async with clock.timeout(limit_s):
            _, writer = await asyncio.open_connection(
                address, target.port, ssl=tls, server_hostname=name
            )
    except ssl.SSLCertVerificationError as error:
        return _CERTIFICATE.get(error.verify_code, "tls_failed"), error.verify_message
    except ssl.SSLError as error:
        is_plain = error.reason in {
            "WRONG_VERSION_NUMBER",
            "HTTP_REQUEST",
            "PACKET_LENGTH_TOO_LONG",
        }
        return ("tls_plain" if is_plain else "tls_failed"), error.reason or type(error).__name__
    except ConnectionRefusedError:
        return "connect_refused", ""
    except OSError as error:
        # A time-out is one of these too.
        return ("connect_failed" if tls is None else "tls_failed"), type(error).__name__
    writer.transport.abort()
    return _WELL, ""
