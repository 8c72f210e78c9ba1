"""A chaos run of many processes: replicas and workers on one database, behind a balancer.

Knows how it all is put together, lived through and collected. What the evidence is worth,
`auditor` says.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from chaos.balancer import Balancer
from chaos.crowd import Crowd, read_everything
from chaos.database import ServerLook
from chaos.dify import ChaosDify, Tempo
from chaos.evidence import Evidence, Hop, read
from chaos.fleet import Fleet
from chaos.misfortunes import Misfortunes
from chaos.pushing import SECRET, SLOW, ChaosApi
from chaos.run import KEY
from chaos.watch import Watch, at_rest
from support.postgres import OwnServer, server
from support.process import APP_ID, TOKEN
from yingda.clock import SystemClock
from yingda.simulator.server_api_http import ServerApiFront

#: Our choice: most answers outlast a kill's distance, so that many run when something dies.
_STEADY = Tempo(median_s=3.5, sigma=0.6, longest_s=9.0, pieces=12)
_WEBS = _WORKERS = 3
#: Followers of the account that answers by replies, and of the one that may push.
_QUIET, _CHATTY = range(12), range(12, 18)
CHATTY_KEY = "app-abcdefghijklmn0123456789"
_SETTINGS = """
[accounts.quiet]
token = "{token}"
mode = "passive"
provider = "quiet"
patience = "unlimited"
# At the end pushes from the beginning are repeated.
freshness_s = 86400

[accounts.chatty]
token = "{token}"
app_id = "{app_id}"
app_secret = "{app_secret}"
api_base = "{api_base}"
mode = "push"
provider = "chatty"
patience = "unlimited"
freshness_s = 86400

[providers.quiet]
kind = "dify"
api_key = "{quiet_key}"
base_url = "{quiet_url}"

[providers.chatty]
kind = "dify"
api_key = "{chatty_key}"
base_url = "{chatty_url}"
"""


@asynccontextmanager
async def database() -> AsyncIterator[tuple[str, OwnServer | None]]:
    """Where an empty database is, and its server if that is ours to crash."""
    if "YINGDA_TEST_DATABASE_URL" in os.environ:
        yield server().url(server().empty()), None
        return
    # What was committed has to survive a crash of the server, if not of the machine.
    own = await asyncio.to_thread(OwnServer, has_network=True, synchronous_commit="on")
    try:
        yield own.url, own
    finally:
        await asyncio.to_thread(own.remove)


class ManyRun:
    """A fleet, its back ends and its followers."""

    def __init__(
        self,
        *,
        fleet: Fleet,
        balancer: Balancer,
        crowds: dict[str, Crowd],
        difies: tuple[ChaosDify, ...],
        api: ChaosApi,
        ask: ServerLook,
        misfortunes: Misfortunes,
    ) -> None:
        self._fleet = fleet
        self._balancer = balancer
        self._crowds = crowds
        self._difies = difies
        self._api = api
        self._ask = ask
        self._misfortunes = misfortunes
        self._watch = Watch(ask)

    async def evidence(self) -> Evidence:
        """Live through it all, and bring back what is to be judged."""
        try:
            await self._fleet.start()
            self._watch.begin()
            await self._live()
            await self._fleet.kill_all()
            await at_rest(self._ask)
            await self._repeat_everything()
            await read_everything(self._crowds.values(), self._collected)
            await at_rest(self._ask)
            await self._watch.end()
            assert set(await self._fleet.stop_all()) == {0}
            return await self._collected()
        finally:
            await self._fleet.end()
            await asyncio.gather(*(crowd.wire.aclose() for crowd in self._crowds.values()))

    async def _live(self) -> None:
        self._misfortunes.begin()
        await asyncio.gather(*(crowd.live() for crowd in self._crowds.values()))
        await self._misfortunes.end()

    async def _repeat_everything(self) -> None:
        """To each replica: what one of them has said, all say."""
        for port in self._balancer.replicas.values():
            for name, crowd in self._crowds.items():
                url = f"http://127.0.0.1:{port}/wechat/{name}"
                await crowd.repeat_everything(self._ask, url)

    async def _collected(self) -> Evidence:
        calls = tuple([call for dify in self._difies for call in dify.book])
        exchanges = [each for crowd in self._crowds.values() for each in crowd.exchanges()]
        found = await read(self._ask, calls, tuple(exchanges))
        return msgspec.structs.replace(
            found,
            kills=self._fleet.kills,
            doubted=frozenset(self._watch.doubted),
            messages=tuple(self._api.book),
            hops=self._hops(),
            misfortunes=tuple(self._misfortunes.book),
            endings=tuple(self._watch.endings.values()),
            workers=self._fleet.workers,
            deaths=tuple(self._fleet.deaths),
        )

    def _hops(self) -> tuple[Hop, ...]:
        keys = {
            query: key
            for crowd in self._crowds.values()
            for key, (query, _) in crowd.wire.requests.items()
        }
        return tuple(
            [
                Hop(
                    key=keys[hop.query],
                    replica=hop.replica,
                    began_s=hop.began_s,
                    ended_s=hop.ended_s,
                    has_reply=hop.has_reply,
                    was_cut=hop.was_cut,
                )
                for hop in self._balancer.hops
                if hop.query in keys
            ]
        )


async def many_chaos(
    folder: Path, *, seed: int, questions: int, every_s: tuple[float, float]
) -> tuple[Evidence, dict[str, int]]:
    """One run: what it leaves behind, and what its processes logged as errors, by event.

    `every_s` is the time between two misfortunes.
    """
    clock = SystemClock()
    api = ChaosApi(clock, seed)
    async with (
        ChaosDify(clock, seed, KEY, _STEADY) as quiet,
        ChaosDify(clock, seed, CHATTY_KEY, SLOW) as chatty,
        ServerApiFront(api) as front,
        Balancer(clock, seed) as balancer,
        database() as (url, own),
    ):
        (folder / "yingda.toml").write_text(_settings(quiet, chatty, front))
        fleet = Fleet(folder, balancer, {"YINGDA_DATABASE_URL": url}, _WEBS, _WORKERS)
        ask = ServerLook(url)
        misfortunes = Misfortunes(
            fleet, balancer, ask, own, clock=clock, seed=seed, every_s=every_s
        )
        run = ManyRun(
            fleet=fleet,
            balancer=balancer,
            crowds=_crowds(balancer.base_url, api, seed, questions),
            difies=(quiet, chatty),
            api=api,
            ask=ask,
            misfortunes=misfortunes,
        )
        try:
            evidence = await run.evidence()
        finally:
            await ask.aclose()
        crashes = fleet.crashes()
        assert not crashes, "\n".join(crashes)
        # Streams that were still open at the end are in the books by now.
        calls = (*quiet.book, *chatty.book)
        return msgspec.structs.replace(evidence, calls=calls), dict(fleet.errors())


def _settings(quiet: ChaosDify, chatty: ChaosDify, front: ServerApiFront) -> str:
    return _SETTINGS.format(
        token=TOKEN,
        app_id=APP_ID,
        app_secret=SECRET,
        api_base=front.base_url,
        quiet_key=KEY,
        quiet_url=quiet.base_url,
        chatty_key=CHATTY_KEY,
        chatty_url=chatty.base_url,
    )


def _crowds(url: str, api: ChaosApi, seed: int, questions: int) -> dict[str, Crowd]:
    pushed = questions * len(_CHATTY) // (len(_QUIET) + len(_CHATTY))
    return {
        "quiet": Crowd(f"{url}/wechat/quiet", _QUIET, seed=seed, questions=questions - pushed),
        "chatty": Crowd(
            f"{url}/wechat/chatty", _CHATTY, seed=seed, questions=pushed, known=api.followers
        ),
    }
