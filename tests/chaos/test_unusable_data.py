"""Data that cannot be used: exit 78, the reason with its mend, and not one byte overwritten."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.process import Process, _bare_environment, phone_at, serving
from yingda.errors import StoreError
from yingda.store.sqlite import open_sqlite

pytestmark = pytest.mark.realtime

#: SQLite's page.
PAGE_BYTES = 4096
MISCONFIGURED = 78


async def used_data(folder: Path, *, is_killed: bool = False) -> Path:
    """The database of a process that has answered questions."""
    async with serving(folder) as (process, address):
        async with phone_at(address) as phone:
            for n in range(5):
                assert "问" in (await phone.say(f"问 {n}")).text
        await process.end(signal.SIGKILL if is_killed else signal.SIGTERM)
    return folder / "data" / "yingda.sqlite3"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file but the lock, and but the memory that SQLite shares between processes."""
    kept = [each for each in folder.iterdir() if each.suffix not in {".lock", ".sqlite3-shm"}]
    return {each.name: each.read_bytes() for each in kept}


async def said_at_start(folder: Path) -> str:
    """What a process says that cannot start on this folder's data; it exits as misconfigured."""
    command = [sys.executable, "-m", "yingda", "serve", "--port", "0"]
    if os.geteuid() == 0:
        # Root may write anywhere, but for what the file's mode says once this right is dropped.
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--", *command]
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**_bare_environment(), **Process(folder, {})._variables},
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == MISCONFIGURED
    assert b"Traceback" not in said
    return said.decode()


def overwrite(path: Path, page: int) -> None:
    """Write nonsense over a page, counted from 0."""
    content = bytearray(path.read_bytes())
    content[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = b"\xa5" * PAGE_BYTES
    path.write_bytes(content)


def overwrite_header(path: Path) -> None:
    overwrite(path, 0)


def overwrite_the_middle(path: Path) -> None:
    overwrite(path, path.stat().st_size // PAGE_BYTES // 2)


def cut_off(path: Path) -> None:
    os.truncate(path, path.stat().st_size // PAGE_BYTES // 2 * PAGE_BYTES)


@pytest.mark.parametrize(
    ("spoil", "mend"),
    [
        (overwrite_header, "move it away"),
        (overwrite_the_middle, "restore a backup"),
        (cut_off, "restore a backup"),
    ],
)
async def test_a_damaged_file_is_refused_with_its_mend_and_left_as_it_is(
    tmp_path: Path, spoil: Callable[[Path], None], mend: str
) -> None:
    path = await used_data(tmp_path)
    spoil(path)
    before = contents(path.parent)
    assert mend in await said_at_start(tmp_path)
    assert contents(path.parent) == before


async def test_a_damaged_file_is_found_whichever_page_it_is(tmp_path: Path) -> None:
    path = await used_data(tmp_path)
    whole = path.read_bytes()
    for page in range(len(whole) // PAGE_BYTES):
        overwrite(path, page)
        with pytest.raises(StoreError, match=r"(?:damaged|no database)"):
            await open_sqlite(path)
        path.write_bytes(whole)
    await (await open_sqlite(path)).close()


async def test_a_log_that_a_kill_left_behind_is_no_damage(tmp_path: Path) -> None:
    path = await used_data(tmp_path, is_killed=True)
    assert path.with_name(f"{path.name}-wal").stat().st_size > 0
    async with serving(tmp_path) as (_, address), phone_at(address) as phone:
        assert "问 4" in (await phone.say("1")).text


@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="root cannot drop its rights"
)
@pytest.mark.parametrize("what", ["folder", "file"])
async def test_data_that_may_only_be_read_is_refused_with_its_mend_and_left_as_it_is(
    tmp_path: Path, what: str
) -> None:
    path = await used_data(tmp_path)
    spoiled = path.parent if what == "folder" else path
    mode = spoiled.stat().st_mode
    before = contents(path.parent)
    spoiled.chmod(mode & 0o555)
    try:
        assert "let the user that runs yingda write" in await said_at_start(tmp_path)
    finally:
        spoiled.chmod(mode)
    # SQLite puts an empty log beside a file that it opens.
    assert contents(path.parent).items() >= before.items()
