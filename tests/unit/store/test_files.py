"""Who may read the database's files, and what is said where they cannot be made."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from yingda.errors import StoreError
from yingda.store.files import make_file, make_folder
from yingda.store.refusals import file_error
from yingda.store.sqlite import open_sqlite

SUFFIXES = ("", "-wal", "-shm", ".lock")


@pytest.fixture(params=[0o000, 0o022, 0o277], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """From one that forbids nothing to one that forbids the owner."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("umask")
async def test_folder_database_journals_and_lock_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "yingda.sqlite3"
    store = await open_sqlite(path)
    await store.check_writable()
    modes = {suffix: mode_of(path.with_name(path.name + suffix)) for suffix in SUFFIXES}
    await store.close()
    assert modes == dict.fromkeys(SUFFIXES, 0o600)
    assert mode_of(path.parent) == 0o700


async def test_modes_that_somebody_gave_before_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "data" / "yingda.sqlite3"
    path.parent.mkdir()
    path.parent.chmod(0o750)
    for suffix in ("", ".lock"):
        made = path.with_name(path.name + suffix)
        made.touch()
        made.chmod(0o640)
    store = await open_sqlite(path)
    await store.check_writable()
    modes = {suffix: mode_of(path.with_name(path.name + suffix)) for suffix in SUFFIXES}
    await store.close()
    assert modes == dict.fromkeys(SUFFIXES, 0o640)
    assert mode_of(path.parent) == 0o750


def test_a_file_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    path.write_bytes(b"kept")
    path.chmod(0o644)
    assert not make_file(path)
    assert (path.read_bytes(), mode_of(path)) == (b"kept", 0o644)


def test_a_file_system_that_keeps_no_modes_is_good_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refuse)
    monkeypatch.setattr(Path, "chmod", refuse)
    make_folder(tmp_path / "data")
    assert make_file(tmp_path / "data" / "made")


async def test_a_place_where_no_folder_can_be_made_is_told_to_be_the_wrong_one() -> None:
    with pytest.raises(StoreError, match=r"No such file or directory .*name another data folder$"):
        await open_sqlite(Path("/proc/x/yingda.sqlite3"))


@pytest.mark.parametrize(
    ("number", "mend"),
    [
        (errno.EACCES, "let the user that runs yingda write to that folder"),
        (errno.EPERM, "let the user that runs yingda write to that folder"),
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "quota"),
        (errno.ENOENT, "(/data); name another data folder"),
        (errno.ENOTDIR, "(/data); name another data folder"),
        (errno.EROFS, "(/data); name another data folder"),
    ],
)
def test_every_complaint_of_the_system_gets_the_mend_that_fits(number: int, mend: str) -> None:
    message = str(file_error(OSError(number, os.strerror(number), "/data")))
    assert os.strerror(number) in message
    assert mend in message
