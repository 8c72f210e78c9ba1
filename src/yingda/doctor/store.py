"""The database as it lies on the disk, with or without a server that holds it.

Reads only: it makes no file, migrates nothing, and takes the lock for no longer than it takes to
see that nobody has it.
"""

import asyncio
import fcntl
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from yingda.clock import Clock
from yingda.doctor.base import Finding, Findings, Subject
from yingda.doctor.texts import finding
from yingda.errors import StoreError
from yingda.store.migrate import HEAD, version_of

#: Seconds for looking through the file. Our choice: a gigabyte on a plain disk, and an operator
#: waits.
CHECK_LIMIT_S = 10.0
#: SQLite's own steps between two looks at the clock. Our choice: a millisecond or so.
_STEPS = 10_000
_MIB = 1 << 20
#: Our choice: some 100 000 turns fit into the first, and the write-ahead log into the second.
LOW_BYTES = 1024 * _MIB
FULL_BYTES = 100 * _MIB


async def check_store(path: Path, clock: Clock, *, limit_s: float = CHECK_LIMIT_S) -> Findings:
    """Holder, version, soundness, folder and space of the database file at `path`."""
    return await asyncio.to_thread(_check, path, clock, limit_s)


def _check(path: Path, clock: Clock, limit_s: float) -> Findings:
    name = str(path)
    held = "store_held" if _is_held(path) else "store_idle"
    if not path.exists():
        return (_say("store_new", name), *_place(path.parent))
    return (_say(held, name), _soundness(path, clock, limit_s), *_place(path.parent))


def _say(code: str, subject: str, **values: object) -> Finding:
    return finding(Subject.STORE, code, subject, **values)


def _is_held(path: Path) -> bool:
    try:
        lock = os.open(path.with_name(f"{path.name}.lock"), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lock)
    return False


def _soundness(path: Path, clock: Clock, limit_s: float) -> Finding:
    name, until_s = str(path), clock.monotonic() + limit_s
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as file:
            file.set_progress_handler(lambda: clock.monotonic() > until_s, _STEPS)
            version = version_of(file)
            (verdict,) = file.execute("PRAGMA quick_check(1)").fetchone()
    except StoreError:
        return _say("store_foreign", name)
    except sqlite3.Error as error:
        return _refusal(error, name, limit_s)
    if verdict != "ok":
        return _say("store_damaged", name)
    if version is None:
        return _say("store_new", name)
    return _say("store_ok" if version == HEAD else "store_old", name, version=version, newest=HEAD)


def _refusal(error: sqlite3.Error, name: str, limit_s: float) -> Finding:
    # Primary codes stand in the low byte: sqlite.org/rescode.html.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_INTERRUPT:
            return _say("store_unfinished", name, limit_s=limit_s)
        case sqlite3.SQLITE_CORRUPT:
            return _say("store_damaged", name)
        case sqlite3.SQLITE_NOTADB:
            return _say("store_foreign", name)
        case _:
            return _say("store_unreadable", name, reason=str(error))


def _place(folder: Path) -> Findings:
    """The folder, or the one that it will be made in."""
    nearest = next((each for each in (folder, *folder.absolute().parents) if each.exists()), folder)
    name = str(nearest)
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return (_say("folder_closed", name),)
    free_bytes = shutil.disk_usage(nearest).free
    code = "disk_ok"
    if free_bytes < LOW_BYTES:
        code = "disk_full" if free_bytes < FULL_BYTES else "disk_low"
    return (_say("folder_ok", name), _say(code, name, free_mib=free_bytes // _MIB))
