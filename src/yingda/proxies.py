"""Which proxy the way to an address outside takes: the operator's own, or the machine's.

Knows the usual variables (`https_proxy`, `no_proxy`) and how a proxy is written down. Refuses to
know who is called, and what for. A login stays in the address: it is a secret like a key.
"""

import urllib.request
from typing import Final
from urllib.parse import unquote, urlsplit

from yarl import URL

#: Written instead of an address: the way is direct, whatever the machine has set.
NO_PROXY: Final = "none"


class ProxyUnusable(ValueError):
    """What is written is no proxy that can be asked; quotes nothing of it."""


def usable_proxy(text: str) -> str:
    """A proxy as it may be asked: an http(s) address, perhaps with a login, or `NO_PROXY`.

    Raises ProxyUnusable. SOCKS is refused: the HTTP client speaks none. A login's name and
    password go into a header as Latin-1, and a name holds no colon (RFC 7617, section 2).
    """
    proxy = text.strip()
    if proxy.lower() == NO_PROXY:
        return NO_PROXY
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    try:
        parts = urlsplit(proxy)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
        unquote(f"{parts.username}{parts.password}", errors="strict").encode("latin-1")
    except ValueError:
        raise ProxyUnusable("the proxy cannot be read") from None
    more = parts.path.strip("/") or parts.query or parts.fragment or any(map(str.isspace, proxy))
    if not is_whole or parts.scheme not in {"http", "https"} or more:
        raise ProxyUnusable("the proxy is no http(s) address")
    if ":" in unquote(parts.username or ""):
        raise ProxyUnusable("the proxy's login has a colon in its name")
    return proxy


def proxy_for(base_url: str, chosen: str | None = None) -> URL | None:
    """The proxy for this address, with the login in its URL; None goes there directly.

    `chosen` is what the operator set for it, as `usable_proxy` gives it; None leaves it to the
    machine's owner. aiohttp's `trust_env` is not used: it asks two threads for every request,
    and lets a .netrc entry collide with our Authorization header.
    """
    if chosen is not None:
        return None if chosen == NO_PROXY else URL(chosen)
    url = URL(base_url)
    named = urllib.request.getproxies().get(url.scheme)
    if not named or urllib.request.proxy_bypass(url.host or ""):
        return None
    return URL(named if "://" in named else f"http://{named}")
