"""This machine's clock, beside what other machines say in the Date header of their answers.

Asks any page; what it holds does not matter. A machine cannot judge its own clock, so an address
that is this very machine counts for nothing.
"""

import asyncio
import socket
import ssl
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import aiohttp
import msgspec

from yingda.clock import Clock
from yingda.doctor.base import Findings, Subject
from yingda.doctor.texts import finding

#: Seconds apart from which it is mentioned. Our choice: half of the minute or two that repeats
#: and honest clocks need of the freshness window.
OFF_S = 60.0
#: The share of an account's freshness window that a clock may use up. Our choice: pushes arrive
#: late as well.
_SHARE = 0.5
#: Seconds for an answer. Our choice: the provider's and the address's own checks tell more.
_LIMIT_S = 5.0
#: A Date header has whole seconds (RFC 9110, section 5.6.7); on average half of one is cut off.
_CUT_OFF_S = 0.5


class Moment(msgspec.Struct, frozen=True):
    """What one server says, in seconds that our clock is ahead of it."""

    host: str
    offset_s: float


async def check_clock(
    urls: tuple[str, ...], clock: Clock, *, freshness_s: float, tls: ssl.SSLContext | None = None
) -> Findings:
    """Compare with every server that is another machine."""
    elsewhere = [url for url in dict.fromkeys(urls) if await _is_elsewhere(url)]
    read = await asyncio.gather(*(read_moment(url, clock, tls) for url in elsewhere))
    return judge(tuple(each for each in read if each is not None), freshness_s)


def judge(moments: tuple[Moment, ...], freshness_s: float) -> Findings:
    """What the offsets mean: their median by size, the larger one of two.

    Our own public address may lead back to this machine unseen, and then agrees with itself.
    """
    if not moments:
        return (finding(Subject.CLOCK, "clock_unknown", ""),)
    offset_s = sorted(abs(each.offset_s) for each in moments)[len(moments) // 2]
    limit_s = freshness_s * _SHARE
    code = "clock_ok"
    if offset_s > min(OFF_S, limit_s):
        code = "clock_wrong" if offset_s > limit_s else "clock_off"
    hosts = ", ".join(each.host for each in moments)
    return (finding(Subject.CLOCK, code, "", hosts=hosts, offset_s=offset_s, limit_s=freshness_s),)


async def read_moment(url: str, clock: Clock, tls: ssl.SSLContext | None = None) -> Moment | None:
    """The offset to the server at `url`; None when it does not tell."""
    before_s = clock.now()
    try:
        async with (
            clock.timeout(_LIMIT_S),
            aiohttp.ClientSession(trust_env=True) as session,
            session.head(url, allow_redirects=False, ssl=tls or True) as response,
        ):
            theirs = parsedate_to_datetime(response.headers.get("Date", ""))
    except (aiohttp.ClientError, OSError, ValueError):
        return None
    ours_s = (before_s + clock.now()) / 2
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    return Moment(urlsplit(url).hostname or "", ours_s - theirs.timestamp() - _CUT_OFF_S)


async def _is_elsewhere(url: str) -> bool:
    try:
        parts = urlsplit(url)
        found = await asyncio.get_running_loop().getaddrinfo(
            parts.hostname, parts.port or 80, type=socket.SOCK_DGRAM
        )
    except (OSError, ValueError):
        return False
    return not any(_is_here(family, address) for family, _, _, _, address in found)


def _is_here(family: int, address: tuple[object, ...]) -> bool:
    """Whether a packet to this address would come from it; none is sent."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(address)
        except OSError:
            return False
        return bool(probe.getsockname()[0] == address[0])
