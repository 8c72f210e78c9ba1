"""A database URL as the values that a connection is made of, and every connection's habits.

Knows what yingda expects of any connection; what the operator's URL says goes before it.
"""

from typing import Any, Final

from psycopg import AsyncConnection, AsyncRawCursor, ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from psycopg.types.numeric import Int8Dumper

from yingda.errors import StoreError
from yingda.postgres.trips import Trips

#: An attempt of WeChat's has 5 s in all. Our choice: a server that takes longer to let us in, to
#: grant a lock or to do a statement is as good as gone, and the rest must fit into them too.
CONNECT_LIMIT_S: Final = 3
LOCK_LIMIT_S: Final = 1.5
STATEMENT_LIMIT_S: Final = 3.0
#: When even the server's own limits do not end a statement: the network, or the machine, hangs.
ANSWER_LIMIT_S: Final = CONNECT_LIMIT_S + STATEMENT_LIMIT_S
#: A process that was stopped in mid-transaction keeps its locks no longer than this. Our choice:
#: some time for a busy machine, and followers of others wait no longer than for a statement.
IDLE_LIMIT_S: Final = 3.0
#: What stands in a URL by itself wins.
_HABITS: Final[dict[str, Any]] = {
    "application_name": "yingda",
    "client_encoding": "utf8",
    "connect_timeout": CONNECT_LIMIT_S,
    # After a failover the same addresses lead to a server that only reads.
    "target_session_attrs": "read-write",
    # A machine that vanished sends no goodbye: asked after 5 s of silence, given up 6 s later.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 6000,
}
#: By a statement, for some proxies refuse them at the connection's beginning.
LIMITS: Final = (
    f"SELECT set_config('statement_timeout', '{STATEMENT_LIMIT_S * 1000:.0f}', false),"
    f" set_config('lock_timeout', '{LOCK_LIMIT_S * 1000:.0f}', false),"
    f" set_config('idle_in_transaction_session_timeout', '{IDLE_LIMIT_S * 1000:.0f}', false),"
    # Every statement is prepared, and looks for a few rows by an index: to plan it anew for each
    # value costs more than it could gain. Measured on turns in 18 parts: the eight statements of a
    # question took 14.5 ms of the server's processor time, and 3.0 ms so; unparted, 1.5 and 1.4.
    " set_config('plan_cache_mode', 'force_generic_plan', false)"
)


def address_of(url: str) -> dict[str, Any]:
    """The URL's values, with ours where it says nothing. Raises StoreError; shows nothing of it."""
    try:
        given = conninfo_to_dict(url)
    except ProgrammingError:
        raise StoreError(
            "database_url cannot be read; write postgresql://user:password@host:5432/database,"
            " with special characters of the password as %XX"
        ) from None
    return _HABITS | given


class Connection(AsyncConnection[tuple[Any, ...]]):
    """A connection whose transactions are begun in plain words, and whose numbers are all alike."""

    #: How several statements travel together.
    trips: Trips
    #: Which of the server's lives it was made in, where its pool asked: a crash ends one.
    server_life: tuple[Any, ...] | None = None

    @classmethod
    async def connect(cls, conninfo: str = "", **values: Any) -> "Connection":
        """Raises psycopg.Error."""
        made = await super().connect(
            conninfo, autocommit=True, cursor_factory=AsyncRawCursor, **values
        )
        # By default a number's type depends on its size, and each type prepares a statement anew.
        made.adapters.register_dumper(int, Int8Dumper)
        # The statements of jobs and signals are few, and used again and again. The store's go by
        # `trips`, which prepares its own.
        made.prepare_threshold = 0
        made.trips = Trips(made)
        return made
