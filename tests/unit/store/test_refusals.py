"""What SQLite refuses is told with the mend."""

import sqlite3

import pytest

from yingda.store.refusals import store_error


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ("database or disk is full", "free some space"),
        ("disk I/O error", "check the disk"),
        ("attempt to write a readonly database", "let the user that runs yingda write"),
        ("unable to open database file", "check that the folder"),
        ("database disk image is malformed", "restore a backup"),
        ("file is not a database", "move it away"),
        ("database is locked", "close it"),
        ("something new", "see the message"),
    ],
)
def test_every_refusal_names_what_was_said_and_the_mend(said: str, mend: str) -> None:
    message = str(store_error(sqlite3.OperationalError(said)))
    assert said in message
    assert mend in message
