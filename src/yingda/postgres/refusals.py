"""What PostgreSQL and the way to it refuse, as ours, with the mend.

Knows the classes of the standard's error codes; no statement, no value and no part of an address
ever gets into a message: the driver's own words may hold them.
"""

from typing import Any

from psycopg import AsyncConnection, DataError, Error, InterfaceError, OperationalError, errors
from psycopg_pool import PoolTimeout

from yingda.errors import StoreAway, StoreError

_UNREACHABLE = (
    "PostgreSQL cannot be reached",
    "check that it runs, and the host, port and network in database_url",
)
#: What a proxy that pools by transaction does to us, and what to do about it.
SHARED_SESSION = (
    "a proxy in front of PostgreSQL gives every transaction another session",
    "name PostgreSQL itself in database_url, or let the proxy pool by session",
)
#: SQLSTATE or its class → what is the matter, and what the operator can do about it. The longest
#: that fits counts. Official page: postgresql.org/docs/current/errcodes-appendix.html.
_MENDS = {
    "08": ("the connection to PostgreSQL broke", "check that it runs, and the network to it"),
    "22": ("PostgreSQL refused a value", "report this, with the code"),
    "23": ("PostgreSQL refused a row", "report this, with the code"),
    "25006": (
        "PostgreSQL only reads here",
        "name the primary server in database_url, no standby",
    ),
    # A statement that another client prepared in the same session, and one that it took along.
    "42P05": SHARED_SESSION,
    "26000": SHARED_SESSION,
    "28": (
        "PostgreSQL refused the login",
        "check user and password in database_url, and pg_hba.conf on the server",
    ),
    "3D000": ("that database does not exist", "make it with createdb, or mend database_url"),
    "3F": ("there is no schema to work in", "make one, or set search_path for this user"),
    "40": ("transactions kept getting into each other's way", "try again; report it if it lasts"),
    "42501": (
        "the user may not do this",
        "let it make and change tables: GRANT CREATE, USAGE ON SCHEMA public",
    ),
    "42": ("the tables are not what they should be", "report this, with the code"),
    "53100": ("the disk of PostgreSQL is full", "free some space on it"),
    "53200": ("PostgreSQL is out of memory", "give it more, or lower its limits"),
    "53300": (
        "PostgreSQL takes no more connections",
        "raise max_connections there, or run fewer processes",
    ),
    "55P03": (
        "another transaction held a lock for too long",
        "look for long transactions in pg_stat_activity",
    ),
    "57014": (
        "a statement took too long",
        "look at the load of PostgreSQL and its disk",
    ),
    "57P": ("PostgreSQL is being stopped or started", "wait until it is up again"),
    "58": ("PostgreSQL's disk refused", "look at its log and at its disk"),
    "XX": ("PostgreSQL found damage in itself", "stop yingda, and look at PostgreSQL's log"),
}
#: What libpq says of a connection that never came to be, for then there is no code.
_SIGNS = {
    "password": _MENDS["28"],
    "authentication": _MENDS["28"],
    "pg_hba.conf": _MENDS["28"],
    "too many clients": _MENDS["53300"],
    "remaining connection slots": _MENDS["53300"],
    "too many connections": _MENDS["53300"],
    "read-only": _MENDS["25006"],
    "starting up": _MENDS["57P"],
    "shutting down": _MENDS["57P"],
    "SSL": ("PostgreSQL and yingda do not agree on TLS", "check sslmode in database_url"),
    "certificate": ("PostgreSQL's certificate is not trusted", "check sslmode and sslrootcert"),
    "could not translate host": (
        "the host in database_url has no address",
        "check its spelling and the DNS",
    ),
    "failed to resolve host": (
        "the host in database_url has no address",
        "check its spelling and the DNS",
    ),
}
#: What passes without anybody's doing: a server that restarts, a network or a name that comes up.
_PASSING = (
    _UNREACHABLE,
    _MENDS["08"],
    _MENDS["53300"],
    _MENDS["57P"],
    _SIGNS["could not translate host"],
)
#: Of a role or a database that is not there, the server's code is lost as well.
_MISSING = {'role "': _MENDS["28"], 'database "': _MENDS["3D000"]}


def store_error(error: Error) -> StoreError:
    """The driver's complaint as ours, with the mend; it holds no statement and no values."""
    code = error.sqlstate
    reason = _by_code(code) if code else _by_words(error)
    what, mend = reason
    told = f"{what} [{code}]" if code else what
    kind = StoreAway if reason in _PASSING else StoreError
    translated = kind(f"the database refused: {told} ({mend})")
    translated.__cause__ = error
    return translated


def slow_error(limit_s: float) -> StoreAway:
    """PostgreSQL gave no answer in time."""
    return StoreAway(
        f"the database refused: PostgreSQL gave no answer for {limit_s:g} s"
        " (look at its load, its disk, and the network to it)"
    )


def is_undone(error: Error) -> bool:
    """Whether the transaction was only in another's way, and is to be tried once more."""
    return isinstance(error, errors.SerializationFailure | errors.DeadlockDetected)


def is_lost(connection: AsyncConnection[Any], error: Error) -> bool:
    """Whether the connection is gone: a server that is being stopped says so first."""
    return connection.closed or (error.sqlstate or "").startswith(("08", "57P"))


def _by_code(code: str) -> tuple[str, str]:
    signs = (code, code[:3], code[:2])
    return next(
        (_MENDS[sign] for sign in signs if sign in _MENDS),
        ("PostgreSQL refused", "see its log for this code"),
    )


def _by_words(error: Error) -> tuple[str, str]:
    said = str(error)
    if isinstance(error, PoolTimeout):
        return ("all connections to PostgreSQL are busy", "look at its load and its disk")
    for sign, told in _SIGNS.items():
        if sign in said:
            return told
    for sign, told in _MISSING.items():
        if sign in said and "does not exist" in said:
            return told
    match error:
        case OperationalError() | InterfaceError():
            return _UNREACHABLE
        case DataError():
            return _MENDS["22"]
        case _:
            return ("the driver refused", "report this")
