"""`yingda prune`: what it says and removes of a real database, and what it says when it cannot."""

import asyncio
import datetime as dt
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from support.postgres import server
from support.settings import LEAST_FILE, from_file
from support.stores import LOOK, Desk, turn_id_of
from yingda.cli.prune import DONE, MISCONFIGURED, PruneErrand, run_prune
from yingda.cli.prune_texts import SENTENCES
from yingda.clock import VirtualClock
from yingda.errors import StoreError
from yingda.store import migrate
from yingda.texts import Language

NOW = dt.datetime(2026, 11, 20, tzinfo=dt.UTC).timestamp()
AUGUST, OCTOBER = (dt.datetime(2026, month, 9, tzinfo=dt.UTC).timestamp() for month in (8, 10))


class Hurried(VirtualClock):
    """A clock on which no pause takes time."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0 * seconds)


@asynccontextmanager
async def filled(kind: str, folder: Path) -> AsyncIterator[Desk]:
    """Two answers that were fetched and one that was not of August, one answer of October."""
    desk = Desk(kind, folder / "data")
    await desk.open()
    for number, at in enumerate((AUGUST, AUGUST, OCTOBER, AUGUST)):
        entered = await desk.ask(f"m:{number}", at=at)
        await desk.end(turn_id_of(entered), "an answer")
        if number < 3:
            await desk.offer(entered, 0, 9, completes=True)
            await desk.store.mark_sent(entered.push_id)
    yield desk
    await desk.close()


async def run(
    folder: Path,
    errand: PruneErrand,
    *,
    kind: str = "sqlite",
    language: Language = Language.ENGLISH,
    setting: str = "",
) -> tuple[int, str]:
    text = f'{LEAST_FILE}[store]\ndata_dir = "{folder / "data"}"\n{setting}'
    if kind == "postgres":
        text += f'\ndatabase_url = "{server().of_folder(folder / "data")}"\n'
    screen = io.StringIO()
    status = await run_prune(from_file(folder, text), errand, screen, language, Hurried(NOW))
    return status, screen.getvalue()


@pytest.mark.parametrize("kind", LOOK)
@pytest.mark.parametrize("setting", ["", "keep_months = 2"])
async def test_what_goes_is_told_and_removed(kind: str, setting: str, tmp_path: Path) -> None:
    async with filled(kind, tmp_path):
        pass
    errand = PruneErrand(keep_months=None if setting else 2)
    status, said = await run(tmp_path, errand, kind=kind, setting=setting)
    assert (status, said.splitlines()) == (
        DONE,
        [
            "What came before 2026-09-01 (UTC), with 2 whole months and the present one kept:",
            "2026-08  2 questions, 24 characters; 1 more stay",
            SENTENCES["stay"].en,
            "3 messages that came in",
            "Removed: 2 questions and 3 messages.",
        ],
    )
    status, said = await run(tmp_path, errand, kind=kind, setting=setting)
    assert status == DONE
    assert "2026-08  0 questions, 0 characters; 1 more stay" in said
    assert said.endswith("Removed: 0 questions and 0 messages.\n")


@pytest.mark.parametrize("kind", LOOK)
async def test_a_look_removes_nothing_and_may_be_taken_beside_a_server(
    kind: str, tmp_path: Path
) -> None:
    async with filled(kind, tmp_path):
        for _ in range(2):
            errand = PruneErrand(keep_months=1, dry_run=True)
            status, said = await run(tmp_path, errand, kind=kind, language=Language.CHINESE)
            assert status == DONE
            assert said.splitlines()[1] == "2026-08  2 个问题，24 字；另有 1 个留下"
            assert said.splitlines()[-1] == SENTENCES["dry_run"].zh


async def test_on_postgresql_it_works_beside_a_server_and_a_file_that_is_held_is_refused(
    tmp_path: Path,
) -> None:
    errand = PruneErrand(keep_months=2)
    async with filled("postgres", tmp_path) as desk:
        status, _ = await run(tmp_path, errand, kind="postgres")
        assert status == DONE
        assert turn_id_of(await desk.ask("m:9"))
    async with filled("sqlite", tmp_path):
        with pytest.raises(StoreError, match="another"):
            await run(tmp_path, errand)


async def test_the_option_goes_before_the_setting(tmp_path: Path) -> None:
    async with filled("sqlite", tmp_path):
        errand = PruneErrand(keep_months=100, dry_run=True)
        status, said = await run(tmp_path, errand, setting="keep_months = 1")
    assert (status, said.splitlines()[1]) == (DONE, SENTENCES["nothing"].en)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("months", "key"), [(None, "no_months"), (6, "no_database")])
async def test_what_cannot_be_done_says_why_and_makes_nothing(
    months: int | None, key: str, language: Language, tmp_path: Path
) -> None:
    status, said = await run(tmp_path, PruneErrand(keep_months=months), language=language)
    assert status == MISCONFIGURED
    fragments = re.split(r"\{\w+\}", SENTENCES[key].within(language))
    assert all(fragment in said for fragment in fragments)
    assert not (tmp_path / "data").exists()


async def test_a_database_of_an_older_version_is_not_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with filled("sqlite", tmp_path):
        pass
    monkeypatch.setattr(migrate, "HEAD", "9999")
    monkeypatch.setattr("yingda.store.looking.HEAD", "9999")
    with pytest.raises(StoreError, match="yingda serve"):
        await run(tmp_path, PruneErrand(keep_months=2))
    assert [each.name for each in (tmp_path / "data").glob("*.before-*")] == []
