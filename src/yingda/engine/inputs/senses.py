"""Whether an account's questions may be pictures or recordings, and who listens to the latter.

Knows settings, capabilities and rights; refuses to fetch anything.
"""

from collections.abc import Iterator, Mapping

from yingda.engine.accounts.accounts import Account, PictureMode
from yingda.engine.inputs.downloads import Downloads
from yingda.providers.base import Provider
from yingda.providers.capabilities import Transcriber


class Senses:
    """What is taken besides words. `can_fetch` is False where nothing is there to fetch with."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        downloads: Downloads,
        *,
        fallbacks: Mapping[str, tuple[str, ...]],
        can_fetch: bool,
    ) -> None:
        self._fallbacks = fallbacks
        self._providers = providers
        self._downloads = downloads
        self._can_fetch = can_fetch

    def sees(self, account: Account) -> bool:
        """Whether somebody looks at pictures for this account."""
        if not self._can_fetch or account.pictures is PictureMode.OFF:
            return False
        return any(self._takes_pictures(name) for name in self._answering(account))

    def hears(self, account: Account) -> bool:
        """Whether somebody listens to recordings for this account."""
        if not (self._can_fetch and account.hears_voice and self._downloads.may(account.name)):
            return False
        return self.transcriber(account, account.provider) is not None

    def may_download(self, account: Account) -> bool:
        """Whether WeChat may give us this account's files."""
        return self._downloads.may(account.name)

    def transcriber(self, account: Account, provider: str) -> Transcriber | None:
        """Who listens where this provider answers; None when nobody does.

        Unless the account names one, the provider itself; else whoever else answers there.
        """
        names = (provider, *self._answering(account))
        for name in (account.transcriber,) if account.transcriber else names:
            found = self._providers.get(name)
            if found is not None and found.capabilities.transcriber is not None:
                return found.capabilities.transcriber
        return None

    def _takes_pictures(self, name: str) -> bool:
        provider = self._providers.get(name)
        return provider is not None and provider.capabilities.takes_pictures

    def _answering(self, account: Account) -> Iterator[str]:
        """Everybody who may answer there, but for a rule's own choice; some more than once."""
        # One by one, for each question asks, and the first is mostly enough.
        yield account.provider
        yield from account.models.values()
        yield from account.split
        for name in (account.provider, *account.models.values(), *account.split):
            yield from self._fallbacks.get(name, ())
