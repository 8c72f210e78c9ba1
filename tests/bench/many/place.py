"""Processes on one PostgreSQL, as a measurement needs them: web, workers, a model server, a loader.

Knows how to start each, and to read what it used. Nothing is pinned to a core: two cores carry all.
"""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from bench import children, wire
from bench.children import Part, part
from bench.jobs.postgres import Database
from bench.machine import cpu_s
from bench.many.loader import Order

#: A busy machine takes its time to start some processes.
_LIMIT_S = 120.0
_POLL_S = 0.05
_SETTINGS = {
    "YINGDA_WECHAT_TOKEN": wire.TOKEN,
    "YINGDA_PATIENCE": "unlimited",
    "YINGDA_LOG_FORMAT": "json",
}
_ENDED = "SELECT count(*) FROM turn WHERE state IN ('answered', 'failed')"


class LateError(Exception):
    """Something did not happen in time; its text says what."""


class Use(msgspec.Struct, frozen=True):
    """Seconds of processor time used so far."""

    web_s: float
    workers_s: float
    server_s: float

    def since(self, before: "Use", count: int) -> "Use":
        """Milliseconds of each of `count` questions, in place of the seconds."""
        share = 1000 / count
        return Use(
            (self.web_s - before.web_s) * share,
            (self.workers_s - before.workers_s) * share,
            (self.server_s - before.server_s) * share,
        )


class Place:
    """One fresh database, and what runs on it."""

    def __init__(self, server: Database, folder: Path, stack: ExitStack, provider: str) -> None:
        self._stack = stack
        self._server = server
        self._folder = folder
        self._provider = provider
        self.url = server.fresh("bench")
        self._settings = {
            **_SETTINGS,
            "YINGDA_DATABASE_URL": self.url,
            "YINGDA_DATA_DIR": str(folder / "data"),
            "YINGDA_PROVIDER": provider,
        }
        self.web: list[Part] = []
        self.workers: list[Part] = []
        self._ai: Part | None = None
        self._loader: Part | None = None
        self._connection = stack.enter_context(psycopg.connect(self.url, autocommit=True))

    @property
    def ai(self) -> Part:
        """The model server; asked for, it is started, before those that are to ask it."""
        if self._ai is None:
            self._ai = self._started("many.ai", {})
            self._settings |= {
                "YINGDA_OPENAI_BASE_URL": f"http://127.0.0.1:{self._ai.hear()}/v1",
                "YINGDA_OPENAI_MODEL": "m",
            }
        return self._ai

    def start_web(self) -> int:
        """One more process that takes pushes and runs no turns; the port that it listens on."""
        port, began_s = children.free_port(), time.monotonic()
        options = ("serve", "--no-workers", "--port", port)
        self.web.append(self._started("many.counted", self._settings, self._log(), *options))
        children.wait_until_open(port, began_s)
        return port

    def start_workers(self, count: int, concurrency: int = 1000) -> None:
        """So many more processes that run turns; each has looked for jobs when this returns."""
        options = ("worker", "--concurrency", concurrency)
        started = [
            self._started("many.counted", self._settings, self._log(), *options)
            for _ in range(count)
        ]
        self.workers += started
        for each in started:
            self._wait("a worker looks for jobs", partial(self._has_looked, each))

    def _has_looked(self, worker: Part) -> bool:
        return bool(self.figures(worker)["fetches"])

    def load(self, order: Order) -> dict[str, float]:
        """Have it entered, by a loader which is started at the first time; when each was."""
        if self._loader is None:
            self._loader = self._started("many.loader", {}, self.url, self._provider)
            self._loader.hear()
        self._loader.tell(msgspec.json.encode(order).decode())
        entered: dict[str, float] = self._loader.hear()
        return entered

    def figures(self, process: Part) -> dict[str, Any]:
        """What a process of ours counted since the last time."""
        process.tell("figures")
        figures: dict[str, Any] = process.hear()
        return figures

    def use(self) -> Use:
        """What was used up to now."""
        return Use(
            sum(cpu_s(process.pid) for process in self.web),
            sum(cpu_s(process.pid) for process in self.workers),
            self._server.cpu_s(),
        )

    def number(self, statement: str) -> float:
        """The one number that a statement brings."""
        rows = self._connection.execute(statement.encode()).fetchall()
        return float(rows[0][0])

    def until_ended(self, wanted: int) -> None:
        """Until so many turns have ended. Raises LateError."""
        self._wait(f"{wanted} turns end", lambda: self.number(_ENDED) >= wanted)

    def until(self, what: str, statement: str, wanted: float) -> None:
        """Until the statement's number is at least `wanted`. Raises LateError."""
        self._wait(what, lambda: self.number(statement) >= wanted)

    def _wait(self, what: str, is_so: Callable[[], bool]) -> None:
        given_up_s = time.monotonic() + _LIMIT_S
        while not is_so():
            if time.monotonic() > given_up_s:
                raise LateError(f"{what}: not within {_LIMIT_S:.0f} s")
            time.sleep(_POLL_S)

    def _started(self, module: str, variables: Mapping[str, str], *arguments: object) -> Part:
        cores = os.sched_getaffinity(0)
        return self._stack.enter_context(part(module, *arguments, cores=cores, variables=variables))

    def _log(self) -> Path:
        return self._folder / "gateway.log"


@contextmanager
def place(server: Database, provider: str = "echo") -> Iterator[Place]:
    """A fresh one; its processes are killed in the end."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        yield Place(server, Path(name), stack, provider)
