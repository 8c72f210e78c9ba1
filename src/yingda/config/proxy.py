"""How a provider's proxy is read: an http(s) address, perhaps with a login, or `none`.

A part of `config.fields`; the rules of a proxy stand in `yingda.proxies`.
"""

from typing import Annotated

from pydantic import ValidatorFunctionWrapHandler, WrapValidator

from yingda.config.fields import Refused, Secret, folded
from yingda.proxies import NO_PROXY, ProxyUnusable, usable_proxy


def _proxy(value: object, handler: ValidatorFunctionWrapHandler) -> str:
    """The proxy; `none` is a word of its own and no sample of a secret."""
    if folded(value) == NO_PROXY:
        return NO_PROXY
    try:
        return usable_proxy(handler(value))
    except ProxyUnusable:
        raise Refused("proxy") from None


#: A secret, for it may hold a login: `file:` and `env:` refer to it, and nothing shows it.
Proxy = Annotated[Secret, WrapValidator(_proxy)]
