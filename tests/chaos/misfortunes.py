"""What is done to a fleet while followers go on: one thing after the other, some at a time.

Drawn from a shuffled deck, so that a short run has of everything. Keeps a book of what was done
when; what that excuses, the rules say.
"""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec

from chaos.balancer import Balancer
from chaos.database import OUR_NAME, Ask
from chaos.evidence import Kind, Misfortune
from chaos.fleet import Fleet, Member
from support.postgres import OwnServer
from yingda.clock import Clock

#: Between two misfortunes of a long run. Our choice: several are under way at most times.
UNHURRIED_S = (1.5, 3.5)
#: Until a supervisor starts again what was killed.
_DOWN_S = (0.3, 2.0)
#: Shorter than what counts as dead, and longer.
_PAUSE_S = (3.0, 12.0)
#: How long a crashed database is away.
_AWAY_S = (0.2, 2.0)
_CLOCK_OFF_S = 120.0
#: So many are under way at most: on a slow machine a start takes long, and somebody has to be left.
_MOST_AT_ONCE = 3
_CUT_SHARE = 0.5
_CUT = f"""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend'
      AND application_name <> '{OUR_NAME}' AND random() < {_CUT_SHARE}
"""  # noqa: S608 - our own words

#: The share of kills between the choice of a part and the note that it was sent; how often that
#: instant is looked for, and how long a part has to lie. Our choice: a few are found.
_KILLS_AT_A_PART = 0.5
_LOOKS, _LOOK_EVERY_S, _SETTLED_AFTER_S = 40, 0.005, 0.01

_Deed = Callable[[], Awaitable[None]]


class _Note(msgspec.Struct):
    """A misfortune that is under way."""

    began_s: float
    status: int = 0


class Misfortunes:
    """Goes on until it is ended; `book` is what was done.

    Without a `server` of our own no database crashes.
    """

    def __init__(
        self,
        fleet: Fleet,
        balancer: Balancer,
        ask: Ask,
        server: OwnServer | None,
        *,
        clock: Clock,
        seed: int,
        every_s: tuple[float, float],
    ) -> None:
        self.book: list[Misfortune] = []
        self._fleet = fleet
        self._balancer = balancer
        self._ask = ask
        self._server = server
        self._clock = clock
        self._every_s = every_s
        self._dice = random.Random(f"{seed}/misfortunes")
        self._going: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._crashing = asyncio.Lock()

    def begin(self) -> None:
        """Do one thing after the other from now on."""
        self._going = asyncio.ensure_future(self._go_on())

    async def end(self) -> None:
        """Begin no more, and wait until all is as before; raises what went wrong with it."""
        assert self._going is not None
        self._going.cancel()
        await asyncio.wait({self._going, *self._under_way})
        if not self._going.cancelled():
            # It does not end by itself but with what went wrong.
            self._going.result()
        self._let_go()

    async def _go_on(self) -> None:
        while True:
            deck = self._deck()
            self._dice.shuffle(deck)
            for deed in deck:
                await asyncio.sleep(self._dice.uniform(*self._every_s))
                while len(self._under_way) >= _MOST_AT_ONCE:
                    await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
                    self._let_go()
                self._under_way.add(asyncio.ensure_future(deed()))

    def _let_go(self) -> None:
        """Forget what is over; raises what went wrong with it."""
        for task in {each for each in self._under_way if each.done()}:
            self._under_way.discard(task)
            task.result()

    def _deck(self) -> list[_Deed]:
        def of(deed: Callable[[Member], Awaitable[None]], *, is_web: bool | None = None) -> _Deed:
            return lambda: self._to_one(deed, is_web=is_web)

        return [
            of(self._kill, is_web=True),
            *[of(self._kill, is_web=False)] * 2,
            of(self._pause, is_web=True),
            of(self._pause, is_web=False),
            of(self._roll),
            of(self._set_clock, is_web=True),
            of(self._set_clock, is_web=False),
            self._cut_web,
            self._cut_database,
            *([self._crash] if self._server else []),
        ]

    async def _to_one(
        self, deed: Callable[[Member], Awaitable[None]], *, is_web: bool | None
    ) -> None:
        member = await self._fleet.free(self._dice, is_web=is_web)
        member.is_busy = True
        try:
            await deed(member)
        finally:
            member.is_busy = False

    async def _kill(self, member: Member) -> None:
        async with self._noted(Kind.KILL, member.name) as noted:
            if self._dice.random() < _KILLS_AT_A_PART:
                await self._stop_at_an_unsettled_part(member)
            noted.began_s = self._clock.now()
            await self._fleet.kill(member)
            await asyncio.sleep(self._dice.uniform(*_DOWN_S))
            await member.start()

    async def _stop_at_an_unsettled_part(self, member: Member) -> None:
        """Stop it where a part of its is on its way, if that instant comes up soon."""
        for _ in range(_LOOKS):
            member.process.send(signal.SIGSTOP)
            is_found = False
            try:
                before = await self._unsettled()
                is_found = bool(before and before & await self._unsettled())
            finally:
                if not is_found:
                    member.process.send(signal.SIGCONT)
            if is_found:
                return
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _unsettled(self) -> set[int]:
        """What has been on its way for as long as any other process needs to settle it."""
        await asyncio.sleep(_SETTLED_AFTER_S)
        found = await self._ask("SELECT id FROM offer WHERE state = 'chosen'")
        return {number for (number,) in found}

    async def _pause(self, member: Member) -> None:
        async with self._noted(Kind.PAUSE, member.name):
            member.process.send(signal.SIGSTOP)
            await asyncio.sleep(self._dice.uniform(*_PAUSE_S))
            member.process.send(signal.SIGCONT)

    async def _roll(self, member: Member) -> None:
        await self._restart(Kind.ROLL, member, 0.0)

    async def _set_clock(self, member: Member) -> None:
        await self._restart(
            Kind.WRONG_CLOCK, member, self._dice.choice((-_CLOCK_OFF_S, _CLOCK_OFF_S))
        )

    async def _restart(self, kind: Kind, member: Member, clock_off_s: float) -> None:
        async with self._noted(kind, member.name) as noted:
            noted.status = await self._fleet.stop(member)
            await member.start(clock_off_s)

    async def _crash(self) -> None:
        assert self._server is not None
        async with self._crashing, self._noted(Kind.DATABASE):
            await asyncio.to_thread(self._server.stop, signal.SIGQUIT)
            await asyncio.sleep(self._dice.uniform(*_AWAY_S))
            await asyncio.to_thread(self._server.start)

    async def _cut_database(self) -> None:
        async with self._noted(Kind.CUT_DATABASE):
            await self._ask(_CUT)

    async def _cut_web(self) -> None:
        async with self._noted(Kind.CUT_WEB):
            self._balancer.cut(_CUT_SHARE)

    @asynccontextmanager
    async def _noted(self, kind: Kind, whom: str = "") -> AsyncIterator[_Note]:
        note = _Note(self._clock.now())
        yield note
        self.book.append(
            Misfortune(
                kind=kind,
                whom=whom,
                began_s=note.began_s,
                ended_s=self._clock.now(),
                status=note.status,
            )
        )
