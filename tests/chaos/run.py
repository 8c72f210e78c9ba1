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

from chaos.crowd import Crowd, read_everything
from chaos.database import of_file
from chaos.dify import ChaosDify
from chaos.evidence import Evidence, Message, read
from chaos.watch import at_rest
from support.process import Process
from yingda.clock import SystemClock
from yingda.simulator.followers import Followers

KEY = "app-0123456789abcdefghijklmn"
FOLLOWERS = 12
#: The share of kills between the choice of a reply and the note that it was sent, an instant of
#: about a millisecond that chance would not find. Our choice.
_KILLS_AT_A_REPLY = 0.5
#: For how long that instant is waited for at most. Our choice: most are found sooner.
_LOOK_S = 1.5
#: How often doubts are noted that a repeat may soon settle. Our choice.
_WATCH_EVERY_S = 0.1
_UNSETTLED = "SELECT count(*) FROM offer WHERE state = 'chosen'"


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
        self._ask = of_file(self._database)
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
        url = f"{address}/wechat/default"
        crowd = Crowd(
            url,
            range(FOLLOWERS),
            seed=self._seed,
            questions=self._questions,
            known=self.crowd,
        )
        try:
            await self._live(crowd)
            await self._kill()
            await at_rest(self._ask)
            await crowd.repeat_everything(self._ask, url)
            await read_everything([crowd], lambda: self._collected(crowd))
            assert await self.process.end(signal.SIGTERM) == 0
            return await self._collected(crowd)
        finally:
            await crowd.wire.aclose()
            await self.process.end(signal.SIGKILL)

    async def _live(self, crowd: Crowd) -> None:
        beside = [
            asyncio.ensure_future(self._go_on_killing()),
            asyncio.ensure_future(self._watch()),
        ]
        try:
            await crowd.live()
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
        with closing(sqlite3.connect(self._database)) as connection:
            for _ in range(int(_LOOK_S / self.look_every_s)):
                self.process.send(signal.SIGSTOP)
                if connection.execute(_UNSETTLED).fetchone()[0]:
                    return
                self.process.send(signal.SIGCONT)
                await asyncio.sleep(self.look_every_s)

    async def _kill(self) -> None:
        """Kill -9, and start again at once, at the same address, on the same data."""
        async with self._killing:
            await self.process.end(signal.SIGKILL)
            self._kills += 1
            # The next start finds these unsettled, and puts them in doubt.
            await self._note_doubts("state IN ('chosen', 'doubtful')")
            await self.process.start("--port", self._port)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_WATCH_EVERY_S)
            await self._note_doubts("state = 'doubtful'")

    async def _note_doubts(self, where: str) -> None:
        found = await self._ask(f"SELECT id FROM offer WHERE {where}")  # noqa: S608 - our own words
        self._doubted.update(number for (number,) in found)

    async def _collected(self, crowd: Crowd) -> Evidence:
        found = await read(self._ask, tuple(self._dify.book), tuple(crowd.exchanges()))
        doubted = frozenset(self._doubted)
        return msgspec.structs.replace(
            found, kills=self._kills, doubted=doubted, messages=tuple(self.messages)
        )


async def chaos(folder: Path, *, seed: int, questions: int) -> Evidence:
    """One run; what it leaves behind."""
    async with ChaosDify(SystemClock(), seed, KEY) as dify:
        evidence = await Run(folder, dify, seed, questions).evidence()
        # Streams that were still open at the last kill are in the book by now.
        return msgspec.structs.replace(evidence, calls=tuple(dify.book))
