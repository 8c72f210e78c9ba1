"""The files around the database: made for their owner's eyes only, and held by one process.

They hold private text. Only what is made here gets its mode here: a folder or file that was there
before keeps the mode that somebody gave it, be it wider or narrower.
"""

import contextlib
import fcntl
import os
from pathlib import Path

from yingda.errors import StoreError
from yingda.store.refusals import file_error

_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


class Held(StoreError):
    """Another process uses the database."""


def make_folder(folder: Path) -> None:
    """Make the data folder, for its owner alone, unless it is there. Raises StoreError.

    Folders above it are made as the process's umask has it.
    """
    try:
        try:
            folder.mkdir(mode=_FOLDER_MODE, parents=True)
        except FileExistsError:
            if not folder.is_dir():
                raise
        else:
            with _modes_may_be_missing():
                folder.chmod(_FOLDER_MODE)
    except OSError as error:
        raise file_error(error) from error


def make_file(path: Path) -> bool:
    """Make an empty file, for its owner alone; False when the name is taken. Raises StoreError.

    SQLite gives a database's journals the mode of the database's own file.
    """
    try:
        made = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    except FileExistsError:
        return False
    except OSError as error:
        raise file_error(error) from error
    try:
        with _modes_may_be_missing():
            # An odd umask may have taken the owner's own rights.
            os.fchmod(made, _FILE_MODE)
    finally:
        os.close(made)
    return True


def hold(path: Path) -> int:
    """Take the lock beside the database at `path`, which ends with the descriptor returned.

    Raises Held when another process has it, and StoreError when the lock cannot be made.
    """
    lock_path = path.with_name(path.name + ".lock")
    make_file(lock_path)
    try:
        lock = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _FILE_MODE)
    except OSError as error:
        raise file_error(error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise Held(
            f"another yingda process uses {path}; stop it, or give this one another data folder"
        ) from None
    except OSError as error:
        os.close(lock)
        raise file_error(error) from error
    return lock


def _modes_may_be_missing() -> contextlib.suppress:
    # A file system that keeps no modes, such as FAT, refuses; there its mount decides.
    return contextlib.suppress(PermissionError)
