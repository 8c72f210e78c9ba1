"""The address and the key of a provider's server, as operators paste them.

Knows what can stand in a URL and in a header. Knows no provider's paths.
"""

from urllib.parse import SplitResult, urlsplit

from yingda.errors import ProviderMisconfigured


def http_address(text: str, *, mend: str) -> SplitResult:
    """The parts of an http(s) address without login, query and fragment.

    Raises `ProviderMisconfigured` with this mend when it is none.
    """
    address = text.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise ProviderMisconfigured("the base URL cannot be read", mend=mend) from None
    if not usable or parts.scheme not in {"http", "https"} or any(map(str.isspace, address)):
        raise ProviderMisconfigured("the base URL is no http(s) address", mend=mend)
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise ProviderMisconfigured("the base URL has a login, query or fragment", mend=mend)
    return parts


def bare_key(text: str, *, mend: str) -> str:
    """The key alone, as it goes after `Bearer`.

    Raises `ProviderMisconfigured` with this mend when it is empty or cannot stand in a header.
    """
    key = text.strip()
    if key[:7].lower().strip() == "bearer":
        key = key[7:].strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ProviderMisconfigured("the API key is empty or has stray characters", mend=mend)
    return key
