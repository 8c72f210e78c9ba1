"""A whole chaos run: a real server that is killed again and again, and followers who go on.

Knows how to start, kill, settle and collect. What the evidence is worth, `auditor` says.
"""

import asyncio
import random
import signal
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from chaos.books import books, missing
from chaos.dify import ChaosDify
from chaos.evidence import Evidence, Exchange, Message, read
from chaos.follower import Follower, with_replies
from chaos.wire import PausingPlatform, Wire, sent_keys
from support.process import TOKEN, Process
from yingda.clock import SystemClock
from yingda.simulator.followers import Followers
from yingda.simulator.platform import SimulatedAccount

KEY = "app-0123456789abcdefghijklmn"
FOLLOWERS = 12
#: The share of kills between the choice of a reply and the note that it was sent, an instant of
#: about a millisecond that chance would not find. Our choice.
_KILLS_AT_A_REPLY = 0.5
#: For how long that instant is waited for at most. Our choice: most are found sooner.
_LOOK_S = 1.5
#: How often doubts are noted that a repeat may soon settle. Our choice.
_WATCH_EVERY_S = 0.1
#: A run that takes longer to come to rest hangs.
_REST_LIMIT_S = 180.0
_UNSETTLED = "SELECT count(*) FROM offer WHERE state = 'chosen'"
_PENDING = "SELECT count(*) FROM turn WHERE state IN ('queued', 'running') OR is_pushed = 1"


class Run:
    """One gateway, its Dify and its followers."""

    #: Between two kills. Our choice: long enough to get something done, too short for comfort.
    kill_every_s = (2.0, 6.0)
    #: How often the process is stopped to look for that instant, which it has to outlast.
    look_every_s = 0.001
    #: What the platform knows of who may be written to; the server API's, where there is one.
    crowd: Followers | None = None
    #: What that took and refused, as it goes on.
    messages: Sequence[Message] = ()

    def __init__(
        self,
        folder: Path,
        dify: ChaosDify,
        seed: int,
        questions: int,
        **variables: str,
    ) -> None:
        self._database = folder / "data" / "yingda.sqlite3"
        self._dify = dify
        self._seed = seed
        self._questions = questions
        self._kills = 0
        self._killing = asyncio.Lock()
        self._doubted: set[int] = set()
        self._port = ""
        self.process = Process(
            folder,
            {
                # Plain mode: what is on the wire is what was kept, byte by byte.
                "YINGDA_WECHAT_ENCODING_AES_KEY": "",
                "YINGDA_PROVIDER": "dify",
                "YINGDA_DIFY_API_KEY": KEY,
                "YINGDA_DIFY_BASE_URL": dify.base_url,
                # At the end pushes from the beginning are repeated.
                "YINGDA_FRESHNESS_S": "86400",
                **variables,
            },
        )

    async def evidence(self) -> Evidence:
        """Live through it all, and bring back what is to be judged."""
        address = await self.process.start()
        self._port = address.rpartition(":")[2]
        wire = Wire(f"{address}/wechat/default")
        try:
            followers = self._followers(wire)
            await self._live(followers)
            await self._kill()
            await self._rest()
            await self._repeat_everything(wire)
            await self._read_everything(followers, wire)
            assert await self.process.end(signal.SIGTERM) == 0
            return self._collected(followers, wire)
        finally:
            await wire.aclose()
            await self.process.end(signal.SIGKILL)

    def _followers(self, wire: Wire) -> list[Follower]:
        account = SimulatedAccount(account_id="gh_default", token=TOKEN)
        platform = PausingPlatform(account, wire, SystemClock(), seed=self._seed)
        if self.crowd is not None:
            platform.followers = self.crowd
        each, rest = divmod(self._questions, FOLLOWERS)
        return [
            Follower(number, self._seed, each + (number < rest), platform)
            for number in range(FOLLOWERS)
        ]

    async def _live(self, followers: list[Follower]) -> None:
        beside = [
            asyncio.ensure_future(self._go_on_killing()),
            asyncio.ensure_future(self._watch()),
        ]
        try:
            await asyncio.gather(*(follower.live() for follower in followers))
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _go_on_killing(self) -> None:
        dice = random.Random(f"{self._seed}/kills")
        while True:
            await asyncio.sleep(dice.uniform(*self.kill_every_s))
            if dice.random() < _KILLS_AT_A_REPLY:
                await self._stop_at_an_unsettled_part()
            # A kill that was begun is carried through, whoever has ended meanwhile.
            await asyncio.shield(asyncio.ensure_future(self._kill()))

    async def _stop_at_an_unsettled_part(self) -> None:
        """Stop the process where a part is on its way, if that instant comes up soon."""
        server = self.process._process
        assert server is not None
        with closing(sqlite3.connect(self._database)) as connection:
            for _ in range(int(_LOOK_S / self.look_every_s)):
                server.send_signal(signal.SIGSTOP)
                if connection.execute(_UNSETTLED).fetchone()[0]:
                    return
                server.send_signal(signal.SIGCONT)
                await asyncio.sleep(self.look_every_s)

    async def _kill(self) -> None:
        """Kill -9, and start again at once, at the same address, on the same data."""
        async with self._killing:
            await self.process.end(signal.SIGKILL)
            self._kills += 1
            # The next start finds these unsettled, and puts them in doubt.
            self._note_doubts("state IN ('chosen', 'doubtful')")
            await self.process.start("--port", self._port)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            self._note_doubts("state = 'doubtful'")

    def _note_doubts(self, where: str) -> None:
        with closing(sqlite3.connect(self._database)) as connection:
            found = connection.execute(f"SELECT id FROM offer WHERE {where}").fetchall()  # noqa: S608 - our own words
        self._doubted.update(number for (number,) in found)

    async def _rest(self) -> None:
        """Wait until every turn has ended, and nothing more of it is sent."""
        async with asyncio.timeout(_REST_LIMIT_S):
            while self._count(_PENDING):  # noqa: ASYNC110 - another process does the work
                await asyncio.sleep(0.2)

    async def _repeat_everything(self, wire: Wire) -> None:
        """Bring every push that has its reply once more, to a process that never saw it."""
        sent_keys.set([])
        with closing(sqlite3.connect(self._database)) as connection:
            keys = connection.execute("SELECT key FROM push WHERE reply IS NOT NULL").fetchall()
        for (key,) in keys:
            query, body = wire.requests[key]
            assert (await wire.send("POST", query, body)).status == 200

    async def _read_everything(self, followers: list[Follower], wire: Wire) -> None:
        await asyncio.gather(*(follower.fetch_all() for follower in followers))
        # What was lost on its way behind a failure line is read by its link.
        for turn in list(missing(books(self._collected(followers, wire)))):
            follower = next(each for each in followers if each.openid == turn.openid)
            await follower.fetch(turn.number)

    def _collected(self, followers: list[Follower], wire: Wire) -> Evidence:
        exchanges: list[Exchange] = [
            with_replies(exchange, wire)
            for follower in followers
            for exchange in follower.exchanges
        ]
        found = read(self._database, tuple(self._dify.book), tuple(exchanges))
        doubted = frozenset(self._doubted)
        return msgspec.structs.replace(
            found, kills=self._kills, doubted=doubted, messages=tuple(self.messages)
        )

    def _count(self, sql: str) -> int:
        with closing(sqlite3.connect(self._database)) as connection:
            count: int = connection.execute(sql).fetchone()[0]
            return count


async def chaos(folder: Path, *, seed: int, questions: int) -> Evidence:
    """One run; what it leaves behind."""
    async with ChaosDify(SystemClock(), seed, KEY) as dify:
        evidence = await Run(folder, dify, seed, questions).evidence()
        # Streams that were still open at the last kill are in the book by now.
        return msgspec.structs.replace(evidence, calls=tuple(dify.book))
