"""Carries an operation's statements out on a SQLite connection.

Knows nothing of transactions: whoever calls has begun one, and ends it.
"""

import sqlite3
from typing import TypeVar

from yingda.store.steps import Steps

T = TypeVar("T")


def carry_out(connection: sqlite3.Connection, steps: Steps[T]) -> T:
    """The operation's result. Raises what SQLite refuses, and what the operation raises."""
    execute, send = connection.execute, steps.send
    try:
        sql, values = next(steps)
        while True:
            sql, values = send(execute(sql, values).fetchall())
    except StopIteration as end:
        result: T = end.value
        return result


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another program holds the file just now."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    # The low byte is the kind; the rest tells its varieties: sqlite.org/rescode.html.
    return code & 0xFF == sqlite3.SQLITE_BUSY
