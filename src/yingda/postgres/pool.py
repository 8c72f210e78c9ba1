"""A pool of connections with the habits that whoever asks PostgreSQL here shares."""

from typing import Any, Final

from psycopg_pool import AsyncConnectionPool

from yingda.postgres.address import LIMITS, Connection

Pool = AsyncConnectionPool[Connection]

#: How long whoever needs a connection waits for one. Our choice: what comes after has to fit into
#: WeChat's 5 s too.
POOL_WAIT_S: Final = 2.0
#: A lost connection is tried again for so long before whoever needs one tries for himself. Our
#: choice: the pool doubles its pauses, and a server that is back is to be used at once.
_RECONNECT_S: Final = 1.0
#: What tells a server's lives apart. Where a single process of it crashes, it starts all others
#: anew and forgets its statistics, but keeps its own start.
SERVER_LIFE: Final = "SELECT pg_postmaster_start_time(), stats_reset FROM pg_stat_bgwriter"


def pool_of(address: dict[str, Any], *, name: str, most: int, habits: str = LIMITS) -> Pool:
    """A pool of up to so many connections, not yet open; the pool's own log shows its name.

    `habits` is a statement that each connection begins with.
    """

    async def configure(connection: Connection) -> None:
        await connection.execute(habits)
        connection.server_life = await (await connection.execute(SERVER_LIFE)).fetchone()

    return Pool(
        kwargs=address,
        connection_class=Connection,
        configure=configure,
        min_size=1,
        max_size=most,
        timeout=POOL_WAIT_S,
        reconnect_timeout=_RECONNECT_S,
        name=name,
        open=False,
    )
