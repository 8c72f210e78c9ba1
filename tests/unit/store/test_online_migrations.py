"""Servers go on while another one changes the tables, and wait for nothing that takes long."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from shutil import copytree, ignore_patterns

import psycopg
import pytest

from support.postgres import server
from support.stores import new_push, question, turn_id_of
from yingda.errors import StoreError
from yingda.store import migrate, postgres_opening
from yingda.store.postgres import open_postgres

LATER = "9999"
HEADER = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{LATER}", "{migrate.HEAD}"


def upgrade():
"""
ADD_COLUMN = HEADER + "    op.add_column('turn', sa.Column('mood', sa.Text))\n"
#: How an index comes to a table that is kept in parts, without keeping anybody from writing.
_INDEX_ONLINE = """
    op.execute("DROP INDEX IF EXISTS ix_turn_currency")
    op.execute("CREATE INDEX ix_turn_currency ON ONLY turn (currency)")
    named = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'turn'::regclass"
    parts = op.get_bind().scalars(sa.text(named)).all()
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = 0")
        for part in parts:
            own = f"ix_{part}_currency"
            op.execute(f"DROP INDEX IF EXISTS {own}")
            op.execute(f"CREATE INDEX CONCURRENTLY {own} ON {part} (currency)")
            op.execute(f"ALTER INDEX ix_turn_currency ATTACH PARTITION {own}")
"""
INDEX_ONLINE = f"{HEADER}{_INDEX_ONLINE}"
Plan = Callable[[str], None]


@pytest.fixture
def url() -> str:
    """An empty database."""
    return server().url(server().empty())


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """Makes 9999 the newest version, as a later yingda would have it."""

    def planned(migration: str) -> None:
        ignored = ignore_patterns("__pycache__")
        folder = copytree(migrate.FOLDER, tmp_path / "later", ignore=ignored)
        (folder / "versions" / f"{LATER}_later.py").write_text(migration, encoding="utf-8")
        monkeypatch.setattr(migrate, "FOLDER", folder)
        for module in (migrate, postgres_opening):
            monkeypatch.setattr(module, "HEAD", LATER)

    return planned


async def test_a_server_of_the_former_version_goes_on_and_cannot_be_started_again(
    url: str, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = await open_postgres(url)
    await former.enter_question(new_push("m:1"), question("q"))
    with monkeypatch.context():
        plan(ADD_COLUMN)
        newer = await open_postgres(url)
    for n, store in enumerate((former, newer)):
        turn_id = turn_id_of(await store.enter_question(new_push(f"n:{n}"), question("q")))
        assert (await former.outlook(turn_id)).turn == (await newer.outlook(turn_id)).turn
    await newer.close()
    await former.close()
    for module in (migrate, postgres_opening):
        monkeypatch.setattr(module, "HEAD", "0001")
    with pytest.raises(StoreError, match="newer yingda"):
        await open_postgres(url)


async def test_an_index_comes_to_every_part_while_others_write_and_start(
    url: str, plan: Plan
) -> None:
    former = await open_postgres(url)
    plan(INDEX_ONLINE)
    opened = await asyncio.gather(*(open_postgres(url) for _ in range(3)))
    await former.enter_question(new_push("m:1"), question("q"))
    await asyncio.gather(*(each.close() for each in (former, *opened)))
    sql = """
        SELECT count(*), bool_and(indisvalid) FROM pg_index
        WHERE indexrelid::regclass::text LIKE 'ix_turn%currency'
    """
    parts = "SELECT count(*) FROM pg_inherits WHERE inhparent = 'turn'::regclass"
    with psycopg.connect(url) as connection:
        counted = connection.execute(parts).fetchone()
        assert counted is not None
        assert connection.execute(sql).fetchone() == (counted[0] + 1, True)


async def test_a_change_that_gets_no_lock_lets_others_by_and_is_tried_again(
    url: str, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = await open_postgres(url)
    monkeypatch.setattr(postgres_opening, "_LOCK_WAIT_MS", 100)
    monkeypatch.setattr(postgres_opening, "_PAUSE_S", 0.0)
    plan(ADD_COLUMN)
    with psycopg.connect(url) as backup:
        backup.execute("SELECT count(*) FROM turn")
        with monkeypatch.context() as few:
            few.setattr(postgres_opening, "_TRIES", 2)
            with pytest.raises(StoreError, match="pg_stat_activity"):
                await open_postgres(url)
        assert turn_id_of(await former.enter_question(new_push("m:1"), question("q")))
        monkeypatch.setattr(postgres_opening, "_TRIES", 1000)
        opening = asyncio.ensure_future(open_postgres(url))
        assert turn_id_of(await former.enter_question(new_push("m:2"), question("q")))
    await (await opening).close()
    await former.close()
