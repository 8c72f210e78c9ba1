"""Turns straight through the engine, without HTTP, or the same rows by plain sqlite3.

python -m bench.engine_turns engine|sqlite3 FOLDER CONCURRENCY SECONDS
"""

import asyncio
import itertools
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from bench import wire
from bench.world import say
from yingda.app import open_gateway
from yingda.cli import logs
from yingda.clock import SystemClock
from yingda.config import load
from yingda.store.migrate import SCHEMA_SQL


class _Attempt:
    """A connection without a network; it is never cut."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def body(self, limit_bytes: int) -> bytes:
        assert len(self._body) <= limit_bytes
        return self._body

    def gone(self) -> "asyncio.Future[None]":
        return self._gone


async def _engine(folder: Path, concurrency: int, span_s: float) -> int:
    # Logged as by a real process: to a file, as JSON.
    os.dup2(os.open(folder / "gateway.log", os.O_WRONLY | os.O_CREAT), sys.stderr.fileno())
    logs.set_up("info", "json")
    environment = {"YINGDA_WECHAT_TOKEN": wire.TOKEN, "YINGDA_PROVIDER": "echo"}
    gateway = await open_gateway(
        load({**environment, "YINGDA_DATA_DIR": str(folder)}), SystemClock()
    )
    await gateway.start()
    route = gateway._route
    numbers = itertools.count()
    until_s = time.monotonic() + span_s
    done = 0

    async def ask_on() -> None:
        nonlocal done
        while time.monotonic() < until_s:
            number = next(numbers)
            push = wire.text_push("天空为什么是蓝色的？", f"o_{number}", number)
            answer = await route.answer("default", wire.signed_query().encode(), _Attempt(push))
            assert answer is not None
            assert answer.push_id is not None, "the question became a turn"
            route.settle(answer, was_sent=True)
            done += 1

    await asyncio.gather(*(ask_on() for _ in range(concurrency)))
    await gateway.stop()
    return done


#: What a turn writes at the least, in the order of its life: entered, claimed, ended, replied.
_WRITES = (
    """INSERT INTO push (account, openid, key, kind, created_at, first_seen_at)
    VALUES ('default', :openid, :key, 'question', 1, 1)""",
    """INSERT INTO conversation (account, openid, "user", provider, opened_at)
    VALUES ('default', :openid, 'wx', 'echo', 1)""",
    """INSERT INTO turn (conversation_id, account, openid, number, question, state, entered_at)
    VALUES (:id, 'default', :openid, 1, '天空为什么是蓝色的？', 'queued', 1)""",
    "UPDATE push SET turn_id = :id WHERE id = :id",
    "UPDATE turn SET state = 'running', run_no = 1, run_started_at = 2 WHERE id = :id",
    "UPDATE turn SET state = 'answered', ended_at = 3, answer = :answer WHERE id = :id",
    "UPDATE turn SET cursor_source_chars = 200, parts_offered = 1 WHERE id = :id",
    "UPDATE push SET reply = :answer, chosen_at = 3 WHERE id = :id",
)
#: The transactions that these make: each is durable before the next begins.
_STEPS = ((0, 4), (4, 5), (5, 6), (6, 8))


def _sqlite(folder: Path, concurrency: int, span_s: float) -> int:
    """The same rows in groups, as if `concurrency` turns went hand in hand."""
    connection = sqlite3.connect(folder / "raw.sqlite3", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.executescript(SCHEMA_SQL.read_text(encoding="utf-8"))
    until_s = time.monotonic() + span_s
    done = 0
    for group in _groups(concurrency):
        for begin, end in _STEPS:
            connection.execute("BEGIN IMMEDIATE")
            for values in group:
                for sql in _WRITES[begin:end]:
                    connection.execute(sql, values)
            connection.execute("COMMIT")
        done += len(group)
        if time.monotonic() > until_s:
            break
    connection.close()
    return done


def _groups(size: int) -> Iterator[list[dict[str, object]]]:
    answer = "回答。" * 100
    for begin in itertools.count(1, size):
        yield [
            {"id": number, "openid": f"o_{number}", "key": f"{number}", "answer": answer}
            for number in range(begin, begin + size)
        ]


def _main(kind: str, folder: Path, concurrency: int, span_s: float) -> None:
    began_s, cpu_s = time.monotonic(), time.process_time()
    if kind == "engine":
        turns = uvloop.run(_engine(folder, concurrency, span_s))
    else:
        turns = _sqlite(folder, concurrency, span_s)
    took_s, used_s = time.monotonic() - began_s, time.process_time() - cpu_s
    say({"turns": turns, "per_s": turns / took_s, "per_cpu_s": turns / used_s})


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
