"""`yingda migrate`: what it prints, what it refuses, and what it never shows."""

import asyncio
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Table

from support.moving import in_postgres
from support.postgres import server
from support.stores import Desk
from yingda.cli.migrate import DIFFERS, DONE, MISCONFIGURED, run_migrate
from yingda.cli.migrate_texts import HEADINGS, SENTENCES
from yingda.clock import VirtualClock
from yingda.store import moving_postgres
from yingda.store.moving_base import Reason, Step
from yingda.texts import Language


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def file_with_data(folder: Path) -> str:
    """The URL of a file with a question and its answer."""
    desk = Desk("sqlite", folder)
    await desk.open()
    await desk.answered("m:1")
    await desk.close()
    return f"sqlite:///{folder / 'yingda.sqlite3'}"


def run(
    source: str,
    target: str,
    language: Language = Language.ENGLISH,
    *,
    on: io.StringIO | None = None,
) -> tuple[int, str]:
    screen = io.StringIO() if on is None else on
    return run_migrate(source, target, screen, language, VirtualClock(0.0)), screen.getvalue()


def hushed(url: str) -> str:
    """The URL with a password that nobody asks for."""
    return url.replace("postgres@", "postgres:hush-hush@")


@pytest.mark.parametrize("language", list(Language))
def test_every_table_is_told_with_its_rows_and_then_what_to_do(
    tmp_path: Path, language: Language
) -> None:
    source = asyncio.run(file_with_data(tmp_path))
    target = hushed(server().of_folder(tmp_path))
    status, said = run(source, target, language)
    lines = [" ".join(line.split()) for line in said.splitlines()]
    same = SENTENCES["same"].within(language)
    assert status == DONE
    assert {f"turn 1 {same} 0.0", f"quota 0 {same} 0.0"} <= set(lines)
    assert " ".join(each.within(language) for each in HEADINGS.values()) in lines
    assert lines[-2].startswith("2. ")
    assert "database_url" in said
    assert "hush-hush" not in said
    assert len(in_postgres(target)["turn"]) == 1


def test_where_no_terminal_is_each_table_with_rows_is_a_line(tmp_path: Path) -> None:
    source = asyncio.run(file_with_data(tmp_path))
    _, said = run(source, server().of_folder(tmp_path))
    assert re.findall(r"^(\w+) (\w+): ", said, re.MULTILINE) == [
        (step, table)
        for step in ("copying", "checking")
        for table in ("conversation", "turn", "push")
    ]
    assert "checking push: 100 % done" in said
    assert "\r" not in said


def test_on_a_terminal_a_bar_fills_up(tmp_path: Path) -> None:
    source = asyncio.run(file_with_data(tmp_path))
    status, said = run(source, server().of_folder(tmp_path), Language.CHINESE, on=Terminal())
    assert status == DONE
    assert "复制 turn" in said
    assert "核对 push" in said
    assert "100%" in said


def test_the_way_back_is_the_same_verb(tmp_path: Path) -> None:
    source = asyncio.run(file_with_data(tmp_path))
    target = server().of_folder(tmp_path)
    run(source, target)
    back = f"sqlite:///{tmp_path / 'back.sqlite3'}"
    status, said = run(target, back)
    assert status == DONE
    assert f"(or YINGDA_DATABASE_URL) to {back}." in said


def test_an_empty_database_is_moved_in_no_time(tmp_path: Path) -> None:
    async def make() -> None:
        desk = Desk("sqlite", tmp_path)
        await desk.open()
        await desk.close()

    asyncio.run(make())
    for screen in (io.StringIO(), Terminal()):
        source, target = f"sqlite:///{tmp_path / 'yingda.sqlite3'}", server().of_folder(tmp_path)
        status, said = run(source, target, on=screen)
        assert (status, "total" in said) == (DONE, True)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("sqlite:///a.sqlite3", "sqlite:////srv/b.sqlite3"),
        ("postgresql://ann:hush-hush@a/b", "postgres://ann:hush-hush@c/d?password=hush-hush"),
    ],
)
def test_databases_of_one_kind_are_refused_with_what_moves_them(source: str, target: str) -> None:
    status, said = run(source, target)
    assert status == MISCONFIGURED
    assert "pg_dump" in said
    assert "hush-hush" not in said


def test_a_file_that_is_not_there_is_refused_and_named(tmp_path: Path) -> None:
    status, said = run(f"sqlite:///{tmp_path / 'no.sqlite3'}", server().of_folder(tmp_path))
    assert status == MISCONFIGURED
    assert "no.sqlite3" in said
    assert "--from" in said


def test_a_target_with_data_is_refused_with_its_tables(tmp_path: Path) -> None:
    source = asyncio.run(file_with_data(tmp_path))
    target = hushed(server().of_folder(tmp_path))
    run(source, target)
    status, said = run(source, target)
    assert status == MISCONFIGURED
    assert "conversation, turn, push" in said
    assert "hush-hush" not in said


def test_a_difference_names_the_table_and_has_a_status_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = asyncio.run(file_with_data(tmp_path)), server().of_folder(tmp_path)
    rows = moving_postgres.PostgresSide.rows

    def odd_rows(side: moving_postgres.PostgresSide, table: Table) -> Iterator[Sequence[object]]:
        for row in rows(side, table):
            yield [b"other" if value == b"told" else value for value in row]

    asyncio.run(told(tmp_path))
    monkeypatch.setattr(moving_postgres.PostgresSide, "rows", odd_rows)
    status, said = run(source, target)
    assert status == DIFFERS
    assert "push" in said
    assert not any(in_postgres(target).values())


async def told(folder: Path) -> None:
    """One more reply in the file."""
    desk = Desk("sqlite", folder)
    await desk.open()
    await desk.tell("m:2")
    await desk.close()


def test_every_reason_and_every_step_has_a_sentence() -> None:
    assert {*Reason, *Step} <= set(SENTENCES)
