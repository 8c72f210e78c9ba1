"""Which proxy the machine's owner set for an address outside.

Knows the usual variables (`https_proxy`, `no_proxy`). Refuses to know who is called, and what for.
"""

import urllib.request

import aiohttp
from yarl import URL


def proxy_for(base_url: str) -> tuple[URL | None, aiohttp.BasicAuth | None]:
    """The proxy that the machine's owner set for this address, and the login in its URL.

    aiohttp's `trust_env` is not used: it asks two threads for every request, and lets a .netrc
    entry collide with our Authorization header.
    """
    url = URL(base_url)
    named = urllib.request.getproxies().get(url.scheme)
    if not named or urllib.request.proxy_bypass(url.host or ""):
        return None, None
    proxy = URL(named if "://" in named else f"http://{named}")
    if proxy.user is None:
        return proxy, None
    return proxy.with_user(None), aiohttp.BasicAuth(proxy.user, proxy.password or "")
