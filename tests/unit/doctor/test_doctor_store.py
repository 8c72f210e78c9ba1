"""The database as it lies on the disk."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from yingda.clock import SystemClock
from yingda.doctor.base import Findings, Status
from yingda.doctor.store import check_store
from yingda.store.migrate import HEAD
from yingda.store.sqlite import open_sqlite


async def codes(path: Path, *, limit_s: float = 10.0) -> list[str]:
    return [each.code for each in await check_store(path, SystemClock(), limit_s=limit_s)]


async def made(path: Path) -> Path:
    await (await open_sqlite(path)).close()
    return path


def content(path: Path) -> bytes:
    return path.read_bytes()


async def test_a_store_that_nobody_holds_is_sound_and_left_as_it_was(tmp_path: Path) -> None:
    path = await made(tmp_path / "a.sqlite3")
    before = content(path)
    found: Findings = await check_store(path, SystemClock())
    assert [each.code for each in found][:3] == ["store_idle", "store_ok", "folder_ok"]
    assert HEAD in found[1].said.zh
    assert content(path) == before
    await made(path)  # the lock is free again


async def test_a_store_that_a_server_holds_is_read_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    store = await open_sqlite(path)
    try:
        assert (await codes(path))[:2] == ["store_held", "store_ok"]
        await store.check_writable()
    finally:
        await store.close()


async def test_a_store_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "data" / "a.sqlite3"
    assert (await codes(path))[:2] == ["store_new", "folder_ok"]
    assert not path.parent.exists()


async def test_a_damaged_file_is_told_and_not_touched(tmp_path: Path) -> None:
    path = await made(tmp_path / "a.sqlite3")
    body = bytearray(content(path))
    body[4096:] = b"\x5a" * (len(body) - 4096)
    path.write_bytes(bytes(body))
    assert (await codes(path))[1] == "store_damaged"
    assert content(path) == bytes(body)


async def test_a_file_that_is_no_database_or_another_programs_is_told(tmp_path: Path) -> None:
    plain = tmp_path / "plain.sqlite3"
    plain.write_text("no database at all, and long enough to be looked at" * 100)
    assert (await codes(plain))[1] == "store_foreign"
    other = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE theirs (a INTEGER)")
    assert (await codes(other))[1] == "store_foreign"


async def test_the_store_of_an_older_version_is_told_to_be_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await made(tmp_path / "a.sqlite3")
    monkeypatch.setattr("yingda.doctor.store.HEAD", "9999")
    assert (await codes(path))[1] == "store_old"


async def test_the_look_through_a_large_file_ends_in_time(tmp_path: Path) -> None:
    path = await made(tmp_path / "a.sqlite3")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bulk (a BLOB)")
        connection.executemany("INSERT INTO bulk VALUES (?)", [(b"x" * 3000,)] * 20_000)
        connection.commit()
    assert (await codes(path, limit_s=0.0))[1] == "store_unfinished"


async def test_a_file_in_place_of_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert "folder_closed" in await codes(tmp_path / "data" / "a.sqlite3")


@pytest.mark.parametrize(
    ("free_bytes", "code", "status"),
    [
        (5 << 30, "disk_ok", Status.OK),
        (500 << 20, "disk_low", Status.WARNING),
        (9 << 20, "disk_full", Status.FAILED),
    ],
)
async def test_little_space_is_told_before_it_is_used_up(
    free_bytes: int, code: str, status: Status, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free_bytes)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    last = (await check_store(tmp_path / "a.sqlite3", SystemClock()))[-1]
    assert (last.code, last.status) == (code, status)
