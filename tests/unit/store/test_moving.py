"""All data moved between a file and PostgreSQL: what arrives, is refused, and is left by a cut."""

import asyncio
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from support.moving import fill_oddly, in_postgres, in_sqlite
from support.postgres import server
from support.stores import Desk, turn_id_of
from yingda.clock import VirtualClock
from yingda.errors import StoreError
from yingda.store import moving_postgres, moving_sqlite
from yingda.store.migrate import HEAD
from yingda.store.moving import Tell, move
from yingda.store.moving_base import Moved, NotMoved, Progress, Reason, Step
from yingda.store.postgres import open_postgres
from yingda.store.schema import metadata
from yingda.store.snapshot_base import Snapshot, SnapshotKind
from yingda.store.sqlite import open_sqlite

Tables = dict[str, list[tuple[Any, ...]]]


def ignore(progress: Progress) -> None:
    """Nobody watches."""


def to_postgres(path: Path, url: str, tell: Tell = ignore) -> list[Moved]:
    with (
        moving_sqlite.moving_from(path) as source,
        moving_postgres.moving_to(url) as target,
    ):
        return list(move(source, target, tell, VirtualClock(0.0)))


def to_sqlite(url: str, path: Path) -> list[Moved]:
    with (
        moving_postgres.moving_from(url) as source,
        moving_sqlite.moving_to(path) as target,
    ):
        return list(move(source, target, ignore, VirtualClock(0.0)))


def file_of(folder: Path) -> Path:
    return folder / "yingda.sqlite3"


def empty() -> str:
    """A new database without any table."""
    return server().url(server().empty())


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def storable(tables: dict[str, Any]) -> Tables:
    """As PostgreSQL can keep it."""
    return {
        name: sorted(
            (tuple(v.replace("\0", "\x01") if isinstance(v, str) else v for v in r) for r in rows),
            key=repr,
        )
        for name, rows in tables.items()
    }


async def filled(folder: Path) -> Path:
    """A file with what a store wrote, and odd rows in every table."""
    await (await open_sqlite(file_of(folder))).close()
    fill_oddly(file_of(folder))
    desk = Desk("sqlite", folder)
    await desk.open()
    await desk.answered("m:1")
    await desk.tell("m:2")
    await desk.store.secret("pseudonyms")
    await desk.close()
    return file_of(folder)


async def nothing_in(url: str) -> bool:
    return not any((await asyncio.to_thread(in_postgres, url)).values())


# What arrives


async def test_every_row_of_every_table_arrives_and_the_file_stays_as_it_was(
    tmp_path: Path,
) -> None:
    path, url = await filled(tmp_path), empty()
    before, bytes_before = in_sqlite(path), hashlib.sha256(path.read_bytes()).digest()
    assert all(len(rows) >= 6 for rows in before.values())
    moved = await asyncio.to_thread(to_postgres, path, url)
    assert in_postgres(url) == storable(before)
    assert {each.table: each.rows for each in moved} == {
        name: len(rows) for name, rows in before.items()
    }
    assert hashlib.sha256(path.read_bytes()).digest() == bytes_before
    assert names_in(tmp_path) == ["yingda.sqlite3", "yingda.sqlite3.lock"]


async def test_the_way_back_ends_where_it_began(tmp_path: Path) -> None:
    path, url, back = (
        await filled(tmp_path),
        server().of_folder(tmp_path),
        tmp_path / "new folder" / "back.sqlite3",
    )
    await asyncio.to_thread(to_postgres, path, url)
    await asyncio.to_thread(to_sqlite, url, back)
    assert in_sqlite(back) == in_postgres(url)
    store = await open_sqlite(back)
    await store.close()


async def test_data_that_a_crash_left_beside_the_file_arrives_too(tmp_path: Path) -> None:
    path, url = await filled(tmp_path), server().of_folder(tmp_path)
    crashed = tmp_path.with_name(f"{tmp_path.name}-crashed")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO secret VALUES ('late', x'01')")
        connection.commit()
        # While it is open, as a crash would leave it.
        shutil.copytree(tmp_path, crashed)
    assert (crashed / "yingda.sqlite3-wal").stat().st_size
    await asyncio.to_thread(to_postgres, file_of(crashed), url)
    assert "late" in {name for name, _ in in_postgres(url)["secret"]}


async def test_the_moved_store_goes_on_where_the_old_one_ended(tmp_path: Path) -> None:
    old = Desk("sqlite", tmp_path / "old")
    await old.open()
    first = await old.answered("m:1")
    told = await old.tell("m:2")
    queued = await old.ask("m:3")
    secret = await old.store.secret("pseudonyms")
    await old.close()
    new = Desk("postgres", tmp_path / "new")
    url = server().of_folder(tmp_path / "new")
    await asyncio.to_thread(to_postgres, file_of(tmp_path / "old"), url)
    await new.open()
    try:
        assert await new.store.secret("pseudonyms") == secret
        again = await new.tell("m:2")
        assert (again.is_new, again.push_id, again.reply) == (False, told.push_id, b"told")
        recovered = await new.store.recover()
        assert turn_id_of(queued) in {turn_id for turn_id, _ in recovered.to_run}
        assert (await new.end(turn_id_of(queued), "late, but here")).turn.answer
        following = await new.ask("m:4")
        assert following.push_id > queued.push_id
        assert turn_id_of(following) > turn_id_of(queued) > turn_id_of(first)
        assert following.turn is not None
        assert following.turn.number == 3
    finally:
        await new.close()


async def test_an_id_that_was_given_and_deleted_is_never_given_again(tmp_path: Path) -> None:
    desk = Desk("sqlite", tmp_path)
    await desk.open()
    given = [await desk.tell(f"m:{number}") for number in range(3)]
    await desk.close()
    with closing(sqlite3.connect(file_of(tmp_path))) as connection, connection:
        connection.execute("DELETE FROM push")
    await asyncio.to_thread(to_postgres, file_of(tmp_path), server().of_folder(tmp_path))
    moved = Desk("postgres", tmp_path)
    await moved.open()
    after = await moved.tell("m:9")
    await moved.close()
    assert after.push_id > given[-1].push_id
    # And back again.
    with psycopg.connect(server().of_folder(tmp_path), autocommit=True) as moved_to:
        moved_to.execute("DELETE FROM push")
    await asyncio.to_thread(to_sqlite, server().of_folder(tmp_path), tmp_path / "b/yingda.sqlite3")
    back = Desk("sqlite", tmp_path / "b")
    await back.open()
    last = await back.tell("m:10")
    await back.close()
    assert last.push_id > after.push_id


async def test_every_row_is_told_of_three_times_once_copied_and_read_on_both_sides(
    tmp_path: Path,
) -> None:
    told: list[Progress] = []
    url = server().of_folder(tmp_path)
    moved = await asyncio.to_thread(to_postgres, await filled(tmp_path), url, told.append)
    rows = sum(each.rows for each in moved)
    assert sum(each.rows for each in told) == told[0].all_rows == 3 * rows
    done = [(each.step, each.table) for each in told if each.is_done]
    assert done == [(step, each.table) for step in Step for each in moved]


# What is refused


async def test_a_target_that_was_only_started_gives_up_what_the_start_made(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    url = server().of_folder(tmp_path)
    store = await open_postgres(url)
    await store.secret("pseudonyms")
    shop = Snapshot(kind=SnapshotKind.ACCOUNT, name="shop", fingerprint="f1")
    await store.keep_snapshots((shop,), 1.0)
    await store.beat(7, 1.0, runs_turns=True, forget_before=0.0)
    await store.close()
    await asyncio.to_thread(to_postgres, path, url)
    assert in_postgres(url) == storable(in_sqlite(path))


async def test_a_target_with_data_is_refused_by_its_tables_and_keeps_it(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    target = Desk("postgres", tmp_path)
    await target.open()
    await target.tell("m:1")
    await target.close()
    url = server().of_folder(tmp_path)
    before = in_postgres(url)
    with pytest.raises(NotMoved) as refused:
        await asyncio.to_thread(to_postgres, path, url)
    assert (refused.value.reason, refused.value.what) == (Reason.TARGET_IS_FULL, "push")
    assert in_postgres(url) == before


async def test_a_file_that_a_server_has_is_refused_and_none_can_start_meanwhile(
    tmp_path: Path,
) -> None:
    path = await filled(tmp_path)
    store = await open_sqlite(path)
    with pytest.raises(NotMoved) as refused:
        await asyncio.to_thread(to_postgres, path, empty())
    assert refused.value.reason is Reason.SOURCE_IS_USED
    await store.close()
    with moving_sqlite.moving_from(path), pytest.raises(StoreError, match="another yingda"):
        await open_sqlite(path)


async def test_a_database_that_a_server_is_connected_to_is_refused(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    running = Desk("postgres", tmp_path)
    await running.open()
    url = server().of_folder(tmp_path)
    with pytest.raises(NotMoved) as refused:
        await asyncio.to_thread(to_postgres, path, url)
    assert refused.value.reason is Reason.TARGET_IS_USED
    with pytest.raises(NotMoved) as refused:
        await asyncio.to_thread(to_sqlite, url, tmp_path / "back.sqlite3")
    assert refused.value.reason is Reason.SOURCE_IS_USED
    await running.close()


def of_no_database(path: Path) -> None:
    """There is no file."""


def without_a_table(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize("make", [of_no_database, without_a_table])
def test_a_source_without_data_is_refused_and_not_made(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(file_of(tmp_path))
    with pytest.raises(NotMoved) as refused:
        to_postgres(file_of(tmp_path), empty())
    assert refused.value.reason is Reason.NO_SOURCE
    assert not file_of(tmp_path).exists() or not file_of(tmp_path).stat().st_size
    with pytest.raises(NotMoved) as refused:
        to_sqlite(empty(), tmp_path / "back.sqlite3")
    assert refused.value.reason is Reason.NO_SOURCE
    assert not (tmp_path / "back.sqlite3").exists()


def of_another_version(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0003'")


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)


def no_database(path: Path) -> None:
    path.write_bytes(b"It was the best of times, it was the worst of times.\n" * 200)


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        (of_another_version, f"at version 0003 and this yingda reads {HEAD}; start"),
        (damaged, "restore a backup"),
        (no_database, "name another one"),
    ],
)
async def test_a_source_that_cannot_be_read_is_refused_with_the_mend(
    tmp_path: Path, spoil: Callable[[Path], None], mend: str
) -> None:
    path, url = await filled(tmp_path), server().of_folder(tmp_path)
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(StoreError, match=mend):
        await asyncio.to_thread(to_postgres, path, url)
    assert path.read_bytes() == before


async def test_a_database_that_will_not_do_is_refused_with_the_mend(tmp_path: Path) -> None:
    path = await filled(tmp_path)
    with psycopg.connect(server().url("postgres"), autocommit=True) as connection:
        name = f"latin_{tmp_path.name}".lower()
        connection.execute(
            f"CREATE DATABASE \"{name}\" ENCODING 'LATIN1' TEMPLATE template0"
            " LC_COLLATE 'C' LC_CTYPE 'C'".encode()
        )
    try:
        with pytest.raises(StoreError, match="encoding=UTF8"):
            await asyncio.to_thread(to_postgres, path, server().url(name))
    finally:
        server().drop(name)


async def test_a_text_that_is_none_is_refused_by_its_column_and_not_shown(tmp_path: Path) -> None:
    path, url = await filled(tmp_path), server().of_folder(tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE turn SET answer = CAST(x'c3284142' AS TEXT) WHERE id = 3")
    with pytest.raises(NotMoved) as refused:
        await asyncio.to_thread(to_postgres, path, url)
    assert (refused.value.reason, refused.value.what) == (Reason.UNFIT_VALUE, "turn.answer")
    assert "AB" not in str(refused.value)
    assert await nothing_in(url)


# What a difference or a cut leaves


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE turn SET answer = answer || 'x' WHERE id = 8",
        "UPDATE turn SET entered_at = entered_at + 1e-6 WHERE id = 28",
        "DELETE FROM lost_run WHERE turn_id = 8",
        "INSERT INTO secret VALUES ('other', '')",
        "UPDATE push SET reply = NULL WHERE id = 28",
        "UPDATE spending SET answers = 1 - answers WHERE answers IN (0, 1)",
    ],
)
async def test_any_difference_is_found_and_nothing_is_changed(tmp_path: Path, tamper: str) -> None:
    path, url = await filled(tmp_path), server().of_folder(tmp_path)
    with pytest.raises(NotMoved) as refused:
        await asyncio.to_thread(_tampered, path, url, tamper)
    assert refused.value.reason is Reason.DIFFERENCE
    assert refused.value.what == next(name for name in tamper.split() if name in metadata.tables)
    assert await nothing_in(url)


def _tampered(path: Path, url: str, tamper: str) -> None:
    """Change a row of the target when everything was copied, and before it is compared."""
    last = metadata.sorted_tables[-1].name
    with (
        moving_sqlite.moving_from(path) as source,
        moving_postgres.moving_to(url) as target,
    ):

        def tell(progress: Progress) -> None:
            if (progress.step, progress.table, progress.is_done) == (Step.COPY, last, True):
                changed = target._connection.execute(tamper.encode())
                assert changed.rowcount

        move(source, target, tell, VirtualClock(0.0))


@pytest.mark.parametrize("step", list(Step))
async def test_a_cut_leaves_the_target_empty_and_it_can_begin_again(
    tmp_path: Path, step: Step
) -> None:
    class Cut(BaseException):
        """As Ctrl-C is."""

    def cut(progress: Progress) -> None:
        if (progress.step, progress.table) == (step, "offer"):
            raise Cut

    path, url = await filled(tmp_path), server().of_folder(tmp_path)
    with pytest.raises(Cut):
        await asyncio.to_thread(to_postgres, path, url, cut)
    assert await nothing_in(url)
    await asyncio.to_thread(to_postgres, path, url)
    assert in_postgres(url) == storable(in_sqlite(path))


async def test_a_postgresql_that_goes_away_is_told_with_the_mend_and_holds_nothing(
    tmp_path: Path,
) -> None:
    def end(progress: Progress) -> None:
        if (progress.step, progress.table) == (Step.COPY, "push"):
            with psycopg.connect(url, autocommit=True) as other:
                other.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE application_name = 'yingda-migrate' AND datname = current_database()"
                )

    path, url = await filled(tmp_path), server().of_folder(tmp_path)
    with pytest.raises(StoreError, match=r"PostgreSQL .*\(.+\)"):
        await asyncio.to_thread(to_postgres, path, url, end)
    assert await nothing_in(url)


async def test_a_server_that_starts_on_the_target_too_early_changes_nothing(
    tmp_path: Path,
) -> None:
    path, url = await filled(tmp_path), server().of_folder(tmp_path)

    def look(progress: Progress) -> None:
        if progress.step is Step.VERIFY and progress.is_done:
            with psycopg.connect(url, autocommit=True) as other:
                other.execute("SET lock_timeout = '1ms'")
                with pytest.raises(psycopg.errors.LockNotAvailable):
                    other.execute("INSERT INTO secret VALUES ('pseudonyms', '')")

    await asyncio.to_thread(to_postgres, path, url, look)
    assert in_postgres(url) == storable(in_sqlite(path))


async def test_the_planner_knows_the_moved_tables_at_once(tmp_path: Path) -> None:
    path, url = await filled(tmp_path), server().of_folder(tmp_path)
    await asyncio.to_thread(to_postgres, path, url)
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT reltuples FROM pg_class WHERE relname = 'push'")
        assert rows.fetchall() == [(len(in_postgres(url)["push"]),)]
