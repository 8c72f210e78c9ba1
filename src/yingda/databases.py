"""Opens the database that the settings name, to work in it or to look at it.

Knows which database is which kind's; what is done with it is the store's.
"""

import secrets
from collections.abc import Mapping
from contextlib import AbstractContextManager

import msgspec

from yingda.clock import AgreedClock, Clock
from yingda.config import Settings
from yingda.jobs.base import Jobs
from yingda.signals.base import Signals
from yingda.store.base import Store
from yingda.store.looking import Look, look
from yingda.store.presence_base import SharedStore
from yingda.store.sqlite import open_sqlite
from yingda.store.steps import Query

#: Numbers of processes are drawn from so many: two of them are never alike.
_PROCESS_BITS = 62


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """A database that several processes work on, and their ways to each other."""

    store: SharedStore
    jobs: Jobs
    signals: Signals
    #: What all of them take for the time.
    clock: AgreedClock
    #: This process among them.
    process_id: int


async def open_store(settings: Settings) -> Store:
    """The store alone, with its tables brought up to date: nothing that it makes due is run.

    Raises StoreError.
    """
    if settings.postgres_url is None:
        return await open_sqlite(settings.database_path)
    # Its driver costs a start 0.14 s (measured), which SQLite's many users need not wait for.
    from yingda.store.postgres import open_postgres  # noqa: PLC0415 - as said

    return await open_postgres(settings.postgres_url)


async def open_shared(
    url: str,
    clock: Clock,
    *,
    concurrency: int,
    lane_limits: Mapping[str, int],
    connections: int,
) -> Shared:
    """The PostgreSQL database at this address, with its tables brought up to date.

    Its jobs run so many turns at once in this process, and those of a bound lane in all processes.
    Raises StoreError.
    """
    from yingda.jobs.postgres import PostgresJobs  # noqa: PLC0415 - as above
    from yingda.jobs.postgres_opening import prepare  # noqa: PLC0415
    from yingda.postgres.address import address_of  # noqa: PLC0415
    from yingda.postgres.listening import Ear  # noqa: PLC0415
    from yingda.signals.postgres import PostgresSignals  # noqa: PLC0415
    from yingda.store.postgres import open_postgres  # noqa: PLC0415

    agreed, address = AgreedClock(clock), address_of(url)
    ear = Ear(address, agreed)
    jobs = PostgresJobs(address, ear, agreed, concurrency=concurrency, lane_limits=lane_limits)

    def deferral(turn_id: int, lane: str) -> Query:
        return Query(*jobs.deferral(turn_id, lane))

    store = await open_postgres(url, connections=connections, deferral=deferral)
    await prepare(address)
    return Shared(
        store=store,
        jobs=jobs,
        signals=PostgresSignals(address, ear, agreed),
        clock=agreed,
        process_id=secrets.randbits(_PROCESS_BITS),
    )


def look_at(settings: Settings) -> AbstractContextManager[Look | None]:
    """The database as it is, whoever works in it; None when there is none yet.

    Raises StoreError when it is entered, for what is damaged, not ours, or of another version.
    """
    if settings.postgres_url is None:
        return look(settings.database_path)
    from yingda.store.postgres_looking import look_at_postgres  # noqa: PLC0415 - as above

    return look_at_postgres(settings.postgres_url)
