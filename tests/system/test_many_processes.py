"""Real processes on one real PostgreSQL: who talks to WeChat, and who asks the AI."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from support.postgres import server
from support.process import Process, phone_at, serving

pytestmark = pytest.mark.realtime

#: A slow machine may take three times as long as the 10 s that are promised.
_RECOVERY_LIMIT_S = 30.0


@asynccontextmanager
async def working(folder: Path, url: str) -> AsyncIterator[Process]:
    """A process that asks the AI, and does nothing else."""
    process = Process(folder, {"YINGDA_DATABASE_URL": url})
    await process.start("--concurrency", "50", verb="worker")
    try:
        yield process
    finally:
        await process.end(signal.SIGKILL)


@pytest.fixture
def url() -> str:
    return server().url(server().empty())


async def test_a_question_asked_here_is_answered_by_a_worker_elsewhere(
    tmp_path: Path, url: str
) -> None:
    async with (
        serving(tmp_path, YINGDA_DATABASE_URL=url, YINGDA_WORKERS="false") as (_, address),
        working(tmp_path, url) as worker,
        phone_at(address) as phone,
    ):
        assert "你好" in (await phone.say("你好")).text
        # What the worker has written so far is read here: the first part of a long answer.
        seen = await phone.say("慢 20 长 2000")
        assert "1/" not in seen.text
        assert "回声" in seen.text
        assert await worker.end(signal.SIGTERM) == 0
        assert "draining" in [entry["event"] for entry in worker.log]


async def test_the_next_worker_takes_over_from_one_that_was_killed(
    tmp_path: Path, url: str
) -> None:
    async with (
        serving(tmp_path, YINGDA_DATABASE_URL=url, YINGDA_WORKERS="false") as (_, address),
        working(tmp_path, url) as first,
        phone_at(address) as phone,
    ):
        asking = asyncio.create_task(phone.say("慢 8"))
        await until(lambda: bool(states(url, "running")))
        async with working(tmp_path, url):
            killed_s = time.monotonic()
            await first.end(signal.SIGKILL)
            # From its second run on it is in another worker's hands.
            await until(lambda: states(url, "running") == [(2,)])
            assert time.monotonic() - killed_s < _RECOVERY_LIMIT_S
            # A part of it may have been there in time, as the first part.
            first_seen = (await asking).text
            assert "慢 8" in first_seen + (await phone.say("1")).text
        assert states(url, "answered") == [(2,)]


def states(url: str, state: str) -> list[tuple[int]]:
    """The run numbers of the turns that are in this state."""
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT run_no FROM turn WHERE state = %s", [state]).fetchall()


async def until(happened: Callable[[], bool]) -> None:
    """Look again and again."""
    async with asyncio.timeout(2 * _RECOVERY_LIMIT_S):
        while not happened():  # noqa: ASYNC110 another process does it
            await asyncio.sleep(0.1)
