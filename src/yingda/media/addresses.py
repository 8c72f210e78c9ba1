"""Which addresses we may be sent to by a message or an answer. Pure.

Knows origins, ports, names of private networks and ranges of addresses. Refuses to resolve a name:
who does has every address of it judged here. Ranges: the IANA registries of special-purpose
addresses, as `ipaddress` has them, and RFC 4291, 6052, 3056 and 4380.
"""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

from yarl import URL

from yingda.errors import MediaRefused

#: Scheme, host, port.
Origin: TypeAlias = tuple[str, str, int]

#: Ports of the public web (RFC 9110).
_PORTS: Final = frozenset({80, 443})
#: Characters of an address. Our choice: common servers take 8 KB.
_URL_LIMIT_CHARS: Final = 8192
#: Names that stand for this machine or its network: RFC 6761, 6762, 8375, and ICANN's `internal`.
_PRIVATE_SUFFIXES: Final = (".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet")
#: Letters, digits and hyphens in labels (RFC 1123), underscores as some have them, or IPv6.
_HOST: Final = re.compile(r"[0-9A-Za-z._-]+|[0-9A-Fa-f:.]+(%[0-9A-Za-z]+)?")
#: Protocol assignments: all of it, for `ipaddress` of older Pythons knows parts only.
_ASSIGNMENTS: Final = IPv4Network("192.0.0.0/24")
#: All that was ever given to the public of IPv6 (RFC 4291, 2.4).
_UNICAST: Final = IPv6Network("2000::/3")
#: An IPv4 address inside an IPv6 one, in its last 32 bits (RFC 6052).
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")


def trusted(urls: Iterable[str]) -> frozenset[Origin]:
    """The origins of these URLs. Raises ValueError when one is none."""
    return frozenset([origin_of(URL(url)) for url in urls])


def origin_of(url: URL) -> Origin:
    """Scheme, host and port (RFC 6454)."""
    if not url.raw_host or not url.port:
        raise ValueError("no origin: it names no server")
    return url.scheme, url.raw_host, url.port


def parsed(url: str) -> URL:
    """The URL, if it is one that we fetch at all. Raises `MediaRefused`."""
    if len(url) > _URL_LIMIT_CHARS:
        raise MediaRefused("the address is too long")
    try:
        found = URL(url)
        host, port = found.raw_host, found.port
        # What resolvers do to a name, and logs: either fails where a label is empty, too long, or
        # nothing in Punycode (RFC 1035, RFC 3492).
        _ = (host or "").encode("idna"), found.host
    except ValueError:
        raise MediaRefused("the address is none") from None
    if found.scheme not in {"http", "https"} or not host or not port:
        raise MediaRefused("the address is none of the web")
    if not _HOST.fullmatch(host):
        raise MediaRefused("the address names no host")
    if found.user is not None or found.password is not None:
        raise MediaRefused("the address brings a login")
    return found


def check_public(url: URL) -> None:
    """Raise `MediaRefused` unless port and host are those of the public web.

    A name may still lead to a private address; only its connection shows.
    """
    host = (url.raw_host or "").rstrip(".").lower()
    if url.port not in _PORTS:
        raise MediaRefused("the address names a port that is not the web's")
    if _is_number(host):
        check_ip(host)
    elif "." not in host or host.endswith(_PRIVATE_SUFFIXES):
        raise MediaRefused("the address names a private host")


def check_ip(ip: str) -> None:
    """Raise `MediaRefused` unless this is the one plain spelling of a public address."""
    try:
        is_good = is_public(ip_address(ip))
    except ValueError:
        is_good = False
    if not is_good:
        raise MediaRefused("the address leads into a private network")


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Whether anybody on the internet may be found there."""
    if isinstance(ip, IPv4Address):
        is_special = ip.is_multicast or ip.is_reserved or ip in _ASSIGNMENTS
        return ip.is_global and not is_special
    inner = ip.ipv4_mapped or ip.sixtofour
    if inner is None and ip in _TRANSLATED:
        inner = IPv4Address(ip.packed[-4:])
    if inner is not None:
        return is_public(inner)
    return ip in _UNICAST and ip.is_global and ip.teredo is None


def _is_number(host: str) -> bool:
    """Whether resolvers may read it as an address: `127.1`, `0x7f000001` and `2130706433` too.

    The WHATWG's rule: a host whose last label is a number is an address.
    """
    last = host.rpartition(".")[2]
    return ":" in host or last.isdigit() or last.startswith("0x")
