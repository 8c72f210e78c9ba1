"""PostgreSQL keeps turns by month: ids tell which, months come ahead of time, and empty ones go."""

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator

import psycopg
import pytest

from support.postgres import server
from support.stores import SHOP, new_push, question, turn_id_of
from yingda.postgres.address import Connection, address_of
from yingda.store import postgres_months
from yingda.store.postgres import PostgresStore, open_postgres
from yingda.store.postgres_months import MONTHS_AHEAD
from yingda.store.pruning_base import PruneSpot, month_begin

_PARTS = """
    SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'turn'::regclass ORDER BY 1
"""
_PART_OF_EACH = "SELECT tableoid::regclass::text, id FROM turn ORDER BY id"
#: The first id of March 2026, whose part `make_old_month` makes.
_IN_MARCH = 3 << 40
_MOVE_TO_MARCH = "UPDATE turn SET id = 3::bigint << 40"
_OLD = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
_OLD_MONTH = 2026 * 12 + 2
AFTER_OLD = dt.datetime(2026, 4, 1, tzinfo=dt.UTC).timestamp()


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


def parts(url: str) -> set[str]:
    return {str(name) for name, _ in rows(url, _PARTS)}


def drop(url: str, part: str) -> None:
    rows(url, f"ALTER TABLE turn DETACH PARTITION {part}")
    rows(url, f"DROP TABLE {part}")


def months_from_now() -> list[str]:
    """The month now and those ahead of it, by the names of their parts."""
    now = dt.datetime.now(dt.UTC)
    first = now.year * 12 + now.month - 1
    return [f"turn_{month_begin(first + n):%Y_%m}" for n in range(MONTHS_AHEAD + 1)]


async def ask(store: PostgresStore, key: str) -> int:
    return turn_id_of(await store.enter_question(new_push(key), question(key, limit=99)))


async def make_old_month(url: str) -> None:
    """A month that nothing was made in ahead of its time, for it is over."""
    async with await Connection.connect(**address_of(url)) as connection:
        await postgres_months._attach(connection, _OLD_MONTH)


# Ids


async def test_an_id_tells_the_month_whose_part_has_the_turn(
    store: PostgresStore, url: str
) -> None:
    first = await ask(store, "m:1")
    second = await ask(store, "m:2")
    now = dt.datetime.now(dt.UTC)
    assert first >> 40 == (now.year - 2026) * 12 + now.month
    assert second == first + 1
    assert rows(url, _PART_OF_EACH) == [
        (months_from_now()[0], first),
        (months_from_now()[0], second),
    ]


async def test_ids_go_on_upwards_though_the_clock_was_ahead_for_a_while(
    store: PostgresStore, url: str
) -> None:
    later = (await ask(store, "m:1") & -(1 << 40)) + (2 << 40)
    rows(url, f"SELECT setval('turn_id_seq', {later + 5})")
    assert await ask(store, "m:2") == later + 6
    assert {part for part, _ in rows(url, _PART_OF_EACH)} == {
        months_from_now()[0],
        months_from_now()[2],
    }


async def test_a_month_s_first_questions_may_come_all_at_once(
    store: PostgresStore, url: str
) -> None:
    asked = await asyncio.gather(
        *(
            store.enter_question(new_push(f"m:{n}", openid=f"o_{n}"), question("q"))
            for n in range(24)
        )
    )
    ids = sorted(turn_id_of(each) for each in asked)
    assert len(set(ids)) == 24
    assert {turn_id >> 40 for turn_id in ids} == {ids[0] >> 40}
    assert {part for part, _ in rows(url, _PART_OF_EACH)} == {months_from_now()[0]}


async def test_what_fits_into_no_month_is_kept_all_the_same(store: PostgresStore, url: str) -> None:
    rows(url, f"SELECT setval('turn_id_seq', {5000 << 40})")
    far = await ask(store, "m:1")
    rows(url, "ALTER SEQUENCE turn_id_seq RESTART WITH 1")
    assert rows(url, _PART_OF_EACH) == [("turn_default", far)]
    assert (await store.outlook(far)).turn.question == "m:1"


# Months ahead


async def test_months_are_there_ahead_of_their_time(store: PostgresStore, url: str) -> None:
    await store.secret("pseudonym")
    assert parts(url) == {"turn_first", "turn_default", *months_from_now()}


async def test_a_part_has_all_that_the_whole_has(store: PostgresStore, url: str) -> None:
    await store.secret("pseudonym")
    await make_old_month(url)
    sql = "SELECT tablename, indexdef FROM pg_indexes WHERE tablename LIKE 'turn%'"
    indexes: dict[str, set[str]] = {}
    for table, made in rows(url, sql):
        bare = re.sub(r".* USING", "", str(made))
        indexes.setdefault(str(table), set()).add(bare)
    assert len(indexes.pop("turn")) == 8
    assert set(indexes) == parts(url)
    assert len({frozenset(each) for each in indexes.values()}) == 1
    defaults = "SELECT DISTINCT column_default FROM information_schema.columns WHERE"
    of_ids = rows(url, f"{defaults} table_name LIKE 'turn%' AND column_name = 'id'")
    assert of_ids == [("next_turn_id()",)]


async def test_a_month_that_is_missing_is_made_at_the_next_start_and_by_a_running_process(
    store: PostgresStore, url: str
) -> None:
    missing = months_from_now()[2]
    drop(url, missing)
    await store.arrange_months(None)
    assert missing in parts(url)
    drop(url, missing)
    await (await open_postgres(url)).close()
    assert missing in parts(url)


async def test_a_month_whose_first_turns_stand_elsewhere_is_left_unmade_and_nothing_fails(
    store: PostgresStore, url: str
) -> None:
    now = months_from_now()[0]
    drop(url, now)
    asked = await ask(store, "m:1")
    await store.arrange_months(None)
    assert now not in parts(url)
    assert rows(url, _PART_OF_EACH) == [("turn_default", asked)]


async def test_several_processes_may_make_months_at_once(store: PostgresStore, url: str) -> None:
    missing = months_from_now()[1:]
    for name in missing:
        drop(url, name)
    await asyncio.gather(*(store.arrange_months(None) for _ in range(4)))
    await store.arrange_months(None)
    assert parts(url) >= set(missing)


# Old months


async def test_an_old_month_that_holds_nothing_is_dropped(store: PostgresStore, url: str) -> None:
    await store.secret("pseudonym")
    await make_old_month(url)
    await store.arrange_months(None)
    await store.arrange_months(_OLD.timestamp())
    assert "turn_2026_03" in parts(url)
    await store.arrange_months(AFTER_OLD)
    assert parts(url) == {"turn_first", "turn_default", *months_from_now()}
    assert await ask(store, "m:1")


async def test_an_old_month_is_kept_for_what_is_left_in_it(store: PostgresStore, url: str) -> None:
    asked = await ask(store, "m:1")
    await make_old_month(url)
    assert asked
    rows(url, "UPDATE push SET turn_id = NULL")
    rows(url, _MOVE_TO_MARCH)
    await store.arrange_months(AFTER_OLD)
    assert rows(url, _PART_OF_EACH) == [("turn_2026_03", _IN_MARCH)]


async def test_who_reads_for_long_is_not_waited_for_and_nobody_waits_behind(
    store: PostgresStore, url: str
) -> None:
    await ask(store, "m:1")
    await make_old_month(url)
    with psycopg.connect(url) as backup:
        backup.execute("LOCK TABLE turn IN ACCESS SHARE MODE")
        await store.arrange_months(AFTER_OLD)
        assert "turn_2026_03" in parts(url)
        assert await ask(store, "m:2")
    await store.arrange_months(AFTER_OLD)
    assert "turn_2026_03" not in parts(url)


async def test_what_was_asked_in_an_old_month_is_pruned_and_its_month_with_it(
    store: PostgresStore, url: str
) -> None:
    asked = await ask(store, "m:1")
    claim = await store.claim(asked, 1.0)
    assert claim is not None
    await make_old_month(url)
    rows(url, "UPDATE push SET turn_id = NULL, first_seen_at = 1")
    rows(url, _MOVE_TO_MARCH)
    rows(url, "UPDATE turn SET state = 'answered', ended_at = 1, entered_at = 1")
    spot: PruneSpot | None = PruneSpot()
    while spot is not None:
        spot = (await store.prune(AFTER_OLD, spot)).spot
    await store.arrange_months(AFTER_OLD)
    assert rows(url, _PART_OF_EACH) == []
    assert "turn_2026_03" not in parts(url)
    assert (await store.follower(SHOP, "o_ann")).last is None
    again = await store.enter_question(new_push("m:2"), question("q"))
    assert again.turn is not None
    assert again.turn.number == 2
