"""What the examinations of all kinds of provider have in common.

Knows the way to a provider's address and how a finding names its settings. Knows no provider.
"""

from typing import TypeVar

import msgspec
from yarl import URL

from yingda.clock import Clock
from yingda.doctor.base import Finding, Subject
from yingda.doctor.reach import Target, reach
from yingda.doctor.texts import finding
from yingda.providers.payloads import UNREADABLE
from yingda.proxies import proxy_for

T = TypeVar("T")

#: What may be shown of a code: providers' own are letters and underscores.
CODE_LIMIT_CHARS = 60


class Examined:
    """One provider of this kind under examination."""

    def __init__(self, name: str, kind: str, clock: Clock) -> None:
        self.name = name
        self.kind = kind
        self.clock = clock

    async def way(self, url: str, chosen_proxy: str | None) -> tuple[Finding, bool]:
        """What can be told of the way to this address, and whether it is open."""
        proxy = proxy_for(url, chosen_proxy)
        if proxy is not None:
            # The proxy resolves and connects; what we see from here says nothing.
            return self.say("provider_by_proxy", proxy=_bare(proxy)), True
        target = Target(
            check=Subject.PROVIDER, subject=self.name, setting=self.setting("base_url"), url=url
        )
        reached = await reach(target, self.clock)
        return reached.finding, reached.is_reached

    def say(self, code: str, **values: object) -> Finding:
        """The finding of this code, with the names of the settings to look at."""
        settings = {
            "setting": self.setting("base_url"),
            "key_setting": self.setting("api_key"),
            "model_setting": self.setting("model"),
        }
        return finding(Subject.PROVIDER, code, self.name, **{**settings, **values})

    def setting(self, key: str) -> str:
        """What the operator calls this key."""
        # The environment can speak of the provider that is called after its kind.
        variable = f" (YINGDA_{self.kind.upper()}_{key.upper()})" if self.name == self.kind else ""
        return f"providers.{self.name}.{key}{variable}"


def decoded(body: bytes, kind: type[T]) -> T | None:
    """The body as such a value; None where it is none."""
    try:
        return msgspec.json.decode(body, type=kind)
    except UNREADABLE:
        return None


def one_line(text: str | None, limit_chars: int = CODE_LIMIT_CHARS) -> str:
    """Foreign text as it may stand in a report."""
    shown = "".join(each if each.isprintable() else " " for each in text or "?")
    return " ".join(shown.split())[:limit_chars]


def _bare(proxy: URL) -> str:
    return f"{proxy.scheme}://{proxy.host}:{proxy.port}"
