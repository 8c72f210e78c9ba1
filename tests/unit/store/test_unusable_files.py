"""A file that cannot be used is refused with the mend, and nothing is overwritten."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from yingda.errors import StoreError
from yingda.store import migrate
from yingda.store.sqlite import open_sqlite


def names_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def newer(path: Path) -> None:
    at_version(path, "0999")


def older_than_known(path: Path) -> None:
    at_version(path, "0000")


def at_version(path: Path, version: str) -> None:
    migrate.upgrade(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
        connection.commit()
        # As our own files are.
        connection.execute("PRAGMA journal_mode=WAL")


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE shop (id INTEGER)")


def foreign_with_the_same_engine(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")


def ours_without_a_version(path: Path) -> None:
    migrate.upgrade(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM alembic_version")


def no_database(path: Path) -> None:
    path.write_bytes(b"It was the best of times, it was the worst of times.\n" * 200)


def damaged(path: Path) -> None:
    migrate.upgrade(path)
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xff" * 3996
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        (newer, "install the newer yingda"),
        (older_than_known, "install the newer yingda"),
        (foreign, "name another file"),
        (foreign_with_the_same_engine, "name another file"),
        (ours_without_a_version, "name another file"),
        (no_database, "name another one"),
        (damaged, "restore a backup"),
    ],
)
async def test_a_file_that_cannot_be_used_is_refused_with_the_mend_and_left_alone(
    spoil: Callable[[Path], None], mend: str, tmp_path: Path
) -> None:
    path = tmp_path / "yingda.sqlite3"
    spoil(path)
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreError, match=mend):
            await open_sqlite(path)
    assert path.read_bytes() == before
    assert names_in(tmp_path) == [path.name, f"{path.name}.lock"]


async def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "yingda.sqlite3").mkdir()
    with pytest.raises(StoreError, match="folder of the database"):
        await open_sqlite(tmp_path / "yingda.sqlite3")


async def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"kept")
    with pytest.raises(StoreError, match="name another data folder"):
        await open_sqlite(tmp_path / "data" / "yingda.sqlite3")
    assert (tmp_path / "data").read_bytes() == b"kept"


@contextlib.contextmanager
def as_an_ordinary_user() -> Iterator[None]:
    """Without root's right to write everywhere."""
    nobody = 65534
    user = os.geteuid()
    if user == 0:
        os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may look into, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder
        folder.chmod(0o777)


def forbid_writing(folder: Path) -> None:
    folder.chmod(0o555)


async def test_a_folder_that_may_not_be_written_is_refused(open_folder: Path) -> None:
    forbid_writing(open_folder)
    with as_an_ordinary_user(), pytest.raises(StoreError, match="write to that folder"):
        await open_sqlite(open_folder / "yingda.sqlite3")
    assert names_in(open_folder) == []


async def test_a_file_that_may_only_be_read_is_refused(open_folder: Path) -> None:
    path = open_folder / "yingda.sqlite3"
    await (await open_sqlite(path)).close()
    path.with_name(f"{path.name}.lock").chmod(0o666)
    path.chmod(0o444)
    before = path.read_bytes()
    with as_an_ordinary_user(), pytest.raises(StoreError, match="let the user that runs yingda"):
        await open_sqlite(path)
    assert path.read_bytes() == before
