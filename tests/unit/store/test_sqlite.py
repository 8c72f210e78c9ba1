"""What only the store on SQLite promises: flushed commits, one process, and indexes that serve."""

import asyncio
import contextlib
import resource
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from support.stores import ANN, SHOP, Desk, turn_id_of
from yingda.errors import StoreError
from yingda.store import (
    admission,
    attachments,
    entering,
    erasing,
    reading,
    remembering,
    running,
    steps,
)
from yingda.store.files import hold
from yingda.store.postgres_statements import translated
from yingda.store.reader import Reader
from yingda.store.sqlite import SqliteStore, open_sqlite
from yingda.store.writer import Writer


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_sqlite(tmp_path / "yingda.sqlite3")
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
async def test_every_commit_is_flushed_and_references_are_checked(
    pragma: str, value: object, store: SqliteStore
) -> None:
    (row,) = store._connection.execute(f"PRAGMA {pragma}").fetchall()
    assert row == (value,)


async def test_a_second_opening_is_refused_with_the_mend(
    store: SqliteStore, tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match=r"another yingda process uses .*another data folder"):
        await open_sqlite(tmp_path / "yingda.sqlite3")
    await store.check_writable()


def test_another_process_is_refused_while_one_holds_the_file_and_let_in_after(
    tmp_path: Path,
) -> None:
    path = tmp_path / "yingda.sqlite3"
    script = (
        "import asyncio, sys; from pathlib import Path;"
        "from yingda.store.sqlite import open_sqlite;"
        "asyncio.run(open_sqlite(Path(sys.argv[1]))); print('open', flush=True); input()"
    )
    with subprocess.Popen(  # noqa: S603 - our own interpreter with our own words
        [sys.executable, "-c", script, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(StoreError, match="another yingda process"):
            run(open_and_close(path))
        other.kill()
    run(open_and_close(path))


async def open_and_close(path: Path) -> None:
    await (await open_sqlite(path)).close()


def run(work: Coroutine[object, object, None]) -> None:
    asyncio.run(work)


async def test_another_program_that_keeps_the_write_lock_is_named(
    store: SqliteStore, tmp_path: Path
) -> None:
    store._writer._lock_wait_s = 0.001
    with closing(sqlite3.connect(tmp_path / "yingda.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"locked .*another program holds the database"):
            await store.check_writable()
        other.execute("ROLLBACK")
    await store.check_writable()


async def test_waiting_for_another_program_leaves_an_attempt_most_of_its_window(
    store: SqliteStore,
) -> None:
    # An attempt has 5 s.
    assert store._writer._lock_wait_s == 1.5


async def test_the_event_loop_goes_on_while_another_program_holds_the_file(
    store: SqliteStore, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "yingda.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        check = asyncio.ensure_future(store.check_writable())
        for _ in range(100):
            await asyncio.sleep(0)
        assert not check.done()
        other.execute("ROLLBACK")
        await check


async def test_a_read_does_not_wait_while_another_program_keeps_the_write_lock(
    tmp_path: Path,
) -> None:
    desk = Desk("sqlite", tmp_path)
    await desk.open()
    turn_id = turn_id_of(await desk.ask("m:1"))
    with closing(sqlite3.connect(tmp_path / "yingda.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert (await desk.store.outlook(turn_id)).turn.id == turn_id
        other.execute("ROLLBACK")
    await desk.close()


async def test_a_read_that_the_database_refuses_is_a_store_error(store: SqliteStore) -> None:
    with pytest.raises(StoreError, match="the database was closed"):
        await outlook_after_closing(store)


async def outlook_after_closing(store: SqliteStore) -> None:
    reading = store._reader._connection
    store._reader.close()
    await store._writer.close()
    try:
        await store.outlook(1)
    finally:
        # For the fixture's own closing.
        store._reader = Reader(reading)
        store._writer = Writer(store._connection)


async def test_the_connection_that_reads_cannot_write(store: SqliteStore) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._reader._connection.execute("DELETE FROM turn")


async def test_every_write_check_puts_a_page_into_the_write_ahead_log(
    store: SqliteStore, tmp_path: Path
) -> None:
    sizes = []
    for _ in range(3):
        await store.check_writable()
        sizes.append((tmp_path / "yingda.sqlite3-wal").stat().st_size)
    # One page of 4096 bytes and its header of 24: sqlite.org/fileformat2.html.
    assert [after - before for before, after in pairwise(sizes)] == [4120, 4120]


async def test_a_write_check_has_no_statement_prepared_anew(store: SqliteStore) -> None:
    before = store._connection.execute("PRAGMA schema_version").fetchone()
    await store.check_writable()
    assert store._connection.execute("PRAGMA schema_version").fetchone() == before


async def test_a_sent_reply_that_offered_nothing_costs_no_write(tmp_path: Path) -> None:
    desk = Desk("sqlite", tmp_path)
    await desk.open()
    push = await desk.ask("m:1")
    before = (tmp_path / "yingda.sqlite3-wal").stat().st_size
    await desk.store.mark_sent(push.push_id)
    assert (tmp_path / "yingda.sqlite3-wal").stat().st_size == before
    await desk.end(turn_id_of(push))
    await desk.offer(push, 0, 3)
    await desk.store.mark_sent(push.push_id)
    with closing(sqlite3.connect(tmp_path / "yingda.sqlite3")) as other:
        assert other.execute("SELECT state FROM offer").fetchall() == [("sent",)]
    await desk.close()


@contextlib.contextmanager
def no_file_may_grow() -> Iterator[None]:
    """As on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_write_check_fails_while_nothing_can_be_written_and_passes_after(
    store: SqliteStore,
) -> None:
    with no_file_may_grow(), pytest.raises(StoreError, match="check the disk"):
        await store.check_writable()
    await store.check_writable()


async def test_a_write_check_fails_on_a_database_that_may_only_be_read(
    tmp_path: Path,
) -> None:
    path = tmp_path / "yingda.sqlite3"
    await open_and_close(path)
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    store = SqliteStore(connection, sqlite3.connect(path), hold(path))
    with pytest.raises(StoreError, match="readonly"):
        await store.check_writable()
    await store.close()


async def test_what_was_submitted_before_closing_is_kept(tmp_path: Path) -> None:
    desk = Desk("sqlite", tmp_path)
    await desk.open()
    asked = [asyncio.ensure_future(desk.ask(f"m:{n}", limit=99)) for n in range(50)]
    await asyncio.sleep(0)
    await desk.reopen()
    assert len({turn_id_of(await each) for each in asked}) == 50
    assert len((await desk.store.follower(SHOP, ANN)).pending) == 50
    await desk.close()


@pytest.mark.parametrize(
    ("sql", "indexes"),
    [
        (entering._COUNT_ATTEMPT, {"sqlite_autoindex_push_1"}),
        (
            entering._LOOK_ROUND,
            {"sqlite_autoindex_push_1", "uq_conversation_open", "ix_turn_pending"},
        ),
        (admission._COUNT_ALL_OPEN, {"ix_turn_pending"}),
        (admission._NTH_NEWEST, {"sqlite_autoindex_turn_1"}),
        (entering._CLOSE_CONVERSATION, {"uq_conversation_open"}),
        (steps._COUNT_AHEAD, {"ix_turn_pending"}),
        (steps._HEAD, {"ix_turn_pending"}),
        (running._CLAIM_FIRST, {"ix_turn_pending"}),
        (running._FIND_CLAIM, {"ix_turn_pending"}),
        (reading._HEADS, {"ix_turn_pending"}),
        (reading._UNREAD, {"ix_turn_unread"}),
        (reading._OTHER_UNREAD, {"ix_turn_unread"}),
        (erasing._WITHDRAW, {"sqlite_autoindex_turn_1"}),
        (reading._LAST, {"sqlite_autoindex_turn_1"}),
        (reading._OUTLOOK, {"sqlite_autoindex_turn_1", "ix_turn_unread", "ix_turn_pending"}),
        (reading._NUMBERED, {"sqlite_autoindex_turn_1"}),
        (remembering._LENGTHS, {"ix_turn_said"}),
        (remembering._TURNS, {"ix_turn_said"}),
        (attachments._CLAIM, {"ix_attachment_follower"}),
        (attachments._LET_GO, {"ix_attachment_follower"}),
        (attachments._COUNT_KEPT, {"ix_attachment_follower"}),
        (attachments._DROP_KEPT, {"ix_attachment_follower"}),
        (attachments._OF_TURN, {"ix_attachment_turn_id"}),
        (attachments._SHARED, {"ix_attachment_turn_id"}),
        (attachments._RECENT, {"sqlite_autoindex_turn_1", "ix_attachment_turn_id"}),
        (attachments._SWEEP, {"ix_attachment_received_at"}),
    ],
)
async def test_the_hot_statements_are_served_by_their_indexes(
    sql: str, indexes: set[str], store: SqliteStore
) -> None:
    names = translated(sql).names
    plan = store._connection.execute(
        f"EXPLAIN QUERY PLAN {sql}", dict.fromkeys(names, 1)
    ).fetchall()
    details = [row[3] for row in plan]
    assert all(any(index in detail for detail in details) for index in indexes), details
    # A subquery here is one constant row, or what an indexed query within it has found.
    harmless = ("USING", "CONSTANT ROW", "(subquery", "SCAN head", "SCAN once", "SCAN open_turn")
    scans = [detail for detail in details if detail.startswith("SCAN")]
    assert not [detail for detail in scans if not any(sign in detail for sign in harmless)]
    assert not [
        detail for detail in details if "TEMP B-TREE" in detail and sql is not reading._HEADS
    ]
