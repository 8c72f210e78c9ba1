"""Web replicas and workers as real processes on one database.

Knows how each is started, stopped, paused and killed, and that a supervisor starts again what
could not start because the database was away. When that is done, `misfortunes` says.
"""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from chaos.balancer import Balancer
from support.process import Process

#: How long a supervisor waits between two starts. Our choice.
_AGAIN_AFTER_S = 0.5
_MOST_STARTS = 60
_LOOK_EVERY_S = 0.1
#: Among so many of a process's last entries its end is told. Our choice.
_LAST_ENTRIES = 8
_WRONG_CLOCK = str(Path(__file__).with_name("wrong_clock.py"))


class Member:
    """One process of the fleet; `is_busy` while something is being done to it."""

    def __init__(self, name: str, process: Process, verb: str, *arguments: str) -> None:
        self.name = name
        self.is_web = verb == "serve"
        self._verb = verb
        self._arguments = arguments
        self.is_busy = False
        #: 0 before the first start, and always for a worker.
        self.port = 0
        self.process = process

    async def start(self, clock_off_s: float = 0.0) -> None:
        """Start it, at the port that it had."""
        port = ("--port", str(self.port)) if self.is_web else ()
        program = (_WRONG_CLOCK, str(clock_off_s)) if clock_off_s else ("-m", "yingda")
        for tries_left in reversed(range(_MOST_STARTS)):
            try:
                address = await self.process.start(
                    *self._arguments, *port, verb=self._verb, program=program
                )
            except RuntimeError:
                if not tries_left:
                    raise
                await asyncio.sleep(_AGAIN_AFTER_S)
            else:
                if self.is_web:
                    self.port = int(address.rpartition(":")[2])
                return


class Fleet:
    """All of them, with the balancer in front of the replicas."""

    def __init__(
        self, folder: Path, balancer: Balancer, variables: dict[str, str], webs: int, workers: int
    ) -> None:
        def member(name: str, verb: str, *arguments: str) -> Member:
            process = Process(folder, variables, bare=True)
            return Member(name, process, verb, "--config", str(folder / "yingda.toml"), *arguments)

        only_web = ("--no-workers",) if workers else ()
        self.members = [
            *(member(f"web {n}", "serve", *only_web) for n in range(1, webs + 1)),
            *(member(f"worker {n}", "worker") for n in range(1, workers + 1)),
        ]
        self.kills = 0
        self.deaths: list[str] = []
        self._balancer = balancer

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of those that run turns."""
        found = [each.name for each in self.members if not each.is_web]
        return tuple(found or [each.name for each in self.members])

    async def start(self) -> None:
        """Start all of them at once."""
        await _all(self.members, lambda each: each.start())
        self._balancer.replicas.update({each.name: each.port for each in self.members if each.port})

    async def kill(self, member: Member) -> None:
        """Kill -9."""
        self._look_alive(member)
        self.kills += 1
        await member.process.end(signal.SIGKILL)

    async def stop(self, member: Member) -> int:
        """SIGTERM, and wait; its exit status."""
        self._look_alive(member)
        return await member.process.end(signal.SIGTERM)

    async def kill_all(self) -> None:
        """Kill them all at once, and start them anew."""
        await _all(self.members, self.kill)
        await _all(self.members, lambda each: each.start())

    async def stop_all(self) -> list[int]:
        """Their exit statuses; raises AssertionError when one did not let go by itself."""
        statuses = await asyncio.gather(*(self.stop(each) for each in self.members))
        hung = {
            member.name: entry
            for member in self.members
            for entry in member.process.log[-_LAST_ENTRIES:]
            if entry["event"] == "stop_cut"
        }
        assert not hung, hung
        return statuses

    async def end(self) -> None:
        """Leave no process behind, whatever happened."""
        for member in self.members:
            if member.process.is_running:
                await member.process.end(signal.SIGKILL)

    async def free(self, dice: random.Random, *, is_web: bool | None = None) -> Member:
        """One that nothing is being done to, by chance; another one of its kind is left."""
        while True:
            free = [each for each in self.members if not each.is_busy]
            found = [
                each
                for each in free
                if is_web in {None, each.is_web}
                if any(other.is_web is each.is_web for other in free if other is not each)
            ]
            if found:
                return dice.choice(found)
            await asyncio.sleep(_LOOK_EVERY_S)

    def errors(self) -> Counter[str]:
        """What the processes logged as errors, by event."""
        return Counter(
            str(entry["event"])
            for member in self.members
            for entry in member.process.log
            if entry.get("level") in {"error", "critical"}
        )

    def crashes(self) -> list[str]:
        """What a process logged where a task ended by a mistake of ours, with its traceback."""
        return [
            f"{member.name}: {entry['event']}\n{entry.get('exception', '')}"
            for member in self.members
            for entry in member.process.log
            if str(entry["event"]).endswith("_crashed")
        ]

    def _look_alive(self, member: Member) -> None:
        if not member.process.is_running:
            self.deaths.append(member.name)


async def _all(members: list[Member], deed: Callable[[Member], Awaitable[None]]) -> None:
    await asyncio.gather(*(deed(each) for each in members))
