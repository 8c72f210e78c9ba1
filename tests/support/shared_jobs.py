"""Jobs on a PostgreSQL of the tests, with turns that become due one after the other."""

import asyncio
import functools
import threading
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import RawCursor

from support.postgres import server
from yingda.clock import VirtualClock
from yingda.jobs.base import UNBOUNDED
from yingda.jobs.postgres import PostgresJobs
from yingda.jobs.postgres_opening import prepare
from yingda.postgres.address import address_of
from yingda.postgres.listening import Ear
from yingda.store.postgres_statements import translated, values_of
from yingda.store.steps import Query


@functools.cache
def _template() -> str:
    name = server().empty()

    def make() -> None:
        asyncio.run(prepare(address_of(server().url(name))))

    # A test's own loop runs already.
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return name


def prepared() -> str:
    """Where a new database is that has the jobs' tables."""
    return server().url(server().empty(_template()))


def rows(url: str, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a statement with `$1` brings, in a transaction of its own."""
    with psycopg.connect(url, autocommit=True, cursor_factory=RawCursor) as connection:
        cursor = connection.execute(sql.encode(), values or None)
        return cursor.fetchall() if cursor.description else []


def write(url: str, jobs: PostgresJobs, turn_id: int, lane: str) -> None:
    """What the store does where a turn becomes due."""
    query = Query(*jobs.deferral(turn_id, lane))
    statement = translated(query.sql)
    rows(url, statement.sql, *values_of(query, statement))


def worker(
    url: str,
    clock: VirtualClock,
    *,
    concurrency: int = 100,
    lane_limits: Mapping[str, int] = UNBOUNDED,
    ear: Ear | None = None,
) -> PostgresJobs:
    """A worker on this database; deaf, if it is given no ear."""
    address = address_of(url)
    made = PostgresJobs(
        address,
        ear or Ear(address, clock),
        clock,
        concurrency=concurrency,
        lane_limits=lane_limits,
    )
    clock.while_busy(lambda: made.is_busy)
    return made


class SharedJobs(PostgresJobs):
    """Jobs whose database is their own; deferring a turn writes its job, as the store would."""

    def __init__(
        self, clock: VirtualClock, concurrency: int, lane_limits: Mapping[str, int]
    ) -> None:
        self.url = prepared()
        address = address_of(self.url)
        super().__init__(
            address,
            Ear(address, clock),
            clock,
            concurrency=concurrency,
            lane_limits=lane_limits,
        )
        clock.while_busy(lambda: self.is_busy)

    def defer(self, turn_id: int, lane: str) -> None:
        write(self.url, self, turn_id, lane)
        super().defer(turn_id, lane)
