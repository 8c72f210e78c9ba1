"""Operations share a commit, and nothing else."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from yingda.errors import StoreError
from yingda.store import writer as writer_module
from yingda.store.steps import Steps, execute, fetch
from yingda.store.writer import Writer


class Poison(Exception):
    """What a faulty operation raises."""


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    connection = sqlite3.connect(
        tmp_path / "w.sqlite3", timeout=0, isolation_level=None, check_same_thread=False
    )
    connection.execute("CREATE TABLE note (n INTEGER PRIMARY KEY)")
    opened = Writer(connection)
    yield opened
    if not opened._is_closed:
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


async def test_only_the_flush_and_the_wait_for_a_lock_leave_the_event_loop(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[tuple[str, bool]] = []

    def noted(name: str) -> None:
        threads.append((name, threading.current_thread() is threading.main_thread()))

    def write_here() -> Steps[None]:
        noted("statement")
        yield from execute("INSERT INTO note VALUES (1)")

    def commit_noted() -> None:
        noted("commit")
        commit()

    commit = writer._commit
    monkeypatch.setattr(writer, "_commit", commit_noted)
    await writer.submit(write_here)
    assert threads == [("statement", True), ("commit", False)]


async def test_what_is_submitted_while_a_flush_runs_shares_the_next_one(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_flushing, may_commit = threading.Event(), threading.Event()
    commit, commits = writer._commit, 0

    def commit_late() -> None:
        nonlocal commits
        commits += 1
        is_flushing.set()
        may_commit.wait(5.0)
        commit()

    monkeypatch.setattr(writer, "_commit", commit_late)
    first = submitted(writer, partial(write, 0))
    while not is_flushing.is_set():  # noqa: ASYNC110 - the thread sets it
        await asyncio.sleep(0)
    rest = [submitted(writer, partial(write, n)) for n in range(1, 20)]
    await asyncio.sleep(0)
    may_commit.set()
    await asyncio.gather(first, *rest)
    assert commits == 2


async def test_nobody_is_answered_before_the_commit(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_commit = threading.Event()
    commit = writer._commit

    def commit_late() -> None:
        may_commit.wait(5.0)
        commit()

    monkeypatch.setattr(writer, "_commit", commit_late)
    task = submitted(writer, partial(write, 1))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not task.done()
    may_commit.set()
    assert await task == 1


async def test_a_commit_that_is_refused_is_tried_for_each_alone(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, refusals = writer._commit, 2

    def refused_twice_over() -> None:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise sqlite3.OperationalError("database or disk is full")
        commit()

    monkeypatch.setattr(writer, "_commit", refused_twice_over)
    tasks = [submitted(writer, partial(write, n)) for n in (1, 2, 3)]
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [StoreError, int, int]
    assert await writer.submit(read) == [2, 3]


async def test_a_closed_writer_keeps_what_was_submitted_and_refuses_what_comes_later(
    writer: Writer,
) -> None:
    tasks = [submitted(writer, partial(write, n)) for n in range(200)]
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(writer.close())
    assert sum(await asyncio.gather(*tasks)) == sum(range(200))
    await closing
    assert not writer.is_busy
    with pytest.raises(StoreError, match="was closed"):
        await writer.submit(lambda: write(300))


async def test_it_is_busy_until_its_callers_know(writer: Writer) -> None:
    task = submitted(writer, lambda: write(1))
    await asyncio.sleep(0)
    assert writer.is_busy
    await task
    assert not writer.is_busy


async def test_a_locked_database_fails_a_whole_group_at_once(
    writer: Writer, tmp_path: Path
) -> None:
    writer._lock_wait_s = 0.05
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


class Log:
    """Keeps what is logged, and on which thread; or refuses to, as a full disk does."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.entries: list[tuple[threading.Thread, str, dict[str, object]]] = []
        self.refuses = refuses

    def error(self, event: str, **values: object) -> None:
        self.entries.append((threading.current_thread(), event, values))
        if self.refuses:
            raise OSError("No space left on device")


async def refused_twice(writer: Writer) -> list[object]:
    await writer.submit(lambda: write(1))
    tasks = [submitted(writer, partial(write, n)) for n in (1, 2, 1)]
    return [type(each) for each in await asyncio.gather(*tasks, return_exceptions=True)]


async def test_a_refusal_is_logged_on_the_loops_thread_with_its_reason(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log()
    monkeypatch.setattr(writer_module, "_log", log)
    assert await refused_twice(writer) == [StoreError, int, StoreError]
    assert {thread for thread, _, _ in log.entries} == {threading.current_thread()}
    assert {event for _, event, _ in log.entries} == {"store_refused"}
    assert all("UNIQUE" in str(values["reason"]) for _, _, values in log.entries)
    assert sum(int(str(values["operations"])) for _, _, values in log.entries) == 2


async def test_a_log_that_cannot_be_written_keeps_no_caller_waiting(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: complaints.append(context["exception"])
    )
    log = Log(refuses=True)
    monkeypatch.setattr(writer_module, "_log", log)
    assert await refused_twice(writer) == [StoreError, int, StoreError]
    assert await writer.submit(read) == [1, 2]
    assert len(complaints) == len(log.entries) > 0
    assert not writer.is_busy


class Abort(BaseException):
    """What no operation should raise."""


def aborted(number: int) -> Steps[int]:
    yield from execute("INSERT INTO note VALUES (:n)", n=number)
    raise Abort


async def test_an_operation_that_raises_what_none_should_fails_and_the_thread_goes_on(
    writer: Writer,
) -> None:
    with pytest.raises(StoreError, match="broke off: Abort") as raised:
        await writer.submit(lambda: aborted(1))
    assert isinstance(raised.value.__cause__, Abort)
    assert await writer.submit(read) == []
    assert await writer.submit(lambda: write(2)) == 2
    assert not writer.is_busy


async def test_a_rollback_that_is_refused_fails_its_group_and_the_next_one_begins_anew(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    roll_back = writer._roll_back
    left = 1

    def refused_once() -> None:
        nonlocal left
        if left and writer._connection.in_transaction:
            left -= 1
            raise sqlite3.OperationalError("disk I/O error")
        roll_back()

    monkeypatch.setattr(writer, "_roll_back", refused_once)
    with pytest.raises(StoreError, match=r"disk I/O error .*check the disk"):
        await writer.submit(lambda: poisoned(1))
    assert left == 0
    assert await writer.submit(lambda: write(2)) == 2
    assert await writer.submit(read) == [2]
