"""The followers of one account, and the wire between its WeChat and the gateway.

Knows how they live, and what is done with all of them at the end. The gateway is an address.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from chaos.books import books, missing
from chaos.database import Ask
from chaos.evidence import Evidence, Exchange
from chaos.follower import Follower, with_replies
from chaos.wire import PausingPlatform, Wire
from support.process import TOKEN
from yingda.clock import SystemClock
from yingda.simulator.followers import Followers
from yingda.simulator.platform import SimulatedAccount
from yingda.simulator.transport import HttpTransport

_REPLIED = "SELECT key FROM push WHERE reply IS NOT NULL"


class Crowd:
    """`numbers` are its followers', who share `questions`; `known` is who may be written to."""

    def __init__(
        self,
        url: str,
        numbers: range,
        *,
        seed: int,
        questions: int,
        known: Followers | None = None,
    ) -> None:
        self.wire = Wire(url)
        account = SimulatedAccount(account_id="gh_default", token=TOKEN)
        # Two accounts have other MsgIds.
        platform = PausingPlatform(account, self.wire, SystemClock(), seed=seed + numbers.start)
        if known is not None:
            platform.followers = known
        each, rest = divmod(questions, len(numbers))
        self.followers = [
            Follower(number, seed, each + (n < rest), platform) for n, number in enumerate(numbers)
        ]

    async def live(self) -> None:
        """Until everybody has asked all their questions."""
        await asyncio.gather(*(follower.live() for follower in self.followers))

    async def fetch_all(self) -> None:
        """Until nobody has anything left to read."""
        await asyncio.gather(*(follower.fetch_all() for follower in self.followers))

    def exchanges(self) -> list[Exchange]:
        """What everybody sent, and what came of it."""
        return [
            with_replies(exchange, self.wire)
            for follower in self.followers
            for exchange in follower.exchanges
        ]

    async def repeat_everything(self, ask: Ask, url: str) -> None:
        """Bring every push that has its reply once more, to a process that never saw it."""
        by = HttpTransport(url)
        try:
            for (key,) in await ask(_REPLIED):
                if key in self.wire.requests:
                    await self.wire.repeat(key, by)
        finally:
            await by.aclose()


async def read_everything(
    crowds: Iterable[Crowd], collected: Callable[[], Awaitable[Evidence]]
) -> None:
    """Let everybody fetch until nothing is left."""
    crowds = list(crowds)
    await asyncio.gather(*(crowd.fetch_all() for crowd in crowds))
    by_openid = {each.openid: each for crowd in crowds for each in crowd.followers}
    # What was lost on its way behind a failure line is read by its link.
    for turn in list(missing(books(await collected()))):
        await by_openid[turn.openid].fetch(turn.number)
