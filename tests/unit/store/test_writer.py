"""Operations share a commit, and nothing else."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from yingda.errors import StoreError
from yingda.store.refusals import store_error
from yingda.store.steps import Steps, execute, fetch
from yingda.store.writer import Writer


class Poison(Exception):
    """What a faulty operation raises."""


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    connection = sqlite3.connect(
        tmp_path / "w.sqlite3", isolation_level=None, check_same_thread=False
    )
    connection.execute("CREATE TABLE note (n INTEGER PRIMARY KEY)")
    opened = Writer(connection)
    yield opened
    await opened.close()
    connection.close()


def write(number: int) -> Steps[int]:
    yield from execute("INSERT INTO note VALUES (:n)", n=number)
    return number


def poisoned(number: int) -> Steps[int]:
    yield from execute("INSERT INTO note VALUES (:n)", n=number)
    raise Poison


def read() -> Steps[list[int]]:
    rows = yield from fetch("SELECT n FROM note ORDER BY n")
    return [row[0] for row in rows]


def submitted(writer: Writer, operation: Callable[[], Steps[int]]) -> "asyncio.Task[int]":
    return asyncio.ensure_future(writer.submit(operation))


async def test_an_operation_returns_its_result(writer: Writer) -> None:
    assert await writer.submit(lambda: write(7)) == 7
    assert await writer.submit(read) == [7]


async def test_one_that_raises_harms_no_other_and_leaves_nothing(writer: Writer) -> None:
    tasks = [submitted(writer, partial(poisoned if n % 7 == 3 else write, n)) for n in range(60)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    failed = {n for n, result in enumerate(results) if isinstance(result, Poison)}
    assert failed == {n for n in range(60) if n % 7 == 3}
    assert await writer.submit(read) == [n for n in range(60) if n not in failed]


async def test_one_that_the_database_refuses_gets_a_store_error_and_no_other_does(
    writer: Writer,
) -> None:
    tasks = [submitted(writer, partial(write, n)) for n in (1, 2, 1, 3)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [int, int, StoreError, int]
    assert await writer.submit(read) == [1, 2, 3]


async def test_a_caller_that_is_cancelled_breaks_no_other(writer: Writer) -> None:
    first, second = (submitted(writer, partial(write, n)) for n in (1, 2))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 2
    assert first.cancelled()
    assert await writer.submit(read) == [1, 2]
    assert not writer.is_busy


async def test_many_that_wait_share_a_commit(writer: Writer) -> None:
    statements: list[str] = []
    writer._connection.set_trace_callback(statements.append)
    await asyncio.gather(*(writer.submit(partial(write, n)) for n in range(500)))
    writer._connection.set_trace_callback(None)
    assert statements.count("COMMIT") <= 100
    assert len(await writer.submit(read)) == 500


async def test_it_is_busy_until_its_callers_know(writer: Writer) -> None:
    task = submitted(writer, lambda: write(1))
    await asyncio.sleep(0)
    assert writer.is_busy
    await task
    assert not writer.is_busy


async def test_a_locked_database_fails_a_whole_group_at_once(
    writer: Writer, tmp_path: Path
) -> None:
    writer._connection.execute("PRAGMA busy_timeout = 50")
    other = sqlite3.connect(tmp_path / "w.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begins: list[str] = []
    writer._connection.set_trace_callback(begins.append)
    tasks = [submitted(writer, partial(write, n)) for n in range(40)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    writer._connection.set_trace_callback(None)
    other.execute("ROLLBACK")
    other.close()
    assert all(isinstance(result, StoreError) for result in results)
    assert begins.count("BEGIN IMMEDIATE") < 10
    assert await writer.submit(lambda: write(1)) == 1


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ("database or disk is full", "free some space"),
        ("disk I/O error", "check the disk"),
        ("attempt to write a readonly database", "let the user that runs yingda write"),
        ("unable to open database file", "check that the folder"),
        ("database disk image is malformed", "restore a backup"),
        ("file is not a database", "move it away"),
        ("database is locked", "close it"),
        ("something new", "see the message"),
    ],
)
def test_every_refusal_names_what_was_said_and_the_mend(said: str, mend: str) -> None:
    message = str(store_error(sqlite3.OperationalError(said)))
    assert said in message
    assert mend in message
