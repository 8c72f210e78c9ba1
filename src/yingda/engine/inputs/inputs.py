"""What takes pictures and recordings in, put together: one for each process.

Knows who needs what; does nothing by itself.
"""

from collections.abc import Mapping

from yingda.clock import Clock
from yingda.engine.accounts.accounts import Accounts
from yingda.engine.inputs.downloads import Downloads
from yingda.engine.inputs.hearing import Hearing
from yingda.engine.inputs.looking import Looking
from yingda.engine.inputs.media_base import Downloading, Media
from yingda.engine.inputs.senses import Senses
from yingda.providers.base import Provider
from yingda.store.base import Store


class Inputs:
    """Says what is taken, and makes a prompt of it.

    `desks` are the clients of WeChat's server API, by account. Without `media` nothing but words
    is taken.
    """

    def __init__(
        self,
        *,
        store: Store,
        providers: Mapping[str, Provider],
        accounts: Accounts,
        desks: Mapping[str, Downloading],
        media: Media | None,
        fallbacks: Mapping[str, tuple[str, ...]],
        clock: Clock,
    ) -> None:
        downloads = Downloads(desks, clock)
        self.senses = Senses(providers, downloads, fallbacks=fallbacks, can_fetch=media is not None)
        self.looking = Looking(store=store, providers=providers, downloads=downloads, media=media)
        self.hearing = Hearing(
            store=store,
            accounts=accounts,
            senses=self.senses,
            downloads=downloads,
            media=media,
            clock=clock,
        )
