"""What only the store on PostgreSQL promises: tables by migrations, and a server that may go."""

import asyncio
import contextlib
import errno
import os
import signal
from collections.abc import AsyncIterator, Iterator, Sequence

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg import errors
from sqlalchemy import create_engine, pool

from support.postgres import OwnServer, server
from support.stores import ANN, SHOP, new_push, question, turn_id_of
from support.tables import IS_PART, compared
from yingda.errors import StoreError
from yingda.postgres.address import Connection, address_of
from yingda.postgres.pool import SERVER_LIFE
from yingda.postgres.refusals import store_error
from yingda.postgres.trips import Errand, Row, Trips
from yingda.store import postgres as store_postgres
from yingda.store import postgres_execution, postgres_opening, running
from yingda.store.locks import FREE
from yingda.store.postgres import PostgresStore, open_postgres
from yingda.store.postgres_looking import look_at_postgres
from yingda.store.postgres_opening import upgrade
from yingda.store.postgres_statements import translated
from yingda.store.schema import metadata
from yingda.store.steps import Query, Steps, execute, fetch


@pytest.fixture
def url() -> str:
    """An empty database."""
    return server().url(server().empty())


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgresStore]:
    opened = await open_postgres(url)
    yield opened
    await opened.close()


def rows(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql.encode())
        return cursor.fetchall() if cursor.description else []


# Tables

_COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2
"""
_INDEXES = """
    SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname
"""
_CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND contype <> 'n' AND conparentid = 0 ORDER BY 1, 2
"""


def described(url: str) -> list[tuple[object, ...]]:
    """All but the parts of the turns: those of months are not the schema's."""
    found = [row for sql in (_COLUMNS, _INDEXES, _CONSTRAINTS) for row in rows(url, sql)]
    return [
        row for row in found if row[0] != "alembic_version" and not IS_PART.fullmatch(str(row[0]))
    ]


def test_migrations_end_equal_to_the_schema(url: str) -> None:
    upgrade(address_of(url))
    direct = server().url(server().empty())
    for address, work in ((url, compare), (direct, create)):
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda address=address: psycopg.connect(address),
            poolclass=pool.NullPool,
        )
        work(engine)
        engine.dispose()
    assert described(url) == described(direct)
    assert len(described(url)) > 100


def compare(engine: object) -> None:
    with engine.connect() as connection:  # type: ignore[attr-defined]
        context = MigrationContext.configure(connection, opts=compared())
        assert compare_metadata(context, metadata) == []


def create(engine: object) -> None:
    metadata.create_all(engine)  # type: ignore[arg-type]


async def test_several_processes_may_start_at_once_on_an_empty_database(url: str) -> None:
    stores = await asyncio.gather(*(open_postgres(url) for _ in range(4)))
    secrets = {await each.secret("pseudonym") for each in stores}
    await asyncio.gather(*(each.close() for each in stores))
    assert len(secrets) == 1
    assert rows(url, "SELECT count(*) FROM alembic_version") == [(1,)]


async def test_a_database_that_is_up_to_date_is_left_alone(store: PostgresStore, url: str) -> None:
    await store.secret("pseudonym")
    again = await open_postgres(url)
    assert await again.secret("pseudonym") == await store.secret("pseudonym")
    await again.close()


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("CREATE TABLE turn (id int)", "tables that are not yingda's"),
        (
            "CREATE TABLE alembic_version AS SELECT text 'abc' AS version_num",
            "tables that are not yingda's",
        ),
        ("UPDATE alembic_version SET version_num = '9999'", "newer yingda"),
    ],
)
async def test_tables_of_others_and_of_newer_versions_are_refused(
    made: str, said: str, url: str
) -> None:
    if "9999" in made:
        upgrade(address_of(url))
    rows(url, made)
    before = described(url)
    with pytest.raises(StoreError, match=said):
        await open_postgres(url)
    with pytest.raises(StoreError, match=said), look_at_postgres(url):
        pass
    assert described(url) == before


async def test_other_programs_tables_may_stand_beside_ours(url: str) -> None:
    rows(url, "CREATE TABLE jobs (id int)")
    await (await open_postgres(url)).close()


def test_a_look_at_an_empty_database_finds_nothing_and_makes_nothing(url: str) -> None:
    with look_at_postgres(url) as seen:
        assert seen is None
    assert described(url) == []


async def test_an_encoding_that_cannot_hold_every_character_is_refused() -> None:
    name = server().empty()
    server().drop(name)
    with psycopg.connect(server().url("postgres"), autocommit=True) as connection:
        made = f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
        connection.execute(made.encode())
    with pytest.raises(StoreError, match=r"as LATIN1.*--encoding=UTF8"):
        await open_postgres(server().url(name))


async def test_an_old_server_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_opening, "OLDEST", 990_000)
    with pytest.raises(StoreError, match="needs 99 or newer: upgrade it"):
        await open_postgres(url)


# Refusals


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("postgresql://nobody-there:hush@/x?host=/tmp/nowhere", "cannot be reached"),
        ("postgresql://ann:hush@127.0.0.1:1/x", "cannot be reached"),
        ("postgresql://ann:hush@/x?sslmod=require", "cannot be read"),
    ],
)
async def test_what_cannot_be_opened_is_told_without_the_password(wrong: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        await open_postgres(wrong)
    assert "hush" not in str(caught.value)


async def test_an_unknown_database_or_user_is_named_as_the_mistake() -> None:
    with pytest.raises(StoreError, match="does not exist"):
        await open_postgres(server().url("no_such_database"))
    stranger = server().url("postgres").replace("postgres@", "stranger:hush@")
    with pytest.raises(StoreError, match="refused the login") as caught:
        await open_postgres(stranger)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (errors.DiskFull(), "free some space"),
        (errors.TooManyConnections(), "raise max_connections"),
        (errors.InvalidPassword(), "check user and password"),
        (errors.ReadOnlySqlTransaction(), "primary server"),
        (errors.InsufficientPrivilege(), "GRANT CREATE"),
        (errors.LockNotAvailable(), "pg_stat_activity"),
        (errors.QueryCanceled(), "look at the load"),
        (errors.AdminShutdown(), "wait until it is up"),
        (errors.UndefinedTable(), "report this"),
        (errors.UniqueViolation("Key (openid)=(o_ann)"), "report this"),
        (errors.FeatureNotSupported(), "see its log"),
        (psycopg.OperationalError("sorry, too many clients already"), "raise max_connections"),
        (psycopg.OperationalError("could not translate host name"), "has no address"),
    ],
)
def test_every_refusal_names_the_mend_and_no_value(error: psycopg.Error, said: str) -> None:
    told = str(store_error(error))
    assert said in told
    assert "o_ann" not in told


# Statements


def test_a_name_that_stands_twice_is_one_value_and_casts_are_left_alone() -> None:
    statement = translated("SELECT :b, :a::text, :b")
    assert statement == ("SELECT $1, $2::text, $1", ("b", "a"))


async def test_text_that_postgresql_cannot_keep_is_kept_at_the_same_length(
    store: PostgresStore,
) -> None:
    entered = await store.enter_question(new_push("m:1"), question("a\0b"))
    assert entered.turn is not None
    assert entered.turn.question == "a\x01b"


# A server that goes


@pytest.fixture(scope="module")
def own() -> Iterator[OwnServer]:
    started = OwnServer()
    yield started
    started.remove()


async def test_after_a_restart_of_the_server_nothing_is_refused(own: OwnServer) -> None:
    store = await open_postgres(own.url, connections=4)
    await asyncio.gather(*(store.secret(f"{n}") for n in range(8)))
    own.stop(signal.SIGINT)
    own.start()
    entered = await asyncio.gather(
        *(store.enter_question(new_push(f"m:r{n}"), question("q", limit=99)) for n in range(8))
    )
    assert len({turn_id_of(each) for each in entered}) == 8
    await store.close()


async def test_while_the_server_is_away_the_mend_is_told_and_then_all_goes_on(
    own: OwnServer,
) -> None:
    store = await open_postgres(own.url)
    own.stop(signal.SIGQUIT)
    with pytest.raises(StoreError, match="cannot be reached"):
        await store.check_writable()
    own.start()
    await store.check_writable()
    await store.close()


def cut_at_the_commit(monkeypatch: pytest.MonkeyPatch, *, arrives: bool) -> list[str]:
    """Have the first commit's connection break, before it or before its answer; whether it did."""
    broken: list[str] = []
    take = Trips.take

    async def cut(self: Trips, errands: Sequence[Errand]) -> list[list[Row]]:
        if errands[-1].sql != "COMMIT" or broken:
            return await take(self, errands)
        broken.append("COMMIT")
        if arrives:
            await take(self, errands)
        await self._connection.close()
        if arrives:
            raise psycopg.OperationalError("the connection is lost")
        return await take(self, errands)

    monkeypatch.setattr(Trips, "take", cut)
    return broken


async def test_a_connection_that_breaks_at_the_commit_s_answer_does_nothing_twice(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit reached the server, its answer did not reach us."""
    broken = cut_at_the_commit(monkeypatch, arrives=True)
    entered = await store.enter_question(new_push("m:1"), question("q"))
    assert broken
    assert (entered.is_new, entered.attempts) == (True, 1)
    assert entered.to_run == turn_id_of(entered)


async def test_a_number_that_a_crash_gave_to_another_is_not_believed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit was lost with the server, and its number is of a committed transaction."""
    store = await open_postgres(url)
    lives = "SELECT pg_postmaster_start_time() - interval '1 min', NULL"
    monkeypatch.setattr(postgres_execution, "_LIFE", Query(lives, {}))
    monkeypatch.setattr(postgres_execution, "_STATUS", "SELECT 'committed' WHERE :id != ''")
    broken = cut_at_the_commit(monkeypatch, arrives=False)
    entered = await store.enter_question(new_push("m:1"), question("q"))
    assert (broken, entered.is_new) == (["COMMIT"], True)
    assert rows(url, "SELECT count(*) FROM push") == [(1,)]
    await store.close()


async def test_the_lives_of_a_server_are_told_apart(own: OwnServer) -> None:
    def life() -> object:
        return rows(own.url, SERVER_LIFE)

    first = life()
    assert life() == first
    # One of its processes crashes.
    with psycopg.connect(own.url) as victim:
        os.kill(victim.info.backend_pid, signal.SIGKILL)
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(psycopg.OperationalError):
                second = life()
                break
            await asyncio.sleep(0.1)
    own.stop()
    own.start()
    assert len({str(each) for each in (first, second, life())}) == 3


async def test_a_connection_that_breaks_before_the_commit_is_begun_anew(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = cut_at_the_commit(monkeypatch, arrives=False)
    entered = await store.enter_question(new_push("m:1"), question("q"))
    assert broken
    assert (entered.is_new, entered.turn and entered.turn.number) == (True, 1)
    assert len((await store.follower(SHOP, ANN)).pending) == 1


async def test_a_deadlock_is_undone_and_begun_anew(store: PostgresStore) -> None:
    await asyncio.gather(store.secret("a"), store.secret("b"))

    def both(first: str, second: str) -> Steps[int]:
        sql = "UPDATE secret SET value = value WHERE name = :name"
        yield from execute(sql, name=first)
        yield from fetch("SELECT pg_sleep(0.05)")
        yield from execute(sql, name=second)
        return 1

    done = await asyncio.gather(
        store._run(lambda: both("a", "b"), FREE), store._run(lambda: both("b", "a"), FREE)
    )
    assert list(done) == [1, 1]


async def test_a_connection_serves_on_after_a_transaction_that_failed_in_it(url: str) -> None:
    store = await open_postgres(url, connections=1)
    await store.secret("a")

    def refused() -> Steps[None]:
        yield from execute("UPDATE secret SET name = NULL")

    for _ in range(2):
        with pytest.raises(StoreError, match="23502"):
            await store._run(refused, FREE)
        entered = await store.enter_question(new_push("m:1"), question("q"))
        assert entered.turn is not None
    await store.close()


async def test_a_trip_on_a_connection_that_breaks_lets_go_of_its_own_file_alone(
    store: PostgresStore, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By then the server's file may be closed, and its number a stranger's.
    loop = asyncio.get_running_loop()
    let_go: list[int] = []
    remove = loop.remove_reader

    def noted(handle: int) -> bool:
        # Raises OSError when it is nobody's any more.
        let_go.append(os.fstat(handle).st_ino)
        return remove(handle)

    monkeypatch.setattr(loop, "remove_reader", noted)
    asked = asyncio.ensure_future(
        store._transactions.write_all([lambda: fetch("SELECT pg_sleep(9)")], FREE)
    )
    await asyncio.sleep(0.2)
    asked_s = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%sleep(9)'"
    rows(url, asked_s + " AND pid <> pg_backend_pid()")
    await asyncio.sleep(0.2)
    # It is done again, on another connection.
    assert let_go
    assert not asked.done()
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)


async def test_a_process_that_may_open_no_more_files_sends_nothing(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.secret("a")
    with monkeypatch.context() as patched:
        patched.setattr("os.dup", _no_more_files)
        with pytest.raises(StoreError):
            await store.secret("b")
    # Nobody's answer is left on the connection.
    assert await store.secret("a") != await store.secret("b")


def _no_more_files(_: int) -> int:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


_OURS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'yingda' AND datname = current_database()
"""


def slowly(*_: object) -> Steps[None]:
    yield from fetch("SELECT pg_sleep(0.05)")


async def test_turns_that_begin_all_at_once_wait_as_long_as_it_takes_and_hinder_no_follower(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_execution, "POOL_WAIT_S", 0.5)
    monkeypatch.setattr(running, "claim", slowly)
    store = await open_postgres(url, connections=2)
    claims = [asyncio.ensure_future(store.claim(n, 1.0)) for n in range(20)]
    await asyncio.sleep(0.1)
    await store.check_writable()
    assert not all(claim.done() for claim in claims)
    assert await asyncio.gather(*claims) == [None] * 20
    await store.close()


async def test_whoever_finds_every_connection_busy_is_told_so_and_makes_no_other(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_execution, "POOL_WAIT_S", 0.05)
    store = await open_postgres(url, connections=1)
    held = asyncio.ensure_future(store._run(lambda: fetch("SELECT pg_sleep(0.5)"), FREE))
    await asyncio.sleep(0.1)
    refused = await asyncio.gather(
        *(store.check_writable() for _ in range(5)), return_exceptions=True
    )
    assert all("connections to PostgreSQL are busy" in str(each) for each in refused)
    async with asyncio.timeout(10):  # the server takes a while to let go of who opened the store
        while rows(url, _OURS) != [(1,)]:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    await held
    await store.close()


async def test_what_was_submitted_is_done_though_nobody_waits_for_it(store: PostgresStore) -> None:
    asked = asyncio.ensure_future(store.enter_question(new_push("m:1"), question("q")))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await asyncio.wait(store._under_way)
    assert not store.is_busy
    assert await store.repeat(SHOP, ANN, "m:1") is not None


async def test_a_closed_store_refuses_and_what_it_had_taken_is_done(url: str) -> None:
    store = await open_postgres(url)
    asked = asyncio.ensure_future(store.enter_question(new_push("m:1"), question("q")))
    await asyncio.sleep(0)
    await store.close()
    assert (await asked).is_new
    with pytest.raises(StoreError, match="was closed"):
        await store.follower(SHOP, ANN)


async def test_a_read_of_several_statements_sees_one_instant(store: PostgresStore) -> None:
    def two() -> Steps[tuple[int, int]]:
        sql = "SELECT count(*) FROM secret"
        first = yield from fetch(sql)
        rows_now = yield from fetch("SELECT pg_sleep(0.2)")
        assert rows_now
        second = yield from fetch(sql)
        return first[0][0], second[0][0]

    (first, second), _ = await asyncio.gather(store._read(two), _later(store))
    assert first == second


async def _later(store: PostgresStore) -> None:
    await asyncio.sleep(0.05)
    await store.secret("made meanwhile")


# Proxies


async def test_a_session_that_is_another_one_all_of_a_sudden_is_a_proxy_s(url: str) -> None:
    address = address_of(url)
    async with await Connection.connect(**address) as connection:
        own = connection.info.backend_pid
        assert not await postgres_opening._is_shared(connection, own, address)
        assert await postgres_opening._is_shared(connection, own + 1, address)


async def test_a_proxy_that_gives_its_sessions_in_turn_is_one_too(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The other client is given the second, we the first again, and only then the second.
    given = iter([2, 1, 2])

    async def process_of(_: object) -> int:
        return next(given)

    monkeypatch.setattr(postgres_opening, "_process_of", process_of)
    address = address_of(url)
    async with await Connection.connect(**address) as connection:
        assert await postgres_opening._is_shared(connection, 1, address)


async def test_a_proxy_that_pools_by_transaction_is_refused_and_one_by_session_is_not(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a proxy tells as the session's number is never the server's own.
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", property(lambda _: 0))
    await (await open_postgres(url)).close()

    async def shared(*_: object) -> bool:
        return True

    monkeypatch.setattr(postgres_opening, "_is_shared", shared)
    with pytest.raises(StoreError, match="pool by session"):
        await open_postgres(url)


async def test_a_statement_that_another_client_prepared_in_the_session_tells_of_a_proxy(
    url: str,
) -> None:
    # A proxy that knows no prepared statements, such as PgBouncer before 1.21, shares them.
    async with await Connection.connect(**address_of(url)) as connection:
        await connection.execute("PREPARE taken AS SELECT 1")
        with pytest.raises(errors.DuplicatePreparedStatement) as refused:
            await connection.execute("PREPARE taken AS SELECT 1")
    assert "let the proxy pool by session" in str(store_error(refused.value))


async def test_what_nobody_waits_for_any_more_keeps_its_deadline_and_gives_its_place_back(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_postgres, "ANSWER_LIMIT_S", 0.3)
    store = await open_postgres(url, connections=1)
    gone = asyncio.ensure_future(store._run(lambda: fetch("SELECT pg_sleep(2.5)"), FREE))
    await asyncio.sleep(0.1)
    gone.cancel()
    async with asyncio.timeout(1.5):
        await asyncio.sleep(0.4)
        await store.secret("a")
    await store.close()
