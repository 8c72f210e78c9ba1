"""Locks by number, which whoever works on a whole database holds meanwhile.

They are ours alone among PostgreSQL's advisory locks, by our choice of numbers far from those that
others use. 7236190816 belongs to `schema_months`, whose function gives ids. Locks of
followers and accounts are hashes, and stand in `store.locks`.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from yingda.postgres.address import Connection

#: Held by whoever brings the store's tables up to date, until its connection ends.
MIGRATING: Final = 7_236_190_815
#: Held by whoever makes or drops months, until its transaction ends.
ARRANGING_MONTHS: Final = 7_236_190_817
#: Held by whoever makes the jobs' tables, until its connection ends.
PREPARING_JOBS: Final = 7_236_190_820
#: Held by whoever prunes the jobs' log, until its transaction ends.
PRUNING_JOBS: Final = 7_236_190_821

#: How often to ask whether another process is done. Our choice.
_ASK_AGAIN_S: Final = 0.2


async def take_turn(connection: Connection, number: int, tell: Callable[[], object]) -> None:
    """Wait until nobody else holds the lock, and hold it until the connection ends.

    By asking again and again: a statement that waits is a transaction, and an index that the other
    makes while all go on writing waits for every transaction to end. `tell` is called once if there
    is a wait at all. Raises psycopg.Error.
    """
    is_told = False
    while True:
        got = await connection.execute("SELECT pg_try_advisory_lock($1)", [number])
        if (await got.fetchall())[0][0]:
            return
        if not is_told:
            tell()
        is_told = True
        await asyncio.sleep(_ASK_AGAIN_S)
