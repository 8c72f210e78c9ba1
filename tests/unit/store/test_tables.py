"""Whatever version a database was made by, it ends with the same tables, and so do both kinds."""

import functools
import sqlite3
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, create_engine, pool, text

from support.postgres import server
from support.tables import described_alike
from yingda.postgres.address import address_of
from yingda.store import migrate, postgres_opening

#: Two questions, one with an answer and a part of it; in columns that every version has.
_FILL = """
    INSERT INTO conversation (account, openid, "user", provider, opened_at)
    VALUES ('shop', 'o_ann', 'wx-ann', 'dify', 1);
    INSERT INTO turn (id, conversation_id, account, openid, number, question, state, entered_at)
    VALUES (1, 1, 'shop', 'o_ann', 1, 'why?', 'answered', 2),
        (2, 1, 'shop', 'o_ann', 2, 'how?', 'queued', 3);
    INSERT INTO push (account, openid, key, kind, created_at, first_seen_at, turn_id)
    VALUES ('shop', 'o_ann', 'm:1', 'question', 2, 2, 1);
    INSERT INTO offer (turn_id, push_id, run_no, part_no, start_source_chars, start_block_chars,
        end_source_chars, end_block_chars, completes, state, offered_at)
    VALUES (1, 1, 1, 1, 0, 0, 4, 4, 1, 'sent', 2);
    INSERT INTO lost_run (turn_id, run_no, started_at, taken_over_at) VALUES (1, 1, 2, 3)
"""
_KEPT = {
    "turn": "SELECT id, conversation_id, number, question, state, entered_at FROM turn ORDER BY id",
    "push": "SELECT id, key, turn_id FROM push",
    "offer": "SELECT id, turn_id, push_id FROM offer",
    "lost_run": "SELECT turn_id, run_no FROM lost_run",
}


Made = tuple[Engine, Callable[[str], None]]
Make = Callable[[Path], AbstractContextManager[Made]]


def versions() -> list[str]:
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    known = ScriptDirectory.from_config(config).walk_revisions()
    return sorted(each.revision for each in known)


@contextmanager
def sqlite(tmp_path: Path) -> Iterator[Made]:
    path = tmp_path / "made.sqlite3"
    sqlite3.connect(path).close()
    engine = create_engine(URL.create("sqlite", database=str(path)))
    yield engine, lambda to: migrate.upgrade(path, to)
    engine.dispose()


@contextmanager
def postgres(_: Path) -> Iterator[Made]:
    url = server().url(server().empty())
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=pool.NullPool
    )
    yield engine, lambda to: postgres_opening.upgrade(address_of(url), to)
    engine.dispose()


@functools.cache
def tables_of_new(make: Make) -> AbstractSet[tuple[object, ...]]:
    """What the newest version makes where nothing was."""
    with TemporaryDirectory() as folder, make(Path(folder)) as (engine, upgrade):
        upgrade("head")
        return described_alike(engine)


def kept(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(text(sql))]
            for name, sql in _KEPT.items()
        }


@pytest.mark.parametrize("make", [sqlite, postgres])
@pytest.mark.parametrize("version", versions())
def test_a_database_of_any_version_ends_equal_to_a_new_one_with_all_its_rows(
    version: str, make: Make, tmp_path: Path
) -> None:
    with make(tmp_path) as (engine, upgrade):
        upgrade(version)
        with engine.begin() as connection:
            for statement in _FILL.split(";"):
                connection.execute(text(statement))
        before = kept(engine)
        upgrade("head")
        assert kept(engine) == before
        assert len(before["turn"]) == 2
        assert described_alike(engine) == tables_of_new(make)


def test_both_databases_have_the_same_tables() -> None:
    ours, theirs = tables_of_new(sqlite), tables_of_new(postgres)
    number = ("account", "openid", "number")
    # A key over the parts of PostgreSQL would have to hold the id; the lock keeps numbers apart.
    assert ours - theirs == {("turn", "unique", *number)}
    assert theirs - ours == {
        ("turn", "index", "ix_turn_account_openid_number", False, *number, None)
    }
    assert len(ours & theirs) > 200
