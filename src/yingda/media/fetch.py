"""Downloads from addresses that strangers name, so that nobody sends us where only we can go.

Knows connections, redirects, sizes and time. Refuses to know what an address may be (`addresses`
says that) and what a file holds. Behind the machine's proxy it is the proxy that resolves names:
literal addresses and names of private networks are refused there too, what else a name leads to is
for the proxy to refuse.
"""

import socket
from collections.abc import Iterable
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from yingda.clock import Clock
from yingda.errors import MediaError, MediaMissing, MediaRefused, MediaTooLarge, MediaUnavailable
from yingda.media.addresses import check_ip, check_public, origin_of, parsed, trusted
from yingda.media.base import Fetched
from yingda.proxies import proxy_for

#: What Dify takes of a picture by default (its UPLOAD_IMAGE_FILE_SIZE_LIMIT), and WeChat at all.
LIMIT_BYTES: Final = 10 << 20
#: Our choice: a picture of WeChat's own host comes within a second, and somebody waits.
DEADLINE_S: Final = 10.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
#: Our choice: a shortened link and a store of files behind an app make two.
_REDIRECTS_LIMIT: Final = 3
#: Answers after which the same request may succeed (RFC 9110): time-out, too many requests.
_PASSING: Final = frozenset({408, 425, 429})
#: Our choice: conversion takes two files at once, and waiting for bytes is cheap.
_CONNECTIONS: Final = 16
#: Our choice: most pictures come from one host of WeChat's, so a handshake is worth keeping.
_IDLE_S: Final = 10.0
#: A packed answer could unpack to anything, and pictures are packed already.
_HEADERS: Final = {"Accept": "image/*, audio/*, */*;q=0.5", "Accept-Encoding": "identity"}


class Fetcher:
    """Implements `Fetching`; safe to use from many tasks of one event loop at once.

    `trusted_origins` are the operator's own servers (`http://10.0.0.5:8080`): whatever network and
    port they are on, they may be asked, and nothing else there. `deadline_s` bounds a fetch with
    all its redirects by `clock`. `proxy` is the operator's own, as `proxies.usable_proxy` gives it;
    None leaves it to the machine. `resolver` finds the addresses of names; None is the machine's.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        trusted_origins: Iterable[str] = (),
        limit_bytes: int = LIMIT_BYTES,
        deadline_s: float = DEADLINE_S,
        proxy: str | None = None,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._clock = clock
        self._trusted = trusted(trusted_origins)
        self._limit_bytes = limit_bytes
        self._deadline_s = deadline_s
        self._proxy = proxy
        self._resolver = resolver
        #: By whether every address is judged before it is connected to.
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def fetch(self, url: str) -> Fetched:
        try:
            async with self._clock.timeout(self._deadline_s):
                return await self._follow(parsed(url))
        except TimeoutError:
            raise MediaUnavailable("the file did not come in time") from None

    async def aclose(self) -> None:
        """Close every connection."""
        while self._sessions:
            _, session = self._sessions.popitem()
            await session.close()

    async def _follow(self, url: URL) -> Fetched:
        is_trusted = True
        for _ in range(_REDIRECTS_LIMIT + 1):
            # Nobody else's server may send us to the operator's own.
            is_trusted = is_trusted and origin_of(url) in self._trusted
            found = await self._get(url, is_trusted=is_trusted)
            if isinstance(found, Fetched):
                return found
            url = found
        raise MediaRefused(f"{url.host}: too many redirects")

    async def _get(self, url: URL, *, is_trusted: bool) -> Fetched | URL:
        """The file, or where it is instead."""
        if not is_trusted:
            check_public(url)
        proxy = proxy_for(str(url), self._proxy)
        session = self._session(is_guarded=not is_trusted and proxy is None)
        try:
            async with session.get(
                url, headers=_HEADERS, allow_redirects=False, proxy=proxy
            ) as response:
                return _redirected(url, response) or await self._read(response)
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, _PrivateAddressError):
                raise MediaRefused(f"{url.host}: {error.os_error}") from None
            raise _unavailable(url, error) from None
        except (aiohttp.ClientError, OSError) as error:
            raise _unavailable(url, error) from None

    async def _read(self, response: aiohttp.ClientResponse) -> Fetched:
        host = response.url.host
        if response.status != 200:
            raise _status_error(host, response.status)
        too_large = MediaTooLarge(f"{host}: the file has over {self._limit_bytes} bytes")
        if (response.content_length or 0) > self._limit_bytes:
            raise too_large
        content = bytearray()
        while chunk := await response.content.readany():
            content += chunk
            if len(content) > self._limit_bytes:
                raise too_large
        said = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        return Fetched(bytes(content), said)

    def _session(self, *, is_guarded: bool) -> aiohttp.ClientSession:
        session = self._sessions.get(is_guarded)
        if session is None:
            session = self._sessions[is_guarded] = self._new_session(is_guarded=is_guarded)
        return session

    def _new_session(self, *, is_guarded: bool) -> aiohttp.ClientSession:
        resolver = self._resolver or aiohttp.ThreadedResolver()
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=_GuardedResolver(resolver) if is_guarded else resolver,
                socket_factory=_guarded_socket if is_guarded else None,
                limit=_CONNECTIONS,
                keepalive_timeout=_IDLE_S,
            ),
            # Deadlines go by the clock that was passed in.
            timeout=aiohttp.ClientTimeout(),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )


class _PrivateAddressError(OSError):
    """A connection to an address that is not the public's; aiohttp hands on no other errors."""


class _GuardedResolver(AbstractResolver):
    """Refuses a name as a whole when any of its addresses is private."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        for address in found:
            _check(address["host"])
        return found

    async def close(self) -> None:
        await self._inner.close()


def _guarded_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """A socket for this very address: the last look before it is connected."""
    family, kind, protocol, _, where = address
    _check(where[0])
    return socket.socket(family, kind, protocol)


def _check(ip: str) -> None:
    try:
        check_ip(ip)
    except MediaRefused as refused:
        raise _PrivateAddressError(refused.detail) from None


def _redirected(url: URL, response: aiohttp.ClientResponse) -> URL | None:
    """Where the answer sends us, None when it does not."""
    if response.status not in _REDIRECTS:
        return None
    try:
        return parsed(str(url.join(URL(response.headers.get("Location", "")))))
    except ValueError:
        raise MediaRefused(f"{url.host}: it redirects to no address") from None


def _status_error(host: str | None, status: int) -> MediaError:
    said = f"{host}: status {status}"
    is_final = 400 <= status < 500 and status not in _PASSING
    return MediaMissing(said) if is_final else MediaUnavailable(said)


def _unavailable(url: URL, error: Exception) -> MediaUnavailable:
    # The kind is enough; the error's own text may repeat an address with its secrets.
    return MediaUnavailable(f"{url.host}: {type(error).__name__}")
