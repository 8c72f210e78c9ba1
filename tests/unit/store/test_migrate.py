"""The three descriptions of the tables agree, and a file is only changed when it is ours."""

import errno
import importlib.util
import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, create_engine

from support.tables import compared
from yingda.errors import StoreError
from yingda.store import migrate
from yingda.store.schema import metadata
from yingda.store.sqlite import open_sqlite

ROOT = Path(__file__).parents[3]
Tables = dict[str, str | tuple[tuple[object, ...], ...]]


def described(path: Path) -> Tables:
    """Every table's columns and constraints, and every index as SQLite has it written down."""
    with closing(sqlite3.connect(path)) as connection:
        master = connection.execute(
            "SELECT name, type, tbl_name, sql FROM sqlite_master"
        ).fetchall()
        tables = [name for name, kind, _, _ in master if kind == "table"]
        found: Tables = {
            f"columns of {name}": tuple(connection.execute(f"PRAGMA table_xinfo({name})"))
            for name in tables
        }
    found |= {f"parts of {name}": parts(sql) for name, kind, _, sql in master if kind == "table"}
    return found | {name: normalised(sql or "") for name, kind, _, sql in master if kind == "index"}


def normalised(sql: str) -> str:
    bare = re.sub(r'[\s"]+', " ", sql)
    return re.sub(r"\s*([(),])\s*", r"\1", bare).strip()


def parts(sql: str) -> str:
    """The lines of a CREATE TABLE, in any order, without the name of an id's own key."""
    body = re.sub(r"CONSTRAINT pk_\w+ (?=PRIMARY KEY ?\(id\))", "", normalised(sql))
    # The bracket that closes the whole belongs to no line.
    body = body[: body.rindex(")")]
    return "\n".join(sorted(re.split(r",(?![^(]*\))", body)))


def migrated(path: Path) -> Path:
    sqlite3.connect(path).close()
    migrate.upgrade(path)
    return path


async def opened(path: Path) -> Path:
    await (await open_sqlite(path)).close()
    return path


async def test_a_new_file_equals_one_that_was_migrated_from_nothing(tmp_path: Path) -> None:
    new = described(await opened(tmp_path / "new.sqlite3"))
    assert new == described(migrated(tmp_path / "migrated.sqlite3"))
    assert len(new) > 15


@pytest.mark.parametrize("make", ["opened", "migrated"])
async def test_both_equal_the_tables_as_the_schema_has_them(make: str, tmp_path: Path) -> None:
    path = tmp_path / "made.sqlite3"
    await opened(path) if make == "opened" else migrated(path)
    engine = create_engine(URL.create("sqlite", database=str(path)))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=compared())
        assert compare_metadata(context, metadata) == []
    engine.dispose()


async def test_the_tables_made_from_the_schema_itself_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "direct.sqlite3"
    engine = create_engine(URL.create("sqlite", database=str(path)))
    metadata.create_all(engine)
    engine.dispose()
    direct = described(path)
    made = described(migrated(tmp_path / "migrated.sqlite3"))
    assert direct == {name: made[name] for name in direct}
    assert {name for name in made if name not in direct} == {
        "columns of alembic_version",
        "parts of alembic_version",
        "sqlite_autoindex_alembic_version_1",
    }


def test_the_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(migrate.FOLDER))
    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD


def test_the_sql_file_is_what_its_script_writes() -> None:
    spec = importlib.util.spec_from_file_location("schema_sql", ROOT / "scripts/schema_sql.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.schema_sql() == migrate.SCHEMA_SQL.read_text(encoding="utf-8")


def test_all_that_a_start_needs_lies_inside_the_package() -> None:
    package = ROOT / "src/yingda"
    needed = (migrate.SCHEMA_SQL, migrate.FOLDER / "env.py", migrate.FOLDER / "versions")
    assert all(path.exists() and path.is_relative_to(package) for path in needed)
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    assert not {"*.sql", "schema.sql", "migrations", "migrations/", "versions"} & set(ignored)


# A later version


NOW, LATER = migrate.HEAD, "9999"
ADD_COLUMN = f"""
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{LATER}", "{NOW}"


def upgrade():
    op.add_column("turn", sa.Column("mood", sa.Text, server_default=sa.text("'calm'")))
"""
BREAK_HALF_WAY = ADD_COLUMN + "    op.drop_table('no_such_table')\n"

PlanSecond = Callable[[str], None]


@pytest.fixture
def plan_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PlanSecond:
    """Makes 9999 the newest version, as a later yingda would have it."""

    def plan(migration: str) -> None:
        # A percent sign and a blank, as folders on people's machines have them.
        folder = copytree(
            migrate.FOLDER, tmp_path / "100% later", ignore=ignore_patterns("__pycache__")
        )
        (folder / "versions" / f"{LATER}_second.py").write_text(migration, encoding="utf-8")
        monkeypatch.setattr(migrate, "FOLDER", folder)
        monkeypatch.setattr(migrate, "HEAD", LATER)

    return plan


@pytest.fixture
async def old_file(tmp_path: Path) -> Path:
    """A file of today's version with a secret in it, in a folder that is awkward to name."""
    path = tmp_path / "data 50%?#" / "yingda.sqlite3"
    store = await open_sqlite(path)
    await store.secret("pseudonym")
    await store.close()
    return path


def copies(path: Path) -> list[Path]:
    return sorted(path.parent.glob(f"{path.name}.before-*"))


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


async def test_an_older_file_is_copied_and_then_migrated_with_its_data(
    old_file: Path, plan_second: PlanSecond
) -> None:
    secrets = query(old_file, "SELECT name, value FROM secret")
    plan_second(ADD_COLUMN)
    store = await open_sqlite(old_file)
    assert [("pseudonym", await store.secret("pseudonym"))] == secrets
    await store.close()
    assert query(old_file, "SELECT version_num FROM alembic_version") == [(LATER,)]
    assert query(old_file, "SELECT mood FROM turn") == []
    (copy,) = copies(old_file)
    assert query(copy, "SELECT version_num FROM alembic_version") == [(NOW,)]
    assert query(copy, "SELECT name, value FROM secret") == secrets
    assert copy.stat().st_mode & 0o777 == 0o600


async def test_a_copy_that_cannot_be_finished_is_not_left_behind(
    old_file: Path, plan_second: PlanSecond, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    plan_second(ADD_COLUMN)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(StoreError, match="free some space"):
        await open_sqlite(old_file)
    assert copies(old_file) == []
    assert query(old_file, "SELECT version_num FROM alembic_version") == [(NOW,)]


async def test_a_file_that_is_up_to_date_is_not_copied(old_file: Path) -> None:
    await opened(old_file)
    assert copies(old_file) == []


async def test_an_earlier_copy_is_never_overwritten(
    old_file: Path, plan_second: PlanSecond
) -> None:
    plan_second(ADD_COLUMN)
    kept = old_file.with_name(f"{old_file.name}.before-{LATER}-from-{NOW}-1")
    kept.write_bytes(b"kept")
    await opened(old_file)
    assert kept.read_bytes() == b"kept"
    assert len(copies(old_file)) == 2


async def test_a_migration_that_fails_half_way_changes_nothing_and_leaves_no_copy(
    old_file: Path, plan_second: PlanSecond
) -> None:
    before = described(old_file)
    plan_second(BREAK_HALF_WAY)
    with pytest.raises(StoreError, match="no such table"):
        await open_sqlite(old_file)
    assert described(old_file) == before
    assert query(old_file, "SELECT version_num FROM alembic_version") == [(NOW,)]
    assert copies(old_file) == []
