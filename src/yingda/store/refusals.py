"""What SQLite and the operating system refuse, as ours, with the mend.

Knows their wordings; no statement and no value ever gets into a message.
"""

import errno
import sqlite3

from yingda.errors import StoreError

#: What SQLite says → what the operator can do about it.
_MENDS = {
    "disk is full": "free some space on the disk that holds the database",
    "disk I/O error": "check the disk that holds the database",
    "readonly database": "let the user that runs yingda write to the database and its folder",
    "unable to open": "check that the folder of the database exists and can be written to",
    "malformed": "the file is damaged: stop yingda, keep a copy, and restore a backup",
    "not a database": "the file is no database: move it away, or name another one",
    "locked": "another program holds the database; close it",
}

_FORBIDDEN = "let the user that runs yingda write to that folder, or name another data folder"
#: What the operating system says → the same. For the rest, the place itself is the wrong one.
_FILE_MENDS = {
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.ENOSPC: "free some space on that disk, or name another data folder",
    errno.EDQUOT: "raise that user's disk quota, or name another data folder",
}


def store_error(error: sqlite3.Error) -> StoreError:
    """SQLite's complaint as ours, with the mend; it holds no statement and no values."""
    said = str(error)
    mend = next((mend for sign, mend in _MENDS.items() if sign in said), "see the message")
    return StoreError(f"the database refused: {said} ({mend})")


def file_error(error: OSError) -> StoreError:
    """The operating system's complaint about the database's folder or lock as ours."""
    mend = _FILE_MENDS.get(error.errno or 0, "name another data folder")
    return StoreError(
        f"the database's file or folder cannot be used: {error.strerror} ({error.filename}); {mend}"
    )
