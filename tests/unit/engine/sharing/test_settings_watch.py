"""Processes that run with other settings than the one that started last say so, if it lasts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from yingda.clock import VirtualClock
from yingda.engine.accounts.learnt import Rounds
from yingda.engine.sharing.settings_watch import LASTING_S, LOOK_EVERY_S, SettingsWatch
from yingda.store.snapshot_base import KeptSnapshot, Snapshot, SnapshotKind
from yingda.store.sqlite import SqliteStore, open_sqlite

PROVIDER = Snapshot(kind=SnapshotKind.PROVIDER, name="dify", fingerprint="p")


def shop(fingerprint: str) -> Snapshot:
    return Snapshot(kind=SnapshotKind.ACCOUNT, name="shop", fingerprint=fingerprint)


class Works:
    """A database, and processes that start on it."""

    def __init__(self, store: SqliteStore) -> None:
        self.clock = VirtualClock()
        self.clock.while_busy(lambda: store.is_busy)
        self.store = store
        self._running: list[Rounds] = []

    async def start(self, *own: Snapshot) -> Rounds:
        """A process with these settings, a minute after whatever was before."""
        rounds = Rounds(self.clock)
        rounds.add("settings", LOOK_EVERY_S, SettingsWatch(self.store, self.clock, own).look)
        rounds.start()
        self._running.append(rounds)
        await self.pass_s(60)
        return rounds

    async def pass_s(self, seconds: float) -> list[EventDict]:
        """Let this much time pass; what was warned of meanwhile."""
        with capture_logs() as logs:
            await self.clock.run(self.clock.sleep(seconds))
        return [entry for entry in logs if entry["event"] == "settings_differ"]

    async def account(self) -> KeptSnapshot:
        """What is kept of the account."""
        return (await self.store.snapshots())[0]

    async def close(self) -> None:
        for each in self._running:
            await each.close()


@pytest.fixture
async def works(tmp_path: Path) -> AsyncIterator[Works]:
    store = await open_sqlite(tmp_path / "works.sqlite3")
    opened = Works(store)
    yield opened
    await opened.close()
    await store.close()


async def test_processes_with_the_same_settings_agree_on_their_version(works: Works) -> None:
    await works.start(shop("f1"), PROVIDER)
    await works.start(shop("f1"), PROVIDER)
    assert await works.pass_s(2 * LASTING_S) == []
    kept = await works.account()
    assert (kept.version, kept.differed_at) == (1, 0.0)


async def test_a_process_with_former_settings_says_so_once_when_it_has_lasted(
    works: Works,
) -> None:
    await works.start(shop("f1"), PROVIDER)
    await works.start(shop("f2"), PROVIDER)
    assert await works.pass_s(LASTING_S - 120) == []
    (told,) = await works.pass_s(3 * LASTING_S)
    assert (told["settings"], told["version"], told["log_level"]) == (
        "accounts.shop",
        2,
        "warning",
    )
    assert told["since_min"] == pytest.approx(LASTING_S / 60, abs=1)
    assert "Restart this process with the same settings file" in told["mend"]
    assert "f1" not in str(told)


async def test_while_they_differ_the_store_knows_and_no_longer(works: Works) -> None:
    former = await works.start(shop("f1"))
    await works.start(shop("f2"))
    await works.pass_s(300)
    assert works.clock.now() - (await works.account()).differed_at <= LOOK_EVERY_S
    await former.close()
    await works.pass_s(600)
    assert works.clock.now() - (await works.account()).differed_at > 500


async def test_processes_that_are_restarted_one_after_the_other_warn_of_nothing(
    works: Works,
) -> None:
    former = [await works.start(shop("f1")) for _ in range(3)]
    for each in former:
        await each.close()
        await works.start(shop("f2"))
        assert await works.pass_s(120) == []
    assert await works.pass_s(2 * LASTING_S) == []
    assert (await works.account()).version == 2


async def test_each_later_change_is_told_again(works: Works) -> None:
    await works.start(shop("f1"))
    await works.start(shop("f2"))
    await works.pass_s(2 * LASTING_S)
    await works.start(shop("f3"))
    told = await works.pass_s(2 * LASTING_S)
    assert [each["version"] for each in told] == [3, 3]


async def test_what_only_others_have_set_is_told_by_the_names_alone(works: Works) -> None:
    one = Snapshot(kind=SnapshotKind.NAMES, name="", fingerprint="one")
    await works.start(shop("f1"), one)
    await works.start(Snapshot(kind=SnapshotKind.NAMES, name="", fingerprint="none"))
    (told,) = await works.pass_s(2 * LASTING_S)
    assert told["settings"] == "accounts, providers"
