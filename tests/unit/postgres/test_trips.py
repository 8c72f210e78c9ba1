"""Statements that travel together, on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest
import uvloop
from psycopg import errors
from psycopg.pq import TransactionStatus

from support.postgres import OwnServer, server
from yingda.postgres import trips
from yingda.postgres.address import Connection, address_of
from yingda.postgres.trips import Errand

_SLOW = Errand("SELECT pg_sleep(20)")


@pytest.fixture
async def connection() -> AsyncIterator[Connection]:
    made = await Connection.connect(**address_of(server().url("postgres")))
    await made.execute("CREATE TEMPORARY TABLE word (id bigint PRIMARY KEY, said text)")
    yield made
    await made.close()


def said(number: int, word: str | None) -> Errand:
    return Errand("INSERT INTO word VALUES ($1, $2) RETURNING id", (number, word))


async def words(connection: Connection) -> list[object]:
    ((rows),) = await connection.trips.take([Errand("SELECT said FROM word ORDER BY id")])
    return [row[0] for row in rows]


async def prepared(connection: Connection) -> int:
    count = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'yingda%'"
    cursor = await connection.execute(count)
    found: int = (await cursor.fetchall())[0][0]
    return found


async def test_each_statement_of_a_trip_has_its_own_rows_in_its_order(
    connection: Connection,
) -> None:
    taken = await connection.trips.take(
        [
            Errand("BEGIN"),
            said(1, "a"),
            said(2, None),
            Errand("SELECT id, said FROM word WHERE id >= $1 ORDER BY id", (1,)),
            Errand("COMMIT"),
        ]
    )
    assert taken == [[], [(1,)], [(2,)], [(1, "a"), (2, None)], []]
    assert connection.pgconn.transaction_status == TransactionStatus.IDLE


async def test_a_statement_that_is_refused_is_told_and_those_behind_it_are_not_done(
    connection: Connection,
) -> None:
    with pytest.raises(errors.UniqueViolation):
        await connection.trips.take(
            [Errand("BEGIN"), said(1, "a"), said(1, "b"), said(2, "c"), Errand("COMMIT")]
        )
    assert connection.pgconn.transaction_status == TransactionStatus.INERROR
    await connection.rollback()
    assert await words(connection) == []


async def test_a_value_that_the_driver_refuses_lets_nothing_travel(connection: Connection) -> None:
    with pytest.raises(psycopg.DataError) as caught:
        await connection.trips.take([said(1, "a"), said(2, "b\0")])
    assert caught.value.sqlstate is None
    assert await words(connection) == []


async def test_a_statement_is_prepared_once_for_each_kind_of_its_values(
    connection: Connection,
) -> None:
    await connection.trips.take([said(1, "a"), said(2, "b")])
    await connection.trips.take([said(3, "c")])
    assert await prepared(connection) == 1
    await connection.trips.take([said(4, None), said(5, "d")])
    assert await prepared(connection) <= 2
    assert await words(connection) == ["a", "b", "c", None, "d"]


async def test_what_could_not_be_prepared_is_prepared_the_next_time(connection: Connection) -> None:
    with pytest.raises(errors.SyntaxError):
        await connection.trips.take([Errand("SELEC 1"), said(1, "a")])
    await connection.trips.take([said(1, "a")])
    assert await words(connection) == ["a"]


async def test_statements_beyond_those_kept_prepared_are_carried_out_all_the_same(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trips, "_PREPARED", 2)
    for number in range(5):
        taken = await connection.trips.take([Errand(f"SELECT {number} + $1", (1,))])
        assert taken == [[(number + 1,)]]
    assert await prepared(connection) == 2


async def test_texts_larger_than_any_buffer_go_both_ways(connection: Connection) -> None:
    long = "长" * 2_000_000
    taken = await connection.trips.take([said(1, long), Errand("SELECT said FROM word")])
    assert taken[1] == [(long,)]


async def test_a_connection_that_breaks_on_the_way_is_told(connection: Connection) -> None:
    under_way = asyncio.ensure_future(connection.trips.take([Errand("BEGIN"), _SLOW]))
    await asyncio.sleep(0)
    with psycopg.connect(server().url("postgres"), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
    with pytest.raises(psycopg.OperationalError):
        await under_way
    assert connection.closed


async def test_a_trip_that_nobody_waits_for_any_more_ends_its_connection(
    connection: Connection,
) -> None:
    under_way = asyncio.ensure_future(connection.trips.take([_SLOW]))
    await asyncio.sleep(0)
    under_way.cancel()
    with pytest.raises(asyncio.CancelledError):
        await under_way
    assert connection.closed


@pytest.fixture(scope="module")
def network_url() -> Iterator[str]:
    own = OwnServer(has_network=True)
    yield own.url
    own.remove()


# A Unix socket shows neither: what was refused there is told otherwise than over TCP, and asyncio
# goes on calling for a file with an error.
@pytest.mark.parametrize("run", [uvloop.run, asyncio.run])
def test_a_connection_that_the_server_closed_while_it_lay_idle_is_lost_at_once(
    run: object, network_url: str
) -> None:
    async def meet() -> None:
        made = await Connection.connect(**address_of(network_url))
        await made.trips.take([Errand("SELECT 1")])
        with psycopg.connect(network_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [made.info.backend_pid])
        await asyncio.sleep(0.1)
        async with asyncio.timeout(5):
            with pytest.raises(psycopg.OperationalError):
                await made.trips.take([Errand("SELECT 1"), Errand("SELECT 2")])
        await made.close()

    run(meet())  # type: ignore[operator]
