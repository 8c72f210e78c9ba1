"""Makes the parts that PostgreSQL keeps the turns of coming months in, and drops empty old ones.

`schema_months` tells what the parts are. A month is made as a table of its own and then attached,
which leaves all who read or write turns alone but for a moment. It is dropped when it holds no row
any more: rows go before it, in small steps as everywhere else, for as long as one is left that
must stay. To let go of it without any lock that others meet, PostgreSQL would allow no last part
for what fits nowhere, and no transaction; an empty one is let go of at once (measured on a busy
machine, beside 940 000 pushes: 15 ms, or 110 ms where 80 000 turns had been).

Who gets no lock soon lets it be: months are made ahead of their time, and nothing needs an old one
gone. What fits into no month goes into the last part, and nothing is ever refused.
"""

import datetime as dt
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from psycopg import Rollback, errors

from yingda.postgres.address import Connection
from yingda.postgres.advisory import ARRANGING_MONTHS
from yingda.store.pruning_base import month_begin

_Change = Callable[[Connection, int], Awaitable[bool]]

_log = structlog.get_logger()

#: Months that are made ahead of now. Our choice: every part costs each statement a little, and a
#: lock that cannot be had in a month of days, or at a start, is noticed.
MONTHS_AHEAD: Final = 2
#: How long others may have to wait behind us for a lock that we wait for ourselves. Our choice: a
#: statement of theirs has 1.5 s for it.
_LOCK_WAIT = "SET LOCAL lock_timeout = '300ms'"
_TRY_LOCK = f"SELECT pg_try_advisory_xact_lock({ARRANGING_MONTHS})"
#: By the server's clock, as ids are given.
_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"
_PARTS = """
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'turn'::regclass
"""
_MONTH_NAME = re.compile(r"turn_(\d{4})_(\d{2})")
#: The month before the one whose number is 1, in months of our calendar.
_BEFORE_FIRST: Final = 2026 * 12 - 1


async def arrange_months(connection: Connection, before: float | None = None) -> None:
    """Make the months that are missing up to some months ahead.

    Drop those that ended by `before` and hold nothing. Raises psycopg.Error.
    """
    now_s = (await _rows(connection, _NOW))[0][0]
    made = {month for (name,) in await _rows(connection, _PARTS) if (month := _month_of(name))}
    now = _month_at(now_s)
    for month in range(now, now + MONTHS_AHEAD + 1):
        if month not in made:
            await _alone(connection, "month_made", month, _attach)
    last = now if before is None else min(now, _month_at(before))
    for month in sorted(made):
        if before is not None and month < last and not await _holds_any(connection, month):
            await _alone(connection, "month_dropped", month, _drop)


async def _alone(connection: Connection, done: str, month: int, change: _Change) -> None:
    name, is_done = _name_of(month), False
    try:
        async with connection.transaction():
            await connection.execute(_LOCK_WAIT)
            # Without the lock, another process is at it.
            is_done = (await _rows(connection, _TRY_LOCK))[0][0] and await change(connection, month)
            if not is_done:
                raise Rollback
    except errors.LockNotAvailable:
        _log.info("month_put_off", part=name)
    except errors.DuplicateTable:
        _log.info("month_made_elsewhere", part=name)
    except errors.CheckViolation:
        _log.warning("month_not_made", part=name, reason="turn_default holds turns of it")
    if is_done:
        _log.info(done, part=name)


async def _attach(connection: Connection, month: int) -> bool:
    name, number = _name_of(month), month - _BEFORE_FIRST
    await connection.execute(f"CREATE TABLE {name} (LIKE turn INCLUDING ALL)")
    span = f"FROM ({number << 40}) TO ({(number + 1) << 40})"
    await connection.execute(f"ALTER TABLE turn ATTACH PARTITION {name} FOR VALUES {span}")
    return True


async def _drop(connection: Connection, month: int) -> bool:
    name = _name_of(month)
    await connection.execute(f"ALTER TABLE turn DETACH PARTITION {name}")
    # Nobody can put anything into it from here on.
    if await _holds_any(connection, month):
        return False
    await connection.execute(f"DROP TABLE {name}")
    return True


async def _holds_any(connection: Connection, month: int) -> bool:
    rows = await _rows(connection, f"SELECT EXISTS (SELECT 1 FROM {_name_of(month)})")
    return bool(rows[0][0])


def _month_at(at: float) -> int:
    moment = dt.datetime.fromtimestamp(at, dt.UTC)
    return moment.year * 12 + moment.month - 1


def _name_of(month: int) -> str:
    return f"turn_{month_begin(month):%Y_%m}"


def _month_of(name: str) -> int | None:
    found = _MONTH_NAME.fullmatch(name)
    return int(found[1]) * 12 + int(found[2]) - 1 if found else None


async def _rows(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return await (await connection.execute(sql)).fetchall()
