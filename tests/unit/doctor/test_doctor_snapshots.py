"""What the doctor tells of servers that run with other settings than those it has read."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from support.settings import LEAST_FILE, from_file
from support.stores import NOON, Desk
from yingda.clock import VirtualClock
from yingda.config import Settings
from yingda.doctor.base import Status
from yingda.doctor.snapshots import check_snapshots
from yingda.engine.sharing.settings_watch import LASTING_S
from yingda.wiring import snapshots_of

OTHER = LEAST_FILE.replace("provider =", "queue_limit = 9\nprovider =")


def read(folder: Path, text: str) -> Settings:
    return from_file(folder, f'{text}[store]\ndata_dir = "{folder}"\n')


async def started(
    folder: Path, settings: Settings, *, at: float = NOON, differs_at: float | None = None
) -> None:
    """A server with these settings was started; another one said later that it has others."""
    desk = Desk("sqlite", folder)
    await desk.open()
    key = await desk.store.secret("fingerprint")
    await desk.store.keep_snapshots(snapshots_of(settings, key), at)
    if differs_at is not None:
        await desk.store.note_difference((await desk.store.snapshots())[0], differs_at)
    await desk.close()


async def told(settings: Settings, at: float = NOON + 60) -> Sequence[tuple[str, str, Status, str]]:
    found = await check_snapshots(settings, VirtualClock(at))
    assert all(each.mend is not None for each in found if each.status is Status.WARNING)
    return [(each.code, each.subject, each.status, each.said.en) for each in found]


async def test_a_server_with_the_same_settings_is_no_news(tmp_path: Path) -> None:
    settings = read(tmp_path, LEAST_FILE)
    assert await told(settings) == []
    await started(tmp_path, settings)
    assert await told(settings) == []


async def test_settings_that_were_changed_since_the_server_started_are_told(
    tmp_path: Path,
) -> None:
    await started(tmp_path, read(tmp_path, LEAST_FILE))
    ((code, subject, status, said),) = await told(read(tmp_path, OTHER), NOON + 300)
    assert (code, subject, status) == ("settings_not_in_use", "accounts.shop", Status.WARNING)
    assert "5 min ago" in said


async def test_an_account_that_no_server_has_yet_is_told_by_the_names(tmp_path: Path) -> None:
    await started(tmp_path, read(tmp_path, LEAST_FILE))
    more = LEAST_FILE + '[accounts.second]\ntoken = "k3Rm9tQ2x"\nprovider = "assistant"\n'
    ((code, subject, _, _),) = await told(read(tmp_path, more))
    assert (code, subject) == ("settings_not_in_use", "accounts, providers")


@pytest.mark.parametrize(
    ("since_s", "ago_s", "expected"),
    [
        (LASTING_S - 1, 60, [("settings_changing", Status.OK)]),
        (LASTING_S, 60, [("settings_mixed", Status.WARNING)]),
        (LASTING_S, 140, [("settings_mixed", Status.WARNING)]),
        # Whoever said so is gone, or was restarted.
        (LASTING_S, 151, []),
    ],
)
async def test_servers_that_differ_among_themselves_are_told_as_long_as_they_live(
    tmp_path: Path, since_s: float, ago_s: float, expected: list[tuple[str, Status]]
) -> None:
    settings, now = read(tmp_path, LEAST_FILE), NOON + since_s
    await started(tmp_path, settings, differs_at=now - ago_s)
    found = await told(settings, now)
    assert [(code, status) for code, _, status, _ in found] == expected
    assert {subject for _, subject, _, _ in found} <= {"accounts.shop"}


async def test_without_a_database_or_with_a_strange_one_nothing_is_told(tmp_path: Path) -> None:
    settings = read(tmp_path, LEAST_FILE)
    assert await told(settings) == []
    (tmp_path / "yingda.sqlite3").write_bytes(b"no database at all, but long enough" * 9)
    assert await told(settings) == []
